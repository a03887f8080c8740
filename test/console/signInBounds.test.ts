/** How often signing in may be tried: by one address, by all, and by whoever was here before. */
import { expect, test } from "vitest";
import { consoleApp } from "../../src/console/app.ts";
import { ATTEMPT_COUNT_MAX, LIFE_MS } from "../../src/console/attempts.ts";
import type { ConsoleFact } from "../../src/console/options.ts";
import { sessions } from "../../src/console/session.ts";
import { BROWSER_COUNT_MAX, signIns, TOGETHER } from "../../src/http/signIns.ts";
import { visitor } from "./visitor.ts";

const ORIGIN = "http://tacet.example";

function opened() {
  const time = { now: 1_000_000 };
  const clock = () => time.now;
  let count = 0;
  const ids = () => `id-${(count += 1)}`;
  const bounds = signIns({ clock, ids });
  const facts: ConsoleFact[] = [];
  const from = { ip: "192.0.2.7" };
  const begun = { attempts: 0 };
  const principal = {
    tenant: "acme",
    id: "ann",
    kind: "auditor",
    owner: "ann",
    scopes: new Set(["log:read"] as const),
    credential: "jwt",
  } as const;
  const app = consoleApp({
    url: ORIGIN,
    signIn: {
      async begin() {
        begun.attempts += 1;
        return {
          url: `${ORIGIN}/console/sign-in`,
          attempt: { state: "", nonce: "", verifier: "" },
        };
      },
      finish: async () => ({ ok: false, why: "failed", detail: "" }),
    },
    signIns: bounds,
    sessions: sessions({
      clock,
      after: () => () => undefined,
      ids,
      sessionMsMax: LIFE_MS,
      idleMsMax: LIFE_MS,
    }),
    link: (token) => (token === "good" ? { ok: true, principal, name: "Ann" } : undefined),
    pages: [],
    module: () => undefined,
    clock,
    ids,
    sandbox: true,
    tenants: () => ["acme"],
    clientAddress: () => from.ip,
    enter: async (fact) => void facts.push(fact),
    onError: () => undefined,
  });
  const who = () => visitor((request) => app.fetch(request), ORIGIN);
  /** Begins until told to wait; how many were let in. */
  const flood = async (most = 5_000) => {
    const stranger = who();
    for (let done = 0; done < most; done += 1) {
      if ((await stranger.get("/console/sign-in/go")).status === 429) return done;
    }
    return most;
  };
  return { begun, bounds, facts, flood, from, time, who };
}

test("an address that begins too many sign-ins is told to wait, in words, and is let in again soon", async () => {
  const { begun, facts, flood, time, who } = opened();
  expect(await flood()).toBe(1_000);
  const told = await who().get("/console/sign-in/go?back=%2Fconsole%2Fcalls");
  expect(told.status).toBe(429);
  expect(told.headers.get("retry-after")).toBe("1");
  expect(told.text).toContain("Too many people try to sign in from where you are");
  expect(told.text).toContain("/console/sign-in?back=%2Fconsole%2Fcalls");
  expect(facts.at(-1)).toEqual({ type: "SignInRefused", why: "too_many_attempts" });
  expect(begun.attempts).toBe(1_000);
  time.now += 1_000;
  expect(await flood()).toBe(5);
});

test("another address, and whoever signed in before in this browser, come in while one floods", async () => {
  const { flood, from, who } = opened();
  const known = who();
  await known.get("/console/link/good");
  await flood();
  expect((await known.get("/console/sign-in/go")).status).toBe(200);
  expect((await known.get("/console/link/good")).status).toBe(404);
  expect((await who().get("/console/link/good")).status).toBe(429);
  from.ip = "192.0.2.8";
  expect((await who().get("/console/sign-in/go")).status).toBe(200);
});

test("the browser's own allowance is bounded too, and a made-up one is nobody's", async () => {
  const { who } = opened();
  const known = who();
  await known.get("/console/link/good");
  let count = 0;
  while ((await known.get("/console/sign-in/go")).status === 200) count += 1;
  expect(count).toBe(100);
  const { bounds, time } = opened();
  const made = { ip: "192.0.2.7", browser: "id-999" };
  for (let times = 0; times < 1_000; times += 1) expect(bounds.begin(made)).toBe(0);
  expect(bounds.begin({ ...made, browser: "id-998" })).toBeGreaterThan(0);
  time.now += LIFE_MS;
  expect(bounds.begin(made)).toBe(0);
});

test("failing costs more than beginning, and nobody is kept out for long by it", () => {
  const { bounds, time } = opened();
  const place = { ip: "192.0.2.7" };
  let count = 0;
  for (; bounds.begin(place) === 0; count += 1) bounds.failed(place);
  expect(count).toBe(48);
  // Many that were begun before fail at once.
  for (let times = 0; times < 1_000; times += 1) bounds.failed(place);
  const waitMs = bounds.begin(place);
  expect(waitMs).toBeGreaterThan(5_000);
  expect(waitMs).toBeLessThan(30_000);
  time.now += waitMs;
  expect(bounds.begin(place)).toBe(0);
});

test("one who has the addresses of a whole network has one allowance", () => {
  const { bounds } = opened();
  const results = Array.from({ length: 1_100 }, (_, last) =>
    bounds.begin({ ip: `2001:db8:1:2::${last.toString(16)}` }),
  );
  expect(results.filter((one) => one === 0)).toHaveLength(1_000);
  expect(bounds.begin({ ip: "2001:db8:1:3::1" })).toBe(0);
});

test("all together begin no more than are kept in mind, so that none makes another's void", () => {
  const { bounds, time } = opened();
  let count = 0;
  for (let second = 0; second <= LIFE_MS / 1_000; second += 1) {
    for (let address = 0; address < 6_000; address += 1) {
      const ip = `10.${address >> 8}.${address & 255}.${second % 2}`;
      if (bounds.begin({ ip }) > 0) break;
      count += 1;
    }
    time.now += 1_000;
  }
  expect(count).toBeGreaterThan(TOGETHER.unitsMax);
  expect(count).toBeLessThanOrEqual(ATTEMPT_COUNT_MAX);
});

test("so many browsers are known; the one in which somebody signed in longest ago is a stranger again", () => {
  const { bounds } = opened();
  const ip = "192.0.2.7";
  const first = bounds.succeeded({ ip });
  const second = bounds.succeeded({ ip });
  expect(bounds.succeeded({ ip, browser: first })).toBe(first);
  for (let count = 2; count < BROWSER_COUNT_MAX; count += 1) bounds.succeeded({ ip });
  expect(bounds.succeeded({ ip, browser: second })).toBe(second);
  const more = bounds.succeeded({ ip });
  expect(bounds.succeeded({ ip, browser: first })).not.toBe(first);
  expect(bounds.succeeded({ ip, browser: more })).toBe(more);
});
