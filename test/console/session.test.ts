/** Who is signed in, until when, and who hears of the end. */
import { expect, test } from "vitest";
import { sessions } from "../../src/console/session.ts";
import { bench } from "../events/kit.ts";

const MINUTE = 60_000;
const who = {
  name: "Ann",
  principal: {
    tenant: "acme",
    id: "ann",
    kind: "auditor",
    owner: "ann",
    scopes: new Set(["log:read"] as const),
    credential: "jwt",
  },
} as const;

function opened(more: { readonly sessionCountMax?: number } = {}) {
  const { clock } = bench();
  let count = 0;
  const known = sessions({
    clock: clock.now,
    after: clock.after,
    ids: () => `id-${(count += 1)}`,
    sessionMsMax: 60 * MINUTE,
    idleMsMax: 10 * MINUTE,
    ...more,
  });
  const over: string[] = [];
  const started = (name: string, expiresAt?: number) => {
    const principal = { ...who.principal, ...(expiresAt === undefined ? {} : { expiresAt }) };
    const { id, session } = known.start({ name, principal });
    const { ref } = session;
    return { id, ref, stop: known.follow(ref, () => void over.push(name)) };
  };
  return { clock, known, over, started };
}

test("whoever follows a session hears once that it was ended, and nobody else", () => {
  const { clock, known, over, started } = opened();
  const [a, b] = [started("a"), started("b")];
  known.follow(a.ref, () => void over.push("a too"));
  known.end(a.id);
  known.end(a.id);
  expect(over).toEqual(["a", "a too"]);
  expect([known.stands(a.ref), known.stands(b.ref)]).toEqual([false, true]);
  known.end(b.id);
  expect(clock.timers()).toBe(0);
});

test("idleness, the greatest length and the credential's end are told at their moment, unasked", () => {
  const { clock, known, over, started } = opened();
  const used = started("used");
  started("idle");
  started("expiring", clock.now() + 5 * MINUTE);
  clock.pass(5 * MINUTE - 1);
  expect(over).toEqual([]);
  clock.pass(1);
  expect(over).toEqual(["expiring"]);
  known.use(used.id);
  clock.pass(5 * MINUTE);
  expect(over).toEqual(["expiring", "idle"]);
  for (let times = 0; times < 9; times += 1) {
    known.use(used.id);
    clock.pass(5 * MINUTE);
  }
  expect(over).toEqual(["expiring", "idle"]);
  clock.pass(5 * MINUTE);
  expect(over).toEqual(["expiring", "idle", "used"]);
  expect(clock.timers()).toBe(0);
});

test("asking whether a session stands does not make it last, nor what a script asks", () => {
  const { clock, known, started } = opened();
  const { id, ref } = started("a");
  clock.pass(9 * MINUTE);
  expect(known.stands(ref)).toBe(true);
  expect(known.use(id, true)?.ref).toBe(ref);
  clock.pass(MINUTE);
  expect(known.stands(ref)).toBe(false);
});

test("a session that makes room for another ends for whoever follows it", () => {
  const { known, over, started } = opened({ sessionCountMax: 2 });
  const [first] = [started("first"), started("second")];
  started("third");
  expect(over).toEqual(["first"]);
  expect(known.use(first?.id ?? "")).toBeUndefined();
});

test("following what has ended is told at once; who stopped following hears nothing", () => {
  const { clock, known, over, started } = opened();
  const one = started("a");
  one.stop();
  one.stop();
  expect(clock.timers()).toBe(0);
  known.end(one.id);
  expect(over).toEqual([]);
  known.follow(one.ref, () => void over.push("late"));
  known.follow("nobody's", () => void over.push("never begun"));
  expect(over).toEqual(["late", "never begun"]);
});

test("the name that a session has inside signs nobody in", () => {
  const { known, started } = opened();
  expect(known.use(started("a").ref)).toBeUndefined();
});
