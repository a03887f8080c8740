/** How Revcord's token is granted, renewed and shared, and what is told where there is none. */
import { expect, test } from "vitest";
import { canTestify } from "../../src/adapters/recorder.ts";
import { account, type Form, revcordAt, secrets, serviceKey, setClock } from "./revcordRig.ts";

const callId = "5fb92600abf100091bcdb32f04000000";

async function setUp(form: Form = {}) {
  const clock = setClock();
  const at = await revcordAt({ ...form, simulator: { now: clock.now, ...form.simulator } });
  const { recorder, send, simulator } = at;
  simulator.begin("1001", { callId });
  clock.later(1_000);
  simulator.end("1001");
  const context = () => ({
    send,
    now: clock.now,
    signal: AbortSignal.timeout(10_000),
    silenced: false,
  });
  const ask = (ctx = context()) => {
    if (!canTestify(recorder)) throw new Error("it testifies");
    const span = { from: clock.now() - 60_000, to: clock.now() };
    return recorder.evidence({ callId }, span, ctx);
  };
  const grants = () => simulator.tokens.heard.map(({ type }) => type);
  const isTold = (answer: unknown) =>
    Array.isArray(answer) && (answer as { recordingId: string }[])[0]?.recordingId === callId;
  return { ask, clock, context, grants, isTold, simulator };
}

test.each([
  ["tenant", { username: "2220", scope: undefined }],
  ["user", { username: account.email, scope: "2220" }],
] as const)("a %s logs in by password, once for many questions", async (level, who) => {
  const { ask, isTold, simulator } = await setUp({ level });
  for (let time = 0; time < 3; time += 1) expect(isTold(await ask())).toBe(true);
  expect(simulator.tokens.heard).toEqual([{ type: "password", ...who }]);
});

test("all who ask at once share one grant", async () => {
  const { ask, grants, isTold } = await setUp();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
  expect(answers.every(isTold)).toBe(true);
  expect(grants()).toEqual(["password"]);
});

test("all whose token is turned down at once share one renewal", async () => {
  const { ask, grants, isTold, simulator } = await setUp();
  await ask();
  simulator.tokens.revoke();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
  expect(answers.every(isTold)).toBe(true);
  expect(grants()).toEqual(["password", "refresh_token"]);
});

test("a token that is turned down is refreshed, each time with the newest refresh token", async () => {
  const { ask, grants, isTold, simulator } = await setUp();
  await ask();
  simulator.tokens.revoke();
  expect(isTold(await ask())).toBe(true);
  // The simulator's refresh tokens are good once: with the first one again this would be refused.
  simulator.faults.set({ name: "unauthorized", times: 1 });
  expect(isTold(await ask())).toBe(true);
  expect(grants()[1]).toBe("refresh_token");
  expect(new Set(simulator.tokens.given).size).toBe(simulator.tokens.given.length);
});

test("a refreshed token that is turned down as well gives way to a new login", async () => {
  const { ask, grants, isTold, simulator } = await setUp();
  await ask();
  simulator.faults.set({ name: "unauthorized", times: 2 });
  expect(isTold(await ask())).toBe(true);
  expect(grants()).toEqual(["password", "refresh_token", "password"]);
});

test("a refresh token that is good no longer gives way to a new login", async () => {
  const { ask, grants, isTold, simulator } = await setUp();
  await ask();
  simulator.tokens.revoke();
  simulator.tokens.revokeRefresh();
  expect(isTold(await ask())).toBe(true);
  expect(grants()).toEqual(["password", "refresh_token", "password"]);
});

test("a question that no token opens is refused with the vendor's reason, after two renewals", async () => {
  const { ask, grants, simulator } = await setUp();
  await ask();
  simulator.faults.set({ name: "unauthorized" });
  const before = simulator.questions.length;
  expect(await ask()).toEqual({
    kind: "refused",
    reason: "not_authorized",
    detail: "HTTP 401: Authorization has been denied for this request.",
  });
  expect(simulator.questions.length - before).toBe(3);
  expect(grants()).toEqual(["password", "refresh_token", "password"]);
});

test("a token is refreshed before it expires, while the old one still serves", async () => {
  const { ask, clock, grants, isTold } = await setUp({
    simulator: { account: { ...account, expiresInS: 1_000 } },
  });
  await ask();
  clock.later(790_000);
  await ask();
  expect(grants()).toEqual(["password"]);
  clock.later(20_000);
  expect(isTold(await ask())).toBe(true);
  await expect.poll(grants).toEqual(["password", "refresh_token"]);
});

test("an expired token is never sent", async () => {
  const { ask, clock, grants, simulator } = await setUp();
  await ask();
  clock.later(86_399_000);
  const before = simulator.questions.length;
  // A day later the call lies before the span.
  expect(await ask()).toEqual([]);
  expect(simulator.questions.length - before).toBe(1);
  expect(grants()).toEqual(["password", "refresh_token"]);
});

test("a wrong service key is refused with the vendor's reason, and is not told", async () => {
  const { ask, simulator } = await setUp({
    settings: { auth: { level: "user", tenantId: "2220", serviceKey: "wrong+key/of=mine" } },
  });
  const answer = await ask();
  expect(answer).toEqual({
    kind: "refused",
    reason: "not_authorized",
    detail: "no token: HTTP 400: invalid_grant: The user name or password is incorrect. [secret]",
  });
  expect(simulator.questions).toEqual([]);
});

test("a token service in trouble is no answer, and the next question tries it anew", async () => {
  const { ask, isTold, simulator } = await setUp();
  simulator.faults.set({ name: "token-down", times: 1 });
  expect(await ask()).toMatchObject({ kind: "refused", reason: "vendor_error" });
  expect(isTold(await ask())).toBe(true);
});

test("whoever gives up waiting for a token is told so, and others get it", async () => {
  const { ask, context, isTold } = await setUp();
  const gone = { ...context(), signal: AbortSignal.abort() };
  expect(await ask(gone)).toMatchObject({ kind: "unreachable" });
  expect(isTold(await ask())).toBe(true);
});

test("errors of the logger are outcomes with its reason, and tell no token", async () => {
  const { ask, simulator } = await setUp();
  await ask();
  const told: unknown[] = [];
  for (const [name, expected] of [
    ["bad-request", /^HTTP 400: The request is invalid/],
    ["server-error", /^HTTP 500: An error has occurred/],
    ["error-in-200", /^HTTP 200: It went wrong/],
  ] as const) {
    simulator.faults.set({ name, times: 1 });
    const answer = await ask();
    told.push(answer);
    expect(answer).toMatchObject({
      kind: "refused",
      reason: "vendor_error",
      detail: expect.stringMatching(expected) as string,
    });
  }
  const text = JSON.stringify(told);
  for (const secret of [...secrets, serviceKey, "logger.example"])
    expect(text).not.toContain(secret);
});
