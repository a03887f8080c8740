/** What only Fonouc does as a witness: its login, its pages, and recordings that are not described yet. */
import { afterEach, describe, expect, test } from "vitest";
import { canTestify } from "../../src/adapters/recorder.ts";
import type { AdapterContext, RecordingEvidence } from "../../src/adapters/recorder.ts";
import { accountId, MINUTE, SECOND, T0, wired as wire } from "./fonouc.rig.ts";
import type { Wired, Wiring } from "./fonouc.rig.ts";

const callId = "5cods2ataaaehmg8ahsig";
const span = { from: T0, to: T0 + MINUTE };
const open: Wired[] = [];
afterEach(async () => {
  for (const system of open.splice(0)) await system.close();
});
async function wired(wiring: Wiring = {}): Promise<Wired> {
  const system = await wire(wiring);
  open.push(system);
  return system;
}
/** One recorded call of 30 seconds, over for an hour. */
async function afterCall(wiring: Wiring = {}, fault?: string): Promise<Wired> {
  const system = await wired(wiring);
  system.simulator.begin(callId);
  system.clock.now = T0 + 30 * SECOND;
  if (fault !== undefined) system.simulator.faults.set({ name: fault, times: 1 });
  system.simulator.end(callId);
  system.clock.now = T0 + 60 * MINUTE;
  return system;
}
function ask({ context, recorder }: Wired, over: Partial<AdapterContext> = {}, asked = span) {
  if (!canTestify(recorder)) throw new Error("it does not testify");
  return recorder.evidence({ callId }, asked, context(over));
}
async function told(system: Wired): Promise<readonly RecordingEvidence[]> {
  const answer = await ask(system);
  if ("kind" in answer) throw new Error(JSON.stringify(answer));
  return answer;
}
const logins = ({ simulator }: Wired) =>
  simulator.requests.filter(({ path }) => path === "/api/v2/login").length;
const paths = ({ simulator }: Wired) => simulator.requests.map(({ path }) => path);

describe("the login", () => {
  test("whoever asks while one runs waits for the same one", async () => {
    const system = await afterCall();
    const answers = await Promise.all([ask(system), ask(system), ask(system)]);
    expect(logins(system)).toBe(1);
    for (const answer of answers) expect(answer).toMatchObject([{ closed: true }]);
    await ask(system);
    expect(logins(system)).toBe(1);
  });

  test("is made again, once, where its token is turned down; no refresh is asked for", async () => {
    const system = await afterCall();
    await ask(system);
    system.simulator.faults.set({ name: "unauthorized", times: 1 });
    expect(await told(system)).toHaveLength(1);
    expect(logins(system)).toBe(2);
    system.simulator.faults.set({ name: "unauthorized" });
    const before = system.simulator.requests.length;
    expect(await ask(system)).toEqual({
      kind: "refused",
      reason: "not_authorized",
      detail: "login: a token just given out was turned away",
    });
    expect(paths(system).slice(before)).toEqual([
      "/api/v2/reports/cdrs",
      "/api/v2/login",
      "/api/v2/reports/cdrs",
    ]);
  });

  test("that is turned down says why, and is not tried again for half a minute", async () => {
    const system = await afterCall();
    system.simulator.faults.set({ name: "login-refused" });
    const refused = {
      kind: "refused",
      reason: "not_authorized",
      detail:
        "login: HTTP 400, the information sent is invalid: check username, password and domain",
    };
    expect(await ask(system)).toEqual(refused);
    system.clock.now += 29 * SECOND;
    expect(await ask(system)).toEqual(refused);
    expect(paths(system)).toEqual(["/api/v2/login"]);
    system.simulator.faults.clear();
    system.clock.now += 2 * SECOND;
    expect(await told(system)).toHaveLength(1);
  });

  test("that fails by the portal's own fault is tried again at once", async () => {
    const system = await afterCall();
    system.simulator.faults.set({ name: "login-fails", times: 1 });
    expect(await ask(system)).toEqual({
      kind: "refused",
      reason: "vendor_error",
      detail: "login: HTTP 500 (an error of its own)",
    });
    expect(await told(system)).toHaveLength(1);
  });

  test("that a gateway gave up leaves the question unasked, not in doubt", async () => {
    const system = await wired();
    const answer = await ask(system, {
      send: () => Promise.resolve({ kind: "reply", reply: { status: 502, headers: {}, body: "" } }),
    });
    expect(answer).toEqual({ kind: "unreachable", detail: "login: HTTP 502" });
  });

  test("X-Account-ID and, but for the login, the token go in headers, never in an address", async () => {
    const system = await afterCall();
    await ask(system);
    await system.recorder.preflight(system.context());
    await system.recorder.audio?.("202611-a", system.context());
    expect(system.simulator.requests.length).toBeGreaterThan(4);
    for (const { accountId: heard } of system.simulator.requests) expect(heard).toBe(accountId);
    for (const { headers, url } of system.sent) {
      if (!url.endsWith("/login")) expect(headers["authorization"]).toMatch(/^Bearer token-/);
      for (const secret of system.secrets()) expect(url).not.toContain(secret);
    }
  });
});

describe("pages", () => {
  test("a key that comes again is a bad reply, and asking ends there", async () => {
    const system = await afterCall({ settings: { pageSize: 1 } });
    system.simulator.faults.set({ name: "key-repeats" });
    expect(await ask(system)).toMatchObject({ kind: "refused", reason: "bad_reply" });
    expect(paths(system)).toHaveLength(3);
  });

  test("more records of one second than a page holds are a bad reply, not a hole", async () => {
    const system = await wired({ settings: { pageSize: 1 } });
    for (const id of [callId, "another"]) system.simulator.begin(id);
    for (const id of [callId, "another"]) system.simulator.end(id);
    system.clock.now = T0 + 60 * MINUTE;
    expect(await ask(system)).toMatchObject({
      reason: "bad_reply",
      detail: "the next page of cdrs is one that was read: raise pageSize",
    });
  });

  test("a recording that stands on two pages is told once", async () => {
    const system = await wired({ settings: { pageSize: 2 } });
    system.simulator.begin("first");
    system.clock.now += SECOND;
    for (const id of [callId, "third"]) system.simulator.begin(id);
    for (const id of ["first", callId, "third"]) {
      system.simulator.end(id);
      system.clock.now += SECOND;
    }
    system.clock.now = T0 + 60 * MINUTE;
    expect(await told(system)).toHaveLength(1);
  });

  test("without an end they are given up after a hundred", async () => {
    const system = await wired();
    let page = 0;
    const answer = await ask(system, {
      send: ({ url }) => {
        const body = url.endsWith("/login")
          ? { access_token: "t" }
          : { data: [], next_start_key: `key-${(page += 1)}` };
        return Promise.resolve({
          kind: "reply",
          reply: { status: 200, headers: {}, body: JSON.stringify(body) },
        });
      },
    });
    expect(answer).toMatchObject({ kind: "refused", reason: "bad_reply" });
    expect(page).toBe(100);
  });
});

describe("what is not described yet", () => {
  test("a call without a CDR is asked about again, until two minutes after it nothing was", async () => {
    const system = await wired();
    system.clock.now = span.to + 119 * SECOND;
    // Said of this call alone: others can be asked about meanwhile.
    expect(await ask(system)).toEqual({
      kind: "refused",
      reason: "target_not_found",
      detail: "no CDR of this call yet, so what was recorded of it is not known",
    });
    system.clock.now = span.to + 120 * SECOND;
    expect(await ask(system)).toEqual([]);
  });

  test("a CDR that comes late is waited for", async () => {
    const system = await afterCall({}, "cdr-late");
    system.clock.now = span.to;
    expect(await ask(system)).toMatchObject({ kind: "refused", reason: "target_not_found" });
    system.simulator.calls.arrive();
    expect(await ask(system)).toMatchObject([{ closed: true, durationMs: 30 * SECOND }]);
  });

  test("a CDR that names no recording says at once that there is none", async () => {
    const system = await wired();
    system.simulator.begin(callId, { recorded: "no" });
    system.clock.now = T0 + 30 * SECOND;
    system.simulator.end(callId);
    expect(await ask(system)).toEqual([]);
  });

  test("a recording that only its CDR names is not closed, without a length, until it is described", async () => {
    const system = await afterCall({}, "recording-late");
    const [taken] = system.simulator.calls.taken;
    const [named] = await told(system);
    expect(named).toMatchObject({
      recordingId: taken?.recordingId,
      startAt: T0,
      withinMs: 31 * SECOND,
      closed: false,
    });
    expect(named).not.toHaveProperty("durationMs");
    system.simulator.calls.arrive();
    expect(await told(system)).toMatchObject([
      { startAt: T0, endAt: T0 + 30 * SECOND, durationMs: 30 * SECOND, closed: true },
    ]);
  });

  test("one that no report lists is described by its own address", async () => {
    const system = await afterCall({}, "unlisted");
    expect(await told(system)).toMatchObject([{ closed: true, durationMs: 30 * SECOND }]);
    expect(paths(system).at(-1)).toMatch(/\/reports\/recording\/202611-/);
  });

  test("one whose address gives the file instead is not closed", async () => {
    const system = await afterCall({ simulator: { gives: "file" } }, "unlisted");
    expect(await told(system)).toMatchObject([{ closed: false }]);
  });

  test("no more than twenty are asked for one by one", async () => {
    const system = await wired();
    let lookups = 0;
    const cdr = (id: number) => ({
      call_id: callId,
      timestamp: "63962384400",
      billing_seconds: "9",
      media_recording_id: `r-${id}`,
    });
    const answer = await ask(system, {
      now: () => span.to + 60 * MINUTE,
      send: ({ url }) => {
        const lookup = url.includes("/recording/");
        if (lookup) lookups += 1;
        const all = Array.from({ length: 25 }, (_, id) => cdr(id));
        const body = url.endsWith("/login")
          ? { access_token: "t" }
          : url.includes("/cdrs")
            ? { data: all }
            : { recordings: [] };
        return Promise.resolve({
          kind: "reply",
          reply: { status: lookup ? 404 : 200, headers: {}, body: JSON.stringify(body) },
        });
      },
    });
    expect(answer).toHaveLength(25);
    expect(lookups).toBe(20);
  });
});

test("a recording filed under another leg is told where this leg's CDR names it", async () => {
  const system = await wired();
  const recordingId = "202611-other";
  const recording = {
    _id: recordingId,
    call_id: "the-other-leg",
    start: 63_962_384_400,
    duration_ms: 9_000,
  };
  const cdr = {
    call_id: callId,
    timestamp: "63962384420",
    billing_seconds: "20",
    media_recording_id: recordingId,
  };
  expect((63_962_384_400 - 62_167_219_200) * 1_000).toBe(T0);
  const answer = await ask(system, {
    now: () => span.to + 60 * MINUTE,
    send: ({ url }) => {
      const body = url.endsWith("/login")
        ? { access_token: "t" }
        : url.includes("/cdrs")
          ? { data: [cdr] }
          : { recordings: [recording, { ...recording, _id: "202611-third", call_id: "third" }] };
      return Promise.resolve({
        kind: "reply",
        reply: {
          status: url.includes("/recording/") ? 404 : 200,
          headers: {},
          body: JSON.stringify(body),
        },
      });
    },
  });
  expect(answer).toMatchObject([{ recordingId, startAt: T0, closed: true }]);
});

test("a recording of the same id that was over long before the span is not told of", async () => {
  const system = await afterCall();
  const asked = (fromMs: number) => {
    const later = { from: T0 + fromMs, to: T0 + fromMs + MINUTE };
    system.clock.now = later.to + 60 * MINUTE;
    return ask(system, {}, later);
  };
  // It ended after half a minute; clocks may be off by five.
  expect(await asked(5 * MINUTE)).toHaveLength(1);
  expect(await asked(6 * MINUTE)).toEqual([]);
});

test("a recording that began three hours before the span, and ended long after it, is told of", async () => {
  const system = await wired();
  system.simulator.begin(callId);
  system.clock.now = T0 + 230 * MINUTE;
  system.simulator.faults.set({ name: "recording-late", times: 1 });
  system.simulator.end(callId);
  const inside = { from: T0 + 180 * MINUTE, to: T0 + 181 * MINUTE };
  expect(await ask(system, {}, inside)).toMatchObject([{ closed: false }]);
  system.simulator.calls.arrive();
  expect(await ask(system, {}, inside)).toMatchObject([
    { startAt: T0, endAt: T0 + 230 * MINUTE, closed: true },
  ]);
});

test("a url in a reply is neither followed nor told", async () => {
  const system = await afterCall({ overHttp: true }, "unlisted");
  expect(JSON.stringify(await told(system))).not.toMatch(/127\.0\.0\.1|https?:/);
  const [held] = await told(system);
  await system.recorder.audio?.(held?.recordingId ?? "", system.context());
  expect(system.sent.length).toBeGreaterThan(4);
  for (const { url } of system.sent) expect(new URL(url).origin).toBe(system.origin);
});

describe("a file", () => {
  test("is fetched with a token that was good a moment ago, whatever was turned down before", async () => {
    const system = await afterCall({ overHttp: true });
    const [held] = await told(system);
    system.simulator.faults.set({ name: "unauthorized", times: 1 });
    const request = await system.recorder.audio?.(held?.recordingId ?? "", system.context());
    if (request === undefined || "kind" in request) throw new Error(JSON.stringify(request));
    expect(request).toMatchObject({
      method: "GET",
      url: `${system.origin}/api/v2/reports/recording/${held?.recordingId}`,
      headers: { accept: "audio/mpeg, audio/*;q=0.9", "x-account-id": accountId },
    });
    const response = await fetch(request.url, { headers: request.headers });
    expect(response.headers.get("content-type")).toBe("audio/mpeg");
    expect(new Uint8Array(await response.arrayBuffer()).subarray(0, 2)).toEqual(
      new Uint8Array([0xff, 0xfb]),
    );
  });

  test.each([
    ["unreachable", { kind: "unreachable" }],
    ["internal-error", { kind: "refused", reason: "vendor_error" }],
    ["rate-limited", { kind: "unreachable", retryAfterMs: 7_000 }],
  ])("that cannot be had is told so: %s", async (fault, expected) => {
    const system = await afterCall();
    system.simulator.faults.set({ name: fault });
    expect(await system.recorder.audio?.("202611-a", system.context())).toMatchObject(expected);
  });

  test.each(["..", "a/b", "", "https://elsewhere.example/x"])(
    "is not asked for by %j",
    async (id) => {
      const system = await afterCall();
      expect(await system.recorder.audio?.(id, system.context())).toMatchObject({
        kind: "refused",
        reason: "target_not_found",
      });
      expect(system.sent).toEqual([]);
    },
  );
});

test("without kazoo it controls nothing, and a preflight says what is wrong and changes nothing", async () => {
  const system = await afterCall();
  expect(system.recorder.capabilities).toMatchObject({ control: "none", evidence: true });
  expect(system.recorder).not.toHaveProperty("pause");
  const findings = async () =>
    (await system.recorder.preflight(system.context())).map(({ detail, name, ok }) => [
      name,
      ok,
      detail,
    ]);
  expect(await findings()).toEqual([
    ["cdrs", true, "it answers"],
    ["recordings", true, "it answers"],
  ]);
  system.simulator.faults.set({ name: "not-permitted", times: 1 });
  expect(await findings()).toEqual([
    ["cdrs", false, "HTTP 403: forbidden"],
    ["recordings", true, "it answers"],
  ]);
  for (const { method, path } of system.simulator.requests) {
    expect([method, path]).toEqual(path.endsWith("/login") ? ["POST", path] : ["GET", path]);
  }
});

test("of the tokens given out the last four are taken out of what is told", async () => {
  const system = await afterCall();
  const { given } = system.simulator;
  for (let time = 0; time < 5; time += 1) {
    system.simulator.faults.set({ name: "unauthorized", times: 1 });
    await ask(system);
  }
  expect(given.portal.length).toBeGreaterThan(4);
  const quoted = async (token: string) => {
    const answer = await ask(system, {
      send: () =>
        Promise.resolve({
          kind: "reply",
          reply: { status: 500, headers: {}, body: JSON.stringify({ error: `no: ${token}` }) },
        }),
    });
    return JSON.stringify(answer).includes(token);
  };
  for (const token of given.portal.slice(-4)) expect(await quoted(token)).toBe(false);
  expect(await quoted(given.portal[0] ?? "")).toBe(true);
});

test.each(["internal-error", "error-in-200"])(
  "%s: of words that quote what was sent neither token nor link is told",
  async (fault) => {
    const system = await afterCall();
    await ask(system);
    system.simulator.faults.set({ name: fault });
    const answer = JSON.stringify(await ask(system));
    expect(answer).toMatch(/\[secret\]/);
    for (const secret of system.secrets()) expect(answer).not.toContain(secret);
    expect(answer).not.toMatch(/https?:/);
  },
);
