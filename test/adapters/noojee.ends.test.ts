/** Noojee: the long poll that tells when calls end, over real HTTP, and what only it does. */
import { expect, test } from "vitest";
import { afterMs } from "./contract.ts";
import { endingsContract } from "./endings.ts";
import type { EndingsRig } from "./endings.ts";
import { inProcess } from "./inProcess.ts";
import { CALL_COUNT_MAX, LiveCalls, readPolled } from "../../src/adapters/noojee/calls.ts";
import { noojeeVendor } from "../../src/adapters/noojee/index.ts";
import type { AnyRecorder, HttpResult, Send } from "../../src/adapters/recorder.ts";
import { bind } from "../../src/adapters/registry.ts";
import type { PushedEnd } from "../../src/control/ports.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { noojeeSimulator } from "../../src/sandbox/noojee/index.ts";

const apiKey = "f863246a-973e-11e6-8784-08002718f5b5";
const settingsOf = (baseUrl: string, more: Readonly<Record<string, unknown>> = {}) =>
  noojeeVendor.settings.parse({
    baseUrl,
    apiKey,
    timeZone: "Australia/Melbourne",
    extensions: ["410", 411],
    ...more,
  });

/** Its timers pass twenty times as fast: what is waited for is seconds. */
const hurried = (recorder: AnyRecorder): AnyRecorder => ({
  ...recorder,
  watch: (on, ctx) =>
    recorder.watch?.(on, { ...ctx, after: (ms, run) => ctx.after(ms / 20, run) }) ??
    (() => undefined),
});

async function makeRig(authenticate: "key" | "hash"): Promise<EndingsRig> {
  const simulator = noojeeSimulator({ apiKey });
  const listening = await listenSimulator(simulator);
  const settings = settingsOf(listening.origin, { authenticate });
  const send = nodeSend({ origins: noojeeVendor.origins(settings) });
  let nextId = 1;
  return {
    recorder: hurried(noojeeVendor.create("pbx", settings, { now: Date.now })),
    send,
    begin: () => simulator.begin("411", { uniqueId: "1795337000.999" }),
    complete() {
      const uniqueId = `1795337973.${nextId}`;
      nextId += 1;
      simulator.begin("410", { uniqueId });
      simulator.end("410");
      return [
        { targetKey: `call/${uniqueId}`, isThisCall: true },
        { targetKey: "extension/410", isThisCall: false },
      ];
    },
    drop: () => simulator.polls.cut(),
    malform: () => simulator.faults.set({ name: "malformed-event", times: 1 }),
    standingCount: () => simulator.polls.standingCount(),
    openedCount: () =>
      simulator.requests.filter(
        ({ path, query }) => path.endsWith("/subscribe") && query["lastSequenceNumber"] === "0",
      ).length,
    secrets: [apiKey],
    async close() {
      await send.close();
      await listening.close();
    },
  };
}
endingsContract("noojee", () => makeRig("key"));
endingsContract("noojee, with the hash", () => makeRig("hash"));

/** A poll answered by hand, timers that pass by hand, and what was told. */
function byHand(more: Readonly<Record<string, unknown>> = {}) {
  const settings = settingsOf("http://127.0.0.1", more);
  const recorder = noojeeVendor.create("pbx", settings, { now: Date.now });
  const asked: {
    readonly query: URLSearchParams;
    readonly signal: AbortSignal;
    answer(result: HttpResult): void;
  }[] = [];
  const timers: { readonly ms: number; run(): void }[] = [];
  const told: (PushedEnd | "reconnected")[] = [];
  const send: Send = ({ url }, signal) =>
    new Promise((answer) => asked.push({ query: new URL(url).searchParams, signal, answer }));
  const context = {
    now: () => 0,
    send,
    hub: () => () => undefined,
    after(ms: number, run: () => void) {
      const timer = { ms, run };
      timers.push(timer);
      return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1));
    },
  };
  const stop = recorder.watch?.(
    {
      change: () => told.push({ targetKey: "a change", isThisCall: false }),
      reconnected: () => told.push("reconnected"),
      ended: (end) => told.push(end),
    },
    context,
  );
  const soon = () => new Promise((resolve) => setTimeout(resolve, 1));
  const answer = async (seq: number, ...events: readonly (readonly string[])[]) => {
    const Data: Record<string, unknown[]> = {};
    for (const [extension = "", status, uniqueCallId, secondaryUniqueCallId] of events) {
      const CallData = { status, uniqueCallId, secondaryUniqueCallId };
      (Data[extension] ??= []).push({ CallData, CallID: 10, Code: 0 });
    }
    asked.shift()?.answer(reply({ Data, seq, Code: 0 }));
    await soon();
  };
  const fail = async (result: HttpResult = { kind: "lost", detail: "broken" }) => {
    asked.shift()?.answer(result);
    await soon();
  };
  /** The oldest timer fires, or the oldest of that length; returns how long it was to wait. */
  const fire = async (ms?: number) => {
    const at = ms === undefined ? 0 : timers.findIndex((timer) => timer.ms === ms);
    const [timer] = timers.splice(at, 1);
    timer?.run();
    await soon();
    return timer?.ms;
  };
  return { answer, asked, fail, fire, stop, timers, told };
}
const reply = (body: unknown): HttpResult => ({
  kind: "reply",
  reply: { status: 200, headers: {}, body: JSON.stringify(body) },
});
const [one, two] = ["1412750652.496", "1412750653.497"];

test("the first question is for the state of all extensions, the next passes the sequence back", async () => {
  const { answer, asked, fire } = byHand();
  expect(Object.fromEntries(asked[0]?.query ?? [])).toEqual({
    exten: "410,411",
    lastSequenceNumber: "0",
    timeOut: "0",
    apiKey,
  });
  await answer(114, ["410", "Connected", one]);
  await fire();
  expect(Object.fromEntries(asked[0]?.query ?? [])).toMatchObject({
    lastSequenceNumber: "114",
    timeOut: "30",
  });
});

test("where it fails the pauses grow, to no more than half a minute, and the sequence is kept", async () => {
  const { answer, asked, fail, fire, told } = byHand();
  await answer(114);
  expect(await fire()).toBe(100);
  const pauses: (number | undefined)[] = [];
  for (let time = 0; time < 7; time += 1) {
    await fail();
    pauses.push(await fire());
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(asked[0]?.query.get("lastSequenceNumber")).toBe("114");
  expect(told).toEqual(["reconnected"]);
  await answer(115);
  expect(told).toEqual(["reconnected", "reconnected"]);
  await fire();
  await fail();
  expect(await fire()).toBe(1_000);
});

test("a server that answers at once and tells nothing is asked once a second at most", async () => {
  const { answer, fire } = byHand();
  await answer(114);
  await fire();
  await answer(114);
  expect(await fire()).toBe(1_000);
});

test("a sequence that goes back, or is refused, is begun anew, and what is told then is no news", async () => {
  const { answer, asked, fail, fire, told } = byHand();
  await answer(114);
  await fire();
  await answer(3);
  await fire();
  expect(asked[0]?.query.get("lastSequenceNumber")).toBe("0");
  expect(told).toEqual(["reconnected", "reconnected"]);
  await answer(4, ["410", "Hungup", one]);
  expect(told).not.toContainEqual({ targetKey: "extension/410", isThisCall: false });
  await fire();
  await fire();
  await fail(reply({ Message: "no such sequence", Code: -1 }));
  while (asked.length === 0) await fire();
  expect(asked[0]?.query.get("lastSequenceNumber")).toBe("0");
});

test("a call is over once no extension has it, under both of its ids; an extension's is another", async () => {
  const { answer, fire, timers, told } = byHand();
  await answer(114);
  await fire();
  await answer(116, ["410", "Connected", one, two], ["411", "Ringing", one]);
  await fire();
  await answer(117, ["411", "Hungup", one]);
  expect(told.slice(1)).toEqual([{ targetKey: "extension/411", isThisCall: false }]);
  await fire();
  await answer(118, ["410", "Hungup", one, two]);
  expect(timers.map(({ ms }) => ms)).toEqual([2_000, 2_000, 100]);
  await fire();
  await fire();
  expect(told.slice(2)).toEqual([
    { targetKey: "extension/410", isThisCall: false },
    { targetKey: `call/${one}`, isThisCall: true },
    { targetKey: `call/${two}`, isThisCall: true },
  ]);
});

test("a call that is handed on a moment later is not over", async () => {
  const { answer, fire, timers, told } = byHand();
  await answer(114, ["410", "Connected", one]);
  await fire();
  await answer(115, ["410", "Hungup", one]);
  expect(timers.map(({ ms }) => ms)).toContain(2_000);
  await fire(100);
  await answer(116, ["411", "Dialing Out", one]);
  expect(timers.map(({ ms }) => ms)).not.toContain(2_000);
  expect(told).not.toContainEqual({ targetKey: `call/${one}`, isThisCall: true });
});

test("whoever stops is told nothing more: no timer, no question, no end", async () => {
  const { answer, asked, fire, stop, timers, told } = byHand();
  await answer(114);
  await fire();
  await answer(115, ["410", "Hungup", one]);
  const before = told.length;
  stop?.();
  expect(timers).toEqual([]);
  await fire();
  expect([asked.length, told.length]).toEqual([0, before]);
});

test("a poll that stands is broken by the last who stops, and what comes of it is told nobody", async () => {
  const { answer, asked, fire, stop, timers, told } = byHand();
  await answer(114);
  await fire();
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([false]);
  stop?.();
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true]);
  await answer(115, ["410", "Hungup", one]);
  expect([timers, told]).toEqual([[], ["reconnected"]]);
});

test("what is not a poll's answer is a bad reply, and what is not an event is counted", () => {
  expect(readPolled({ Data: {}, Code: 0 })).toMatchObject({ reason: "bad_reply" });
  expect(readPolled({ seq: 4, Data: [], Code: 0 })).toMatchObject({ reason: "bad_reply" });
  expect(readPolled({ seq: 4 })).toEqual({ seq: 4, events: [], unreadableCount: 0 });
  const Data = {
    "410": [
      { CallData: { status: "Ringing", uniqueCallId: one } },
      { CallData: { status: "Ringing", uniqueCallId: "4111111111111111" } },
      { CallData: null },
      "x",
    ],
    "SIP/410": [{ CallData: { status: "Ringing", uniqueCallId: one } }],
  };
  expect(readPolled({ seq: 4, Data })).toEqual({
    seq: 4,
    events: [{ extension: "410", ids: [one], isOver: false }],
    unreadableCount: 4,
  });
});

test("calls that are remembered are bounded: the oldest is forgotten", () => {
  const calls = new LiveCalls(
    () => () => undefined,
    () => undefined,
  );
  for (let id = 0; id <= CALL_COUNT_MAX; id += 1) {
    calls.heard({ extension: "410", ids: [`1412750652.${id}`], isOver: false }, false);
  }
  expect(calls.size).toBe(CALL_COUNT_MAX);
});

test("a recorder listens only where extensions are configured, and its yes keeps its worth", () => {
  const made = (extensions: readonly string[]) =>
    bind(
      noojeeVendor.create("pbx", settingsOf("http://127.0.0.1", { extensions }), {
        now: Date.now,
      }),
      inProcess(noojeeSimulator().app),
    );
  expect(made([])).not.toHaveProperty("watch");
  expect(made(["410"])).toHaveProperty("watch");
  for (const { capabilities } of [made([]), made(["410"])]) {
    expect(capabilities).toMatchObject({ control: "stop", status: false, watch: false });
  }
  expect(made(["410"]).capabilities.ends).toBe(true);
});

test("a transfer among the extensions that are listened to ends nothing; hanging up there does", async () => {
  const simulator = noojeeSimulator({ apiKey });
  const settings = settingsOf("http://127.0.0.1");
  const recorder = hurried(noojeeVendor.create("pbx", settings, { now: Date.now }));
  const ended: PushedEnd[] = [];
  simulator.begin("410", { uniqueId: one });
  let connected = 0;
  const stop = recorder.watch?.(
    {
      change: () => undefined,
      reconnected: () => void (connected += 1),
      ended: (end) => void ended.push(end),
    },
    { now: Date.now, after: afterMs, send: inProcess(simulator.app), hub: () => () => undefined },
  );
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until(() => connected === 1 && simulator.polls.standingCount() === 1);
  simulator.transfer("410", "411");
  await until(() => ended.length === 1 && simulator.polls.standingCount() === 1);
  simulator.end("411");
  await until(() => ended.some(({ isThisCall }) => isThisCall));
  expect(ended).toEqual([
    { targetKey: "extension/410", isThisCall: false },
    { targetKey: "extension/411", isThisCall: false },
    { targetKey: `call/${one}`, isThisCall: true },
  ]);
  stop?.();
});
