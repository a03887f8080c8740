/**
 * The failure museum: every published way a recorder fails, played against the whole service over
 * HTTP. Whatever happens, an answer that says `safeToCollect` comes only while every recorder's own
 * journal says that it is silent.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { begin, closeRecorders, conversation, type Recorders, startRecorders } from "./acme.ts";
import { type Answer, asking, entriesOf, until } from "./client.ts";
import { cleanUp, folder } from "./process.ts";
import { startWithin, stopServices, type Within } from "./within.ts";

let recorders: Recorders;
let tacet: Within;
beforeAll(async () => {
  recorders = await startRecorders();
  tacet = await startWithin(await folder(), recorders.origins, {
    rules: { confirmMsMax: 300 },
    desk: { commandMsMax: 600, statusMsMax: 600, resumeMsMax: 100, settleMs: 800 },
  });
});
/** Calls of the test that runs. */
const calls: string[] = [];
afterEach(async () => {
  recorders.anywherenow.faults.clear();
  recorders.vslogger.faults.clear();
  // Nothing of it reads a recorder any more when the next test counts what was asked.
  const ask = tacet.as("pay");
  for (const path of calls.splice(0)) await ask("POST", `${path}/end`, { waitMs: 0 });
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

type Which = "anywherenow" | "vslogger";
const SITE: Readonly<Record<Which, string>> = { anywherenow: "york", vslogger: "leeds" };
const PAUSED = "paused";
let count = 20;

/** One call of one recorder (or of both), whose answers are all judged by the recorders' journals. */
async function stage(which: Which | "both") {
  const number = (count += 1);
  const one = begin(recorders, number);
  const callId = `call-${number}`;
  const ask = asking(tacet.url, tacet.keys.pay);
  const target = which === "vslogger" ? one.channel : one.correlationId;
  const names: readonly Which[] = which === "both" ? ["anywherenow", "vslogger"] : [which];
  const { targets } = one;
  const mine = Object.fromEntries(names.map((name) => [name, targets[name]]));
  const attributes = which === "both" ? {} : { site: SITE[which] };
  const heard = () =>
    names.map((name) =>
      recorders[name].heard(name === "vslogger" ? one.channel : one.correlationId),
    );
  const judged = async (answer: Promise<Answer>): Promise<Answer> => {
    const told = await answer;
    if (told.body["safeToCollect"] === true) expect(heard()).toEqual(names.map(() => PAUSED));
    return told;
  };
  const path = `/v1/calls/${callId}`;
  calls.push(path);
  const state = async () => (await ask("GET", path)).body;
  return {
    number,
    callId,
    target,
    targets,
    ask,
    path,
    heard,
    state,
    register: () => ask("PUT", path, { targets: mine, attributes }),
    pause: (windowId: string, more: object = {}) =>
      judged(ask("POST", `${path}/pause`, { windowId: `${callId}-${windowId}`, ...more })),
    again: (windowId: string) => judged(ask("GET", `/v1/windows/${callId}-${windowId}`)),
    resume: (windowId: string, more: object = {}) =>
      ask("POST", `${path}/resume`, { windowId: `${callId}-${windowId}`, ...more }),
    becomes: (protection: string) => until(state, (body) => body["protection"] === protection),
    fault: (name: string, more: { times?: number; ms?: number } = {}) =>
      recorders[names[0] ?? "vslogger"].faults.set({ name, target, ...more }),
    mend: () => names.forEach((name) => recorders[name].faults.clear()),
    /** Orders of this call that the recorder heard. */
    orders: (): number =>
      which === "vslogger"
        ? recorders.vslogger.requests.filter(
            ({ order }) => order?.by === "channel" && order.channel === number,
          ).length
        : recorders.anywherenow.requests.filter(
            ({ action, correlationId }) => action !== undefined && correlationId === target,
          ).length,
  };
}
type Stage = Awaited<ReturnType<typeof stage>>;

const failureOf = ({ body }: Answer) =>
  (body["recorders"] as { failure?: { outcome: string; reason: string } }[])[0]?.failure;

/** Not confirmed: 424 in time, unsecured, and secured by itself once the fault is gone. */
async function isCaught(play: Stage): Promise<Answer> {
  const paused = await play.pause("w", { waitMs: 500 });
  expect(paused).toMatchObject({
    status: 424,
    body: { code: "not_secured", safeToCollect: false },
  });
  expect((await play.becomes("unsecured"))["protection"]).toBe("unsecured");
  play.mend();
  await play.becomes("secured");
  expect((await play.again("w")).status).toBe(200);
  expect((await play.resume("w")).status).toBeLessThan(203);
  await play.becomes("recording");
  expect(play.heard()).toEqual(["recording"]);
  return paused;
}

const unconfirmed: readonly (readonly [string, Which, string | undefined])[] = [
  ["ack-and-ignore", "anywherenow", undefined],
  ["ack-and-ignore", "vslogger", undefined],
  ["error-in-200", "anywherenow", "vendor_error"],
  ["error-in-200", "vslogger", "vendor_error"],
  ["html-instead-of-json", "anywherenow", "bad_reply"],
  ["html-instead-of-json", "vslogger", "bad_reply"],
  ["not-permitted", "anywherenow", undefined],
  ["not-permitted", "vslogger", "not_permitted"],
  ["hash-refused", "vslogger", "hash_refused"],
  ["session-lost", "vslogger", "session_lost"],
  ["oversized", "vslogger", undefined],
  ["redirect", "anywherenow", undefined],
  ["redirect", "vslogger", undefined],
  ["cached", "vslogger", undefined],
  ["unauthorized", "anywherenow", undefined],
  ["unreachable", "anywherenow", undefined],
  ["unreachable", "vslogger", undefined],
  ["slow", "anywherenow", undefined],
];

test.each(unconfirmed)(
  "%s (%s): nobody may collect until a confirmation came, and it is driven without a hot loop",
  async (fault, which, reason) => {
    const play = await stage(which);
    await play.register();
    const { length } = recorders[which].requests;
    play.fault(fault, fault === "slow" ? { ms: 5_000 } : {});
    const paused = await isCaught(play);
    if (reason !== undefined) expect(failureOf(paused)).toMatchObject({ reason });
    else if (fault !== "ack-and-ignore" && fault !== "slow")
      expect(failureOf(paused)).toBeDefined();
    // Retries begin at 20 ms and back off to 200 ms; each is an order and a read.
    expect(recorders[which].requests.length - length).toBeLessThan(200);
  },
);

const recorderNames: readonly Which[] = ["anywherenow", "vslogger"];
describe.each(recorderNames)("%s", (which) => {
  test("applied-but-lost: asks first and does not repeat the order blindly", async () => {
    const play = await stage(which);
    await play.register();
    play.fault("applied-but-lost", { times: 1 });
    expect((await play.pause("w")).status).toBe(200);
    expect(play.orders()).toBe(1);
  });

  test("lost-and-not-applied: asks, then orders again", async () => {
    const play = await stage(which);
    await play.register();
    play.fault("lost-and-not-applied", { times: 1 });
    expect((await play.pause("w")).status).toBe(200);
    expect(play.orders()).toBe(2);
  });

  test("second-mute-ignored: the second pause is not taken on the first one's word", async () => {
    const play = await stage(which);
    await play.register();
    expect((await play.pause("w1")).status).toBe(200);
    await play.resume("w1");
    play.fault("second-mute-ignored", { times: 1 });
    // With one try it would be ignored; the next one works, and the unmute that follows it too.
    expect((await play.pause("w2")).status).toBe(200);
    expect(play.orders()).toBe(4);
    await play.resume("w2");
    await play.becomes("recording");

    play.fault("second-mute-ignored");
    expect((await play.pause("w3", { waitMs: 300 })).status).toBe(424);
    expect(play.heard()).toEqual(["recording"]);
    // By hand it is silent. The unmute that comes then mutes: tacet sees that, and says it again.
    recorders[which].byHand(play.target, PAUSED);
    await play.becomes("secured");
    await play.resume("w3");
    await play.becomes("recording");
    expect(play.heard()).toEqual(["recording"]);
  });

  test("manual-unpause: drift is unsecured at once and driven back", async () => {
    const play = await stage(which);
    await play.register();
    expect((await play.pause("w")).status).toBe(200);
    // What it is told to do now is not done, so that the drift is seen to last.
    play.fault("ack-and-ignore");
    recorders[which].byHand(play.target, "recording");
    await play.becomes("unsecured");
    expect((await play.again("w")).status).toBe(424);
    play.mend();
    await play.becomes("secured");
    expect(play.heard()).toEqual([PAUSED]);

    await play.resume("w");
    play.fault("manual-unpause", { times: 1, ms: 50 });
    expect((await play.pause("w2")).status).toBe(200);
    const journal = () => recorders[which].journal.filter(({ target }) => target === play.target);
    await until(journal, (lines) => lines.filter(({ cause }) => cause === "person").length === 2);
    await until(play.heard, ([status]) => status === PAUSED);
    await play.becomes("secured");
    const entries = await entriesOf(tacet.as("audit"), `&callId=${play.callId}`);
    const opened = entries.find(({ windowId }) => windowId === `${play.callId}-w2`);
    const drifted = entries.filter(({ detail }) => detail?.["status"] === "recording");
    expect(drifted.at(-1)?.position).toBeGreaterThan(opened?.position ?? Infinity);
  });

  test("nothing-recording: absent protects nobody, and what appears is silenced", async () => {
    const play = await stage(which);
    play.fault("nothing-recording");
    await play.register();
    const paused = await play.pause("w", { waitMs: 100 });
    expect(paused).toMatchObject({ status: 424, body: { recorders: [{ status: "absent" }] } });
    expect(play.heard()).toEqual(["recording"]);
    play.mend();
    await play.becomes("secured");
    expect(play.heard()).toEqual([PAUSED]);
  });

  test("hung-resume: a pause goes past it and is confirmed only after it can land no more", async () => {
    const play = await stage(which);
    await play.register();
    expect((await play.pause("w1")).status).toBe(200);
    play.fault("hung-resume", { times: 1, ms: 250 });
    expect((await play.resume("w1", { waitMs: 0 })).status).toBe(202);
    // By now it hangs. It lands in the middle of the second payment.
    await until(play.orders, (orders) => orders === 2);
    expect((await play.pause("w2")).status).toBe(200);
    const heard = recorders[which].journal.filter(({ target }) => target === play.target);
    expect(heard.map(({ status }) => status)).toEqual(["recording", PAUSED, "recording", PAUSED]);
    await play.resume("w2");
    await play.becomes("recording");
    expect(play.heard()).toEqual(["recording"]);
  });

  test("foreign-mute: what others silenced is left as it was", async () => {
    recorders[which].faults.set({ name: "foreign-mute", times: 1 });
    const play = await stage(which);
    await play.register();
    expect((await play.pause("w")).status).toBe(200);
    const resumed = await play.resume("w");
    expect(resumed).toMatchObject({
      status: 200,
      body: { protection: "recording", recorders: [{ status: PAUSED, pausedByOther: true }] },
    });
    await play.ask("POST", `${play.path}/end`);
    expect(play.heard()).toEqual([PAUSED]);
    expect(play.orders()).toBe(0);
  });

  test("transfer: the old target stays silent until the new one is", async () => {
    const play = await stage(which);
    await play.register();
    await play.pause("w");
    const next = conversation((count += 1));
    const newTarget = which === "vslogger" ? next.channel : next.correlationId;
    // It is recorded already, and not found by its new name.
    recorders[which].faults.set({ name: "nothing-recording", target: newTarget });
    recorders[which].begin(newTarget);
    const moved = await play.ask("PUT", play.path, { targets: { [which]: next.targets[which] } });
    expect(moved.status).toBe(200);
    expect((await play.ask("GET", `/v1/windows/${play.callId}-w`)).status).toBe(424);
    expect(play.heard()).toEqual([PAUSED]);
    play.mend();
    await play.becomes("secured");
    await until(play.heard, ([old]) => old === "recording");
    expect(recorders[which].heard(newTarget)).toBe(PAUSED);
  });

  test("two-calls-one-target: it stays silent while any call claims it", async () => {
    const play = await stage(which);
    await play.register();
    const second = `${play.path}-ivr`;
    const body = { targets: { [which]: play.targets[which] }, attributes: { site: SITE[which] } };
    await play.ask("PUT", second, body);
    await play.pause("w");
    const other = `${play.callId}-ivr-w`;
    expect((await play.ask("POST", `${second}/pause`, { windowId: other })).status).toBe(200);
    // What the first call silenced is the second one's to let go: the first owes nothing more.
    const handedOver = { status: 200, body: { protection: "recording", openWindows: 0 } };
    expect(await play.resume("w")).toMatchObject(handedOver);
    expect(play.heard()).toEqual([PAUSED]);
    expect((await play.ask("GET", `/v1/windows/${other}`)).status).toBe(200);
    expect(await play.ask("POST", `/v1/windows/${other}/resume`)).toMatchObject(handedOver);
    expect(play.heard()).toEqual(["recording"]);
  });

  test("already-paused-is-error: a repeat's refusal is no failure once the read says paused", async () => {
    const play = await stage(which);
    await play.register();
    play.fault("already-paused-is-error");
    // The first order works and its answer is lost; nobody can be asked; so it is said again.
    play.fault("applied-but-lost", { times: 1 });
    play.fault("slow-reads", { times: 1, ms: 5_000 });
    expect((await play.pause("w")).status).toBe(200);
    expect(play.orders()).toBe(2);
  });

  test("agent-forgets: the lease ends, and a resume that fails is stalled until it works", async () => {
    const play = await stage(which);
    await play.register();
    expect((await play.pause("w", { leaseMs: 1_000 })).status).toBe(200);
    play.fault("ack-and-ignore");
    const stalled = await play.becomes("stalled");
    expect(stalled["unrecordedMs"]).toBeGreaterThan(0);
    expect((await play.again("w")).body).toMatchObject({
      code: "window_closed",
      safeToCollect: false,
    });
    play.mend();
    await play.becomes("recording");
    expect(play.heard()).toEqual(["recording"]);
  });
});

test("slow (vslogger): an answer that comes too late is not waited for; the read decides", async () => {
  const play = await stage("vslogger");
  await play.register();
  play.fault("slow", { ms: 5_000, times: 1 });
  expect((await play.pause("w")).status).toBe(200);
});

test("any-of-n: one of two recorders is not enough", async () => {
  const play = await stage("both");
  await play.register();
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: String(play.number) });
  expect((await play.pause("w", { waitMs: 200 })).status).toBe(424);
  expect(play.heard()).toEqual([PAUSED, "recording"]);
  play.mend();
  await play.becomes("secured");
});

test("two-windows and resume-overtakes-pause: only the last resume resumes, a late one touches nothing", async () => {
  const play = await stage("both");
  await play.register();
  expect((await play.pause("w1")).status).toBe(200);
  expect((await play.pause("w2")).status).toBe(200);
  expect((await play.resume("w1")).body).toMatchObject({
    protection: "secured",
    safeToCollect: false,
  });
  expect((await play.resume("w1")).status).toBe(200);
  expect((await play.again("w2")).body).toMatchObject({ safeToCollect: true });
  expect((await play.resume("w2")).body).toMatchObject({ protection: "recording" });
  // And both at once: whichever comes first, the second payment is safe only in silence.
  expect((await play.pause("w3")).status).toBe(200);
  const [, paused] = await Promise.all([play.resume("w3", { waitMs: 0 }), play.pause("w4")]);
  expect(paused.status).toBe(200);
  await play.resume("w4");
});

test("late-duplicate-pause and resume-before-pause: neither opens anything", async () => {
  const play = await stage("both");
  await play.register();
  await play.pause("w1");
  await play.resume("w1");
  expect((await play.pause("w1")).body).toMatchObject({
    code: "window_closed",
    safeToCollect: false,
  });
  expect((await play.resume("w2")).status).toBe(200);
  expect((await play.pause("w2")).body).toMatchObject({
    code: "window_closed",
    safeToCollect: false,
  });
  expect(play.heard()).toEqual(["recording", "recording"]);
});

test("page-gone: a page that goes away ends its wait and nothing else; its lease ends by policy, entered", async () => {
  const play = await stage("vslogger");
  await play.register();
  play.fault("ack-and-ignore");
  const page = new AbortController();
  const gone = fetch(`${tacet.url}${play.path}/pause`, {
    method: "POST",
    headers: { authorization: `Bearer ${tacet.keys.pay}`, "content-type": "application/json" },
    body: JSON.stringify({ windowId: `${play.callId}-w`, waitMs: 10_000, leaseMs: 4_000 }),
    signal: page.signal,
  });
  await until(play.state, (body) => (body["windows"] as unknown[]).length === 1);
  page.abort();
  await expect(gone).rejects.toThrow();
  play.mend();
  await play.becomes("secured");
  expect((await play.again("w")).status).toBe(200);
  expect(play.heard()).toEqual([PAUSED]);
  await play.becomes("recording");
  const entries = await entriesOf(tacet.as("audit"), `&windowId=${play.callId}-w`);
  expect(entries.map(({ type }) => type)).toEqual([
    "WindowOpened",
    "WindowExpired",
    "WindowReleased",
  ]);
});

test("channel-reuse: a mute that outlives its call does not swallow the next caller", async () => {
  const play = await stage("vslogger");
  await play.register();
  await play.pause("w");
  play.fault("channel-reuse");
  recorders.vslogger.end(play.target);
  await play.ask("POST", `${play.path}/end`);
  recorders.vslogger.begin(play.target, { session_id: "the-next-caller" });
  await until(play.heard, ([next]) => next === "recording");
});
