/**
 * What VSLogger's states mean, row by row, and which channel a target points to.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { fieldsToAdd } from "../../src/adapters/vslogger/mark.ts";
import { channelsOf, resolve } from "../../src/adapters/vslogger/resolve.ts";
import type { ChannelRow } from "../../src/adapters/vslogger/state.ts";
import {
  observe,
  readState,
  readStates,
  sessionOf,
  statusOf,
} from "../../src/adapters/vslogger/state.ts";

const state = (members: object) => {
  const read = readState({ channel: 5, ...members });
  if (read === undefined) throw new Error("no state");
  return read;
};
const on = { enable: true, onoff: true, record: true, mute: false };

describe("by mute", () => {
  test.each([
    [{ ...on }, "recording"],
    [{ ...on, mute: true }, "paused"],
    [{ ...on, record: false }, "absent"],
    [{ ...on, record: false, mute: true }, "absent"],
    [{ ...on, onoff: false }, "absent"],
    [{ ...on, onoff: false, mute: true }, "absent"],
    [{ ...on, enable: false }, "absent"],
    [{ ...on, enable: false, mute: true }, "absent"],
    // A call's state has no enable and no onoff.
    [{ record: true, mute: true }, "paused"],
    [{ record: true, mute: false }, "recording"],
    [{ record: false, mute: false }, "absent"],
  ] as const)("%j is %s", (members, expected) => {
    for (const silenced of [true, false]) {
      expect(statusOf(state(members), "mute", silenced)).toBe(expected);
    }
  });
});

describe("by record", () => {
  test.each([
    [{ record: false }, true, "paused"],
    [{ record: false }, false, "absent"],
    [{ record: true }, true, "recording"],
    [{ record: true }, false, "recording"],
    [{ ...on, mute: true }, true, "recording"],
  ] as const)("%j, silenced by tacet: %s, is %s", (members, silenced, expected) => {
    expect(statusOf(state(members), "record", silenced)).toBe(expected);
  });
});

describe("reading", () => {
  test("booleans come as booleans or as strings, and nothing else is one", () => {
    const strings = { enable: "true", onoff: "true", record: "true", mute: "true" };
    expect(statusOf(state(strings), "mute", false)).toBe("paused");
    expect(statusOf(state({ ...strings, onoff: "false" }), "mute", false)).toBe("absent");
    for (const odd of [1, 0, "yes", "", null, "TRUE", {}]) {
      expect(statusOf(state({ ...on, mute: odd }), "mute", false)).toBeUndefined();
    }
  });

  test("a state that does not tell what it must confirms nothing", () => {
    const bad = { kind: "refused", reason: "bad_reply" };
    expect(observe(state({ mute: true }), "mute", true)).toMatchObject(bad);
    expect(observe(state({ record: true }), "mute", true)).toMatchObject(bad);
    expect(observe(state({ mute: true }), "record", true)).toMatchObject(bad);
    for (const none of [undefined, null, "", "x", 0, [], {}]) {
      expect(readState(none)).toBeUndefined();
    }
  });

  test("a list of channels is read whole or not at all", () => {
    expect(readStates([{ channel: 1 }, { channel: "2" }])?.map((row) => row.channel)).toEqual([
      1, 2,
    ]);
    expect(readStates([])).toEqual([]);
    for (const none of [{}, "", null, [{}], [{ channel: 1 }, { channel: 1 }], [{ channel: "x" }]]) {
      expect(readStates(none)).toBeUndefined();
    }
  });

  test("the conversation is its session id, or its start on a line that has none", () => {
    expect(sessionOf(state({ session_id: "s-1", start_tm: 7 }))).toBe("id:s-1");
    expect(sessionOf(state({ session_id: "", start_tm: 1_427_319_442_972 }))).toBe(
      "start:1427319442972",
    );
    expect(sessionOf(state({ start_tm: "1427319442972" }))).toBe("start:1427319442972");
    expect(sessionOf(state({ session_id: "", start_tm: 0 }))).toBeUndefined();
    expect(sessionOf(state({}))).toBeUndefined();
  });
});

describe("resolving", () => {
  const rows: readonly ChannelRow[] =
    readStates([
      { channel: 7, ...on, extension: "410", agent_id: "a-1", session_id: "s-7" },
      { channel: 5, ...on, extension: "410", agent_id: "a-2", session_id: "s-5" },
      { channel: 6, ...on, extension: "411", agent_id: "a-2", session_id: "s-6", onoff: false },
      { channel: 8, ...on, extension: "412", agent_id: "a-3", session_id: "s-8", enable: false },
    ]) ?? [];

  test("one live channel is it; several are refused, naming them; none is none", () => {
    expect(resolve(rows, { agentId: "a-1" })).toMatchObject({ kind: "one", row: { channel: 7 } });
    expect(resolve(rows, { sessionId: "s-5" })).toMatchObject({ kind: "one", row: { channel: 5 } });
    expect(resolve(rows, { extension: "410" })).toEqual({
      kind: "refused",
      reason: "target_ambiguous",
      detail: "several live channels: 5, 7",
    });
    for (const extension of ["411", "412", "413"]) {
      expect(resolve(rows, { extension })).toEqual({ kind: "none" });
    }
  });

  test("a channel that is off does not make an agent ambiguous", () => {
    expect(resolve(rows, { agentId: "a-2" })).toMatchObject({ kind: "one", row: { channel: 5 } });
  });

  test("an agent's channels are those of the extension or of the recorder's agent id", () => {
    expect(channelsOf(rows, { extension: "410" })).toEqual([{ channel: 7 }, { channel: 5 }]);
    expect(channelsOf(rows, { recorderAgentId: "a-2" })).toEqual([{ channel: 5 }]);
    expect(channelsOf(rows, { extension: "412", recorderAgentId: "a-9" })).toEqual([]);
    expect(channelsOf(rows, { sipUri: "sip:410@x" })).toEqual([]);
  });
});

describe("the mark in a recording", () => {
  const settings = { note: { windowId: true }, flag: 3 };
  const added = (members: object, windowId: string | undefined = "pay-1") =>
    fieldsToAdd(state(members), settings, windowId);

  test("is appended to the note, once", () => {
    expect(added({ note: "" })).toEqual({ note: "[tacet pay-1]" });
    expect(added({ note: "VIP, be kind" })).toEqual({ note: "VIP, be kind [tacet pay-1]" });
    expect(added({ note: "x [tacet pay-1] y" })).toBeUndefined();
    expect(added({ note: "x [tacet pay-1]" }, "pay-2")).toEqual({
      note: "x [tacet pay-1] [tacet pay-2]",
    });
  });

  test("is not written where the note was not told, would be too long or not well-formed", () => {
    expect(added({})).toBeUndefined();
    expect(added({ note: "x".repeat(999) })).toBeUndefined();
    expect(added({ note: "\ud800" })).toBeUndefined();
    expect(fieldsToAdd(state({ note: "" }), settings, undefined)).toBeUndefined();
    expect(fieldsToAdd(state({ note: "" }), { note: { windowId: false } }, "w")).toBeUndefined();
  });

  test("the flag is set where there is none, and never in place of another", () => {
    for (const none of [0, "0", null, ""]) expect(added({ flag: none })).toEqual({ flag: "3" });
    for (const some of [1, "10", 3, "odd", true]) expect(added({ flag: some })).toBeUndefined();
  });
});
