/**
 * A pause tries for itself: no rest after a refused login, no fetch that somebody else began and no
 * question that hangs keeps it from being sent.
 */
import { afterEach, expect, test } from "vitest";
import { type Wired, wired as wire } from "./fonouc.rig.ts";
import { inProcess } from "./inProcess.ts";
import { anywherenowVendor } from "../../src/adapters/anywherenow/index.ts";
import { asteriskAriVendor } from "../../src/adapters/asterisk-ari/index.ts";
import { noojeeVendor } from "../../src/adapters/noojee/index.ts";
import type { AdapterContext, Send } from "../../src/adapters/recorder.ts";
import { PAUSE_JOINS_MS_MAX } from "../../src/adapters/sharedFetch.ts";
import { heldTokens } from "../../src/adapters/tokens.ts";
import { vsloggerVendor } from "../../src/adapters/vslogger/index.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import { tokenPath } from "../../src/sandbox/anywherenow/tokens.ts";
import { ariSimulator } from "../../src/sandbox/asterisk/ari.ts";
import { noojeeSimulator } from "../../src/sandbox/noojee/index.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

const open: Wired[] = [];
afterEach(async () => {
  for (const system of open.splice(0)) await system.close();
});

const contextOf = (send: Send, over: Partial<AdapterContext> = {}): AdapterContext => ({
  send,
  now: Date.now,
  signal: AbortSignal.timeout(1_000),
  silenced: false,
  windowId: "w",
  ...over,
});
/** What is asked of this never comes back: a pool whose connections all hang. */
const hanging: Send = (_, signal) =>
  new Promise((resolve) => {
    const lost = { kind: "lost", detail: "no reply before the deadline" } as const;
    signal.addEventListener("abort", () => resolve(lost), { once: true });
  });
const logins = ({ simulator }: Wired) =>
  simulator.requests.filter(({ path }) => path.endsWith("_auth")).length;

const target = { callId: "dab25c76-7479-4ed2-ba92-6b725d68e351" };
/** A Kazoo that records the target and refuses every login. */
async function turnedAway(): Promise<Wired> {
  const system = await wire({ kazoo: "sha" });
  open.push(system);
  system.simulator.begin(target.callId);
  system.simulator.faults.set({ name: "login-refused" });
  return system;
}

test("fonouc: a login that a preflight was refused keeps no pause from logging in for itself", async () => {
  const system = await turnedAway();
  const { clock, context, recorder, simulator } = system;
  await recorder.preflight(context());
  simulator.faults.clear();
  clock.now += 5_000;
  expect(await recorder.pause?.(target, context())).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(target.callId)).toBe("paused");
});

test("fonouc: each pause tries again, however often it was refused; a resume and a preflight rest", async () => {
  const system = await turnedAway();
  const { clock, context, recorder } = system;
  for (let count = 1; count <= 3; count += 1) {
    expect(await recorder.pause?.(target, context())).toMatchObject({ reason: "not_authorized" });
    expect(logins(system)).toBe(count);
    clock.now += 1_000;
  }
  expect(await recorder.resume?.(target, context())).toMatchObject({ reason: "not_authorized" });
  const before = system.sent.length;
  expect(await recorder.resume?.(target, context())).toMatchObject({ reason: "not_authorized" });
  expect(system.sent.slice(before)).toEqual([]);
  expect(logins(system)).toBe(3);
});

test("fonouc: a pause waits for no login that a resume began and that hangs", async () => {
  const system = await wire({ kazoo: "sha" });
  open.push(system);
  const { context, recorder, simulator } = system;
  simulator.begin(target.callId);
  const giveUp = new AbortController();
  const resumed = recorder.resume?.(target, context({ send: hanging, signal: giveUp.signal }));
  const paused = await recorder.pause?.(target, context({ signal: AbortSignal.timeout(1_000) }));
  expect(paused).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(target.callId)).toBe("paused");
  giveUp.abort();
  await resumed;
});

test("noojee: the server's time that a witness asks for on connections that hang holds up no pause", async () => {
  const apiKey = "f863246a-973e-11e6-8784-08002718f5b5";
  const simulator = noojeeSimulator({ apiKey });
  const target = { uniqueId: "1795337973.8" };
  simulator.begin("410", target);
  const settings = noojeeVendor.settings.parse({
    baseUrl: "http://127.0.0.1",
    apiKey,
    authenticate: "hash",
    timeZone: "UTC",
  });
  const recorder = noojeeVendor.create("pbx", settings, { now: Date.now });
  const giveUp = new AbortController();
  const asked = recorder.evidence?.(
    target,
    { from: Date.now() - 1_000, to: Date.now() },
    contextOf(hanging, { signal: giveUp.signal }),
  );
  const send = inProcess(simulator.app);
  expect(await recorder.pause?.(target, contextOf(send))).toEqual({ kind: "acknowledged" });
  expect(simulator.heard("410")).toBe("paused");
  expect(simulator.timesGiven()).toBe(1);
  giveUp.abort();
  await asked;
});

test("anywherenow: a pause waits for no token that a read asked for and that hangs", async () => {
  const grant = { clientId: "coreapi", username: "svc@domain.com", password: "correct horse" };
  const simulator = anywherenowSimulator({ auth: { ...grant, form: {} } });
  const correlationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
  const target = { uccName: "ucc-demo", correlationId, requesterSipUri: "sip:agent@domain.com" };
  simulator.begin(correlationId);
  const settings = anywherenowVendor.settings.parse({
    baseUrl: "http://127.0.0.1/attendantservice",
    uccNames: ["ucc-demo"],
    auth: { kind: "password_grant", tokenUrl: `http://127.0.0.1${tokenPath}`, ...grant },
  });
  const recorder = anywherenowVendor.create("emea", settings, { now: Date.now });
  const giveUp = new AbortController();
  const asked = recorder.status?.(target, contextOf(hanging, { signal: giveUp.signal }));
  const send = inProcess(simulator.app);
  expect(await recorder.pause?.(target, contextOf(send))).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(correlationId)).toBe("paused");
  giveUp.abort();
  await asked;
});

test("anywherenow: of the tokens that a read and a pause fetched side by side none is told", async () => {
  const target = {
    uccName: "ucc-demo",
    correlationId: "1d6c6a58-6739-4f0c-98ff-0968292c8c30",
    requesterSipUri: "sip:agent@domain.com",
  };
  const settings = anywherenowVendor.settings.parse({
    baseUrl: "http://127.0.0.1/attendantservice",
    uccNames: ["ucc-demo"],
    auth: {
      kind: "password_grant",
      tokenUrl: `http://127.0.0.1${tokenPath}`,
      ...{ clientId: "coreapi", username: "svc@domain.com", password: "correct horse" },
    },
  });
  const recorder = anywherenowVendor.create("emea", settings, { now: Date.now });
  let count = 0;
  const send: Send = async ({ headers, url }) => {
    const isGrant = url.endsWith(tokenPath);
    const name = isGrant ? `t0ken-${(count += 1)}` : headers?.["authorization"]?.split(" ")[1];
    // The second grant comes before the first, and the answers to questions behind both.
    const waitMs = isGrant ? (name === "t0ken-1" ? 50 : 0) : 100;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const told = isGrant
      ? { access_token: name, token_type: "bearer", expires_in: 3_600 }
      : { ErrorMessage: { ErrorType: 9, Message: `no token of ours: ${name}` } };
    return { kind: "reply", reply: { status: 200, headers: {}, body: JSON.stringify(told) } };
  };
  const asked = recorder.status?.(target, contextOf(send));
  const paused = await recorder.pause?.(target, contextOf(send));
  expect([count, paused]).toMatchObject([
    2,
    { detail: expect.stringContaining("no token of ours") },
  ]);
  expect(JSON.stringify([paused, await asked])).not.toContain("t0ken");
});

test("asterisk-ari: a mute waits no longer than half a second to hear the version, and is sent all the same", async () => {
  const password = "s3cret of ARI";
  const simulator = ariSimulator({ user: { name: "tacet", password }, version: "20.6.0" });
  const name = "calls/1795337973.8";
  simulator.begin(name);
  const settings = asteriskAriVendor.settings.parse({
    baseUrl: "http://127.0.0.1/ari",
    username: "tacet",
    password,
    silenceBy: "mute",
    version: "20.6.0",
  });
  const recorder = asteriskAriVendor.create("pbx", settings, { now: Date.now });
  const through = inProcess(simulator.app);
  const send: Send = (request, signal) =>
    request.url.includes("/asterisk/info") ? hanging(request, signal) : through(request, signal);
  expect(await recorder.pause?.({ name }, contextOf(send))).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(name)).toBe("paused");
  // What would let it record again waits until the version is known.
  expect(await recorder.resume?.({ name }, contextOf(send))).toMatchObject({ kind: "unreachable" });
  expect(simulator.heard(name)).toBe("paused");
});

test("asterisk-ari: what was muted before the version was known is let go, whatever version it turns out to be", async () => {
  const simulator = ariSimulator({
    user: { name: "tacet", password: "s3cret" },
    version: "20.5.0",
  });
  const name = "calls/1795337973.9";
  simulator.begin(name);
  const settings = asteriskAriVendor.settings.parse({
    baseUrl: "http://127.0.0.1/ari",
    username: "tacet",
    password: "s3cret",
    silenceBy: "mute",
    version: "20.6.0",
  });
  const recorder = asteriskAriVendor.create("pbx", settings, { now: Date.now });
  const send = inProcess(simulator.app);
  const unanswered: Send = (request, signal) =>
    (request.url.includes("/asterisk/info") ? hanging : send)(request, signal);
  expect(await recorder.pause?.({ name }, contextOf(unanswered))).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(name)).toBe("paused");
  expect(await recorder.resume?.({ name }, contextOf(send))).toEqual({ kind: "acknowledged" });
  expect(simulator.heard(name)).toBe("recording");
  expect(await recorder.pause?.({ name }, contextOf(send))).toMatchObject({ kind: "refused" });
});

test("vslogger: what was idle is stopped although the read before it hangs", async () => {
  const salt = "S3CRETSALT";
  const simulator = vsloggerSimulator({ hash: { type: "SHA-256", salt } });
  const target = { channel: 5 };
  simulator.begin("5", { record: "false" });
  const settings = vsloggerVendor.settings.parse({
    baseUrl: "http://127.0.0.1/",
    version: "5.1.0.0",
    hash: { type: "sha-256", salt },
    silenceBy: "record",
  });
  const recorder = vsloggerVendor.create("hq", settings, { now: Date.now });
  const through = inProcess(simulator.app);
  expect(await recorder.status?.(target, contextOf(through))).toMatchObject({ status: "absent" });
  simulator.begin("5");
  const first = { isOver: false };
  const send: Send = (request, signal) => {
    if (first.isOver) return through(request, signal);
    first.isOver = true;
    return hanging(request, signal);
  };
  expect(await recorder.pause?.(target, contextOf(send))).toEqual({ kind: "acknowledged" });
  expect(simulator.heard("5")).not.toBe("recording");
});

/** A token that comes when the test says so. */
function slowTokens() {
  const asked: PromiseWithResolvers<string>[] = [];
  const tokens = heldTokens(async () => {
    const one = Promise.withResolvers<string>();
    asked.push(one);
    return { token: await one.promise, livesMs: Infinity };
  });
  const clock = { now: 1_000_000 };
  const get = (isPause: boolean) =>
    tokens.get({
      now: () => clock.now,
      send: hanging,
      signal: AbortSignal.timeout(1_000),
      isPause,
    });
  return { asked, clock, get };
}

test("pauses that come together share one fetch; one that comes behind a slow one begins another for all", async () => {
  const { asked, clock, get } = slowTokens();
  const first = [get(false), get(true), get(true)];
  expect(asked).toHaveLength(2);
  clock.now += PAUSE_JOINS_MS_MAX - 1;
  first.push(get(true), get(false));
  expect(asked).toHaveLength(2);
  clock.now += 1;
  first.push(get(true), get(false));
  expect(asked).toHaveLength(3);
  asked[2]?.resolve("the newest");
  const token = { kind: "token", token: "the newest" };
  expect(await Promise.all(first)).toEqual(first.map(() => token));
});

test("what others fetched in the meantime serves a pause as well", async () => {
  const { asked, get } = slowTokens();
  const all = [get(false), get(true)];
  asked[0]?.resolve("theirs");
  expect(await Promise.all(all)).toEqual(all.map(() => ({ kind: "token", token: "theirs" })));
});

test("nothing but a pause has more than one fetch under way", async () => {
  const { asked, clock, get } = slowTokens();
  const all: Promise<unknown>[] = [];
  for (let count = 0; count < 20; count += 1) {
    all.push(get(false));
    clock.now += 1_000;
  }
  expect(asked).toHaveLength(1);
  asked[0]?.resolve("one");
  await Promise.all(all);
});
