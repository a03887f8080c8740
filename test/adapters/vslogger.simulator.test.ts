/**
 * The simulated VSLogger itself: what it is judged by is the vendor's document, read by hand.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import type { VsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

const ask = async (simulator: VsloggerSimulator, query: string, form?: string): Promise<unknown> =>
  (
    await simulator.app.request(
      `/api/v1?${query}`,
      form === undefined ? {} : { method: "POST", body: form },
    )
  ).json();
const done = { status: 0, data: "", errmessage: "" };

describe("the simulated VSLogger", () => {
  test("shows every documented member of a channel, and of a call but enable and onoff", async () => {
    const simulator = vsloggerSimulator({ channelCount: 2, now: () => 7 });
    simulator.begin("a@host", { channel: "2", caller_id: "x", hw: "voip" });
    const channel = {
      channel: 2,
      start_tm: 7,
      direction: 1,
      caller_id: "x",
      dialed: "",
      note: "",
      extension: "",
      ch_name: "Channel 2",
      agent_id: "",
      client_id: "",
      session_id: "a@host",
      source: 0,
      flag: 0,
      campaign_id: "",
      enable: true,
      record: true,
      mute: false,
      onoff: true,
    };
    const { enable: _enable, onoff: _onoff, ...call } = channel;
    expect(await ask(simulator, "res=channel-state&channel=2")).toEqual({
      ...done,
      data: channel,
    });
    expect(await ask(simulator, "res=call&call_id=a@host&hw=voip")).toEqual({
      ...done,
      data: { call_id: "a@host", ...call },
    });
    expect(await ask(simulator, "res=call&call_id=a@host&hw=siprec")).toMatchObject({ status: -1 });
    expect(await ask(simulator, "res=channel-states")).toMatchObject({
      data: [{ channel: 1, onoff: false }, { channel: 2 }],
    });
  });

  test("obeys all seven commands, and fields beside them", async () => {
    const simulator = vsloggerSimulator();
    simulator.begin("5");
    const command = (cmd: string) => ask(simulator, `res=channel-cmd&channel=5&cmd=${cmd}`);
    for (const [cmd, heard] of [
      ["mute", "paused"],
      ["unmute", "recording"],
      ["recstop", "paused"],
      ["recstart", "recording"],
      ["disable", "absent"],
      ["enable", "recording"],
      ["update&note=hello&flag=4", "recording"],
    ] as const) {
      expect(await command(cmd)).toEqual(done);
      expect(simulator.heard("5")).toBe(heard);
    }
    expect(simulator.channel(5)).toMatchObject({ note: "hello", flag: 4 });
    expect(simulator.commandsHeard()).toBe(6);
    expect(await command("toggle")).toMatchObject({ status: -1 });
  });

  test("takes forms for channels and calls, and no enable for a call", async () => {
    const simulator = vsloggerSimulator();
    simulator.begin("a@host", { channel: "5" });
    await ask(simulator, "res=channel-state", "channel=5&mute=true&note=Partially%20muted");
    expect(simulator.channel(5)).toMatchObject({ mute: true, note: "Partially muted" });
    await ask(simulator, "res=call-state", "call_id=a@host&hw=siprec&mute=false&enable=false");
    expect(simulator.channel(5)).toMatchObject({ mute: false, enable: true });
    expect(simulator.heard("a@host")).toBe("recording");
  });

  test("has each resource only from its version", async () => {
    const cmd = "res=channel-cmd&channel=5&cmd=mute";
    const old = vsloggerSimulator({ version: "4.9.4.99" });
    old.begin("5", { call_id: "a@host" });
    expect(await ask(old, cmd)).toMatchObject({ status: -1 });
    const newer = vsloggerSimulator({ version: "4.10.0.0" });
    newer.begin("5", { call_id: "a@host" });
    expect(await ask(newer, cmd)).toEqual(done);
    expect(await ask(newer, "res=call&call_id=a@host&hw=siprec")).toMatchObject({ status: -1 });
    const form = "call_id=a@host&hw=siprec&mute=false";
    expect(await ask(newer, "res=call-state", form)).toMatchObject({ status: -1 });
    expect(newer.heard("5")).toBe("paused");
  });

  test("shows booleans as strings where it is told to", async () => {
    const simulator = vsloggerSimulator({ booleansAs: "strings" });
    expect(await ask(simulator, "res=channel-state&channel=5")).toMatchObject({
      data: { mute: "false", enable: "true", channel: 5 },
    });
  });

  test("refuses a missing, wrong or short hash, and where strict an ss that does not grow", async () => {
    const simulator = vsloggerSimulator({
      hash: { type: "SHA-1", salt: "S3CRETSALT", strict: true },
    });
    const good = "ss=1427319442972&hh=973bc32aae53246c3adfa24933348bb643a736ce";
    const refused = { status: -4 };
    expect(await ask(simulator, "res=channel-state&channel=5")).toMatchObject(refused);
    expect(await ask(simulator, "res=channel-state&channel=5&ss=1&hh=x")).toMatchObject(refused);
    expect(await ask(simulator, `res=channel-state&channel=5&${good}`)).toMatchObject({
      status: 0,
    });
    expect(await ask(simulator, `res=channel-state&channel=5&${good}`)).toMatchObject(refused);
  });

  test("permits no DELETE and does not know all calls", async () => {
    const simulator = vsloggerSimulator();
    const deleted = await simulator.app.request("/api/v1?res=recording", { method: "DELETE" });
    expect(await deleted.json()).toMatchObject({ status: -3 });
    expect(await ask(simulator, "res=calls")).toMatchObject({ status: -1 });
  });

  test("a mute ends with its call, or outlives it where channels are reused", () => {
    const simulator = vsloggerSimulator();
    simulator.begin("5", { session_id: "one" });
    simulator.byHand("5", "paused");
    simulator.end("5");
    simulator.begin("5");
    expect(simulator.heard("5")).toBe("recording");
    simulator.faults.set({ name: "channel-reuse" });
    simulator.byHand("5", "paused");
    simulator.end("5");
    expect(simulator.heard("5")).toBe("absent");
    simulator.begin("5");
    expect(simulator.heard("5")).toBe("paused");
    expect(simulator.channel(5)?.session_id).not.toBe("one");
  });

  test("keeps in its journal what was truly recorded, under the call's name and the channel's", () => {
    let at = 0;
    const simulator = vsloggerSimulator({ now: () => (at += 1) });
    simulator.begin("a@host", { channel: "5" });
    simulator.byHand("a@host", "paused");
    simulator.end("a@host");
    const told = simulator.journal.map(({ target, status, cause }) => [target, status, cause]);
    expect(told.filter(([target]) => target === "a@host")).toEqual([
      ["a@host", "recording", "call"],
      ["a@host", "paused", "person"],
      ["a@host", "absent", "call"],
    ]);
    expect(told.filter(([target]) => target === "5")).toHaveLength(3);
  });

  test("a resume that hangs lands late where it is told to", async () => {
    const simulator = vsloggerSimulator();
    simulator.begin("5");
    simulator.byHand("5", "paused");
    simulator.faults.set({ name: "hung-resume", ms: 5 });
    void ask(simulator, "res=channel-cmd&channel=5&cmd=unmute");
    await expect.poll(() => simulator.heard("5")).toBe("recording");
  });

  test("is driven over HTTP: calls, faults and what it heard", async () => {
    const simulator = vsloggerSimulator();
    const listening = await listenSimulator(simulator);
    const { origin } = listening;
    const post = (path: string, body: object) =>
      fetch(`${origin}/_sim${path}`, { method: "POST", body: JSON.stringify(body) });
    try {
      expect((await post("/calls", { target: "5", details: { extension: "410" } })).status).toBe(
        201,
      );
      expect((await post("/faults", { name: "ack-and-ignore", times: 1 })).status).toBe(200);
      expect((await post("/faults", { name: "none such" })).status).toBe(400);
      await fetch(`${origin}/api/v1?res=channel-cmd&channel=5&cmd=mute`);
      expect(simulator.heard("5")).toBe("recording");
      await post("/faults", { name: "applied-but-lost" });
      await expect(fetch(`${origin}/api/v1?res=channel-cmd&channel=5&cmd=mute`)).rejects.toThrow();
      expect(simulator.heard("5")).toBe("paused");
      const heard = (await (await fetch(`${origin}/_sim/requests`)).json()) as unknown[];
      expect(heard).toHaveLength(2);
    } finally {
      await listening.close();
    }
  });
});
