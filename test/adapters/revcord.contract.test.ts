/**
 * Revcord keeps what of the recorder contract a recorder can keep that nobody can silence, and tells
 * of ends over both kinds of SignalR.
 *
 * @module
 */
import { expect, test } from "vitest";
import { canControl, canReport, canSurvey, canTestify } from "../../src/adapters/recorder.ts";
import { bind } from "../../src/adapters/registry.ts";
import type { PushedEnd } from "../../src/control/ports.ts";
import { classicPath, corePath, hubName } from "../../src/sandbox/revcord/hub.ts";
import type { RevcordSimulatorOptions } from "../../src/sandbox/revcord/index.ts";
import type { Rig } from "./contract.ts";
import { recorderContract } from "./contract.ts";
import type { EndingsRig } from "./endings.ts";
import { endingsContract } from "./endings.ts";
import { type Form, revcordAt, secrets } from "./revcordRig.ts";

const callId = "5fb92600abf100091bcdb32f04000000";
const startedAt = "2023-10-20T13:31:03+05:30";

async function rigOf(target: Rig["target"], spellings: Rig["spellings"]): Promise<Rig> {
  const { close, recorder, send, simulator } = await revcordAt();
  return {
    recorder,
    send,
    target,
    other: { callId: callId.replace("5", "6") },
    stranger: { channel: "1009", startedAt },
    spellings,
    heard: () => simulator.heard("1001"),
    // Nothing it is sent could be one.
    commandsHeard: () => 0,
    followed: () => simulator.followedCount,
    fault: () => undefined,
    clearFaults: () => undefined,
    byHand: () => undefined,
    end: () => undefined,
    secrets,
    close,
  };
}

const only = {
  reason: "it cannot be silenced, nor asked what it does now",
  tests: ["equivalent spellings have one key, and other conversations have others"],
} as const;
recorderContract("revcord by CallID", () => rigOf({ callId }, [{ callId: callId.toUpperCase() }]), {
  only,
});
recorderContract(
  "revcord by channel",
  () => rigOf({ channel: "ch-1001" }, [{ channel: "CH-1001" }]),
  { only },
);
recorderContract(
  "revcord by channel and second",
  () =>
    rigOf({ channel: "1001", startedAt }, [
      { channel: "1001", startedAt: "2023-10-20T08:01:03Z" },
      { channel: "1001", startedAt: "2023-10-20T08:01:03.900Z" },
    ]),
  { only },
);

test.each([undefined, { path: classicPath, hub: hubName }])(
  "it claims no control and no state, with hub %o, and offers no way to ask for either",
  async (push) => {
    const { close, recorder, send } = await revcordAt(push === undefined ? {} : { push });
    const claims = [canControl, canReport, canSurvey, canTestify].map((can) => can(recorder));
    expect(claims).toEqual([false, false, false, true]);
    const port = bind(recorder, send);
    for (const method of ["pause", "resume", "status", "survey"])
      expect([method in port, method in recorder]).toEqual([false, false]);
    expect("watch" in port).toBe(push !== undefined);
    expect(recorder.capabilities).toMatchObject({ control: "none", watch: false });
    await close();
  },
);

async function endingsRig(form: Form): Promise<EndingsRig> {
  const { close, hub, recorder, send, simulator } = await revcordAt({ ...form, overHttp: true });
  const { faults } = simulator;
  let count = 0;
  return {
    recorder,
    send,
    hub,
    begin: () => simulator.begin("1009"),
    complete(): readonly PushedEnd[] {
      count += 1;
      const id = `${"0".repeat(20)}abcd${String(count).padStart(8, "0")}`;
      simulator.begin("1003", { callId: id });
      simulator.end("1003");
      const second = new Date(simulator.calls.at(-1)?.startAt ?? 0).toISOString().slice(0, 19);
      return [
        { targetKey: `call/${id}`, isThisCall: true },
        // The document names a channel in two ways: which is which is configured.
        ...["1003", "ch_0003"].flatMap((channel) => [
          { targetKey: `channel/${channel}@${second}Z`, isThisCall: true },
          { targetKey: `channel/${channel}`, isThisCall: false },
        ]),
      ];
    },
    drop: () => faults.set({ name: "hub-drop", times: 1 }),
    malform: () => faults.set({ name: "hub-malformed", times: 1 }),
    revoke: () => simulator.tokens.revoke(),
    standingCount: () => simulator.hub.standingCount,
    openedCount: () => simulator.hub.openedCount,
    secrets,
    close,
  };
}

const settings = { channelNames: { "1003": "CH_0003" } };
const forms: readonly [string, Form["push"] & object, RevcordSimulatorOptions["broadcastAs"]][] = [
  ["classic SignalR", { path: classicPath, kind: "classic", hub: hubName }, "list"],
  ["SignalR Core", { path: corePath, kind: "core" }, "list"],
  ["classic SignalR that shows itself", { path: classicPath, hub: hubName }, "text"],
  ["SignalR Core that shows itself", { path: corePath, hub: hubName }, "members"],
];
for (const [name, push, broadcastAs = "list"] of forms) {
  endingsContract(`revcord over ${name}, calls as ${broadcastAs}`, () =>
    endingsRig({ push, settings, simulator: { broadcastAs } }),
  );
}
