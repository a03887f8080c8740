import { expect, test } from "vitest";
import { nextTryAt } from "../../src/alerts/backoff.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { alertsSchema } from "../../src/policy/configAlerts.ts";

const rules = alertsSchema.parse({});
const DAY_MS = 24 * 3_600_000;

/** All tries of one message that is never taken. */
function tries(random: number): readonly number[] {
  const at = [0];
  for (;;) {
    const now = at.at(-1) ?? 0;
    const next = nextTryAt({ attempts: at.length, createdAt: 0 }, now, random, rules);
    if (next === undefined) return at;
    at.push(next);
    if (at.length > 10_000) throw new Error("never given up");
  }
}

test("a message is tried for more than a day, often at first, and is then given up", () => {
  for (const random of [0, 0.5, 0.999]) {
    const at = tries(random);
    expect(at.at(-1)).toBeGreaterThanOrEqual(DAY_MS);
    expect(at.filter((one) => one <= 60_000).length).toBeGreaterThanOrEqual(4);
    const gaps = at.slice(1).map((one, index) => one - (at[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(rules.retryMsMax);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(at.length).toBeLessThan(300);
  }
});

test("what the receiver asks for is kept to, and no longer than the longest wait", () => {
  const tried = { attempts: 1, createdAt: 0 };
  expect(nextTryAt(tried, 0, 0.5, rules, 30_000)).toBe(30_000);
  expect(nextTryAt(tried, 0, 0.5, rules, 1e9)).toBe(rules.retryMsMax);
});

test("secrets are whsec_ and of 24 to 64 bytes; addresses are https, or on this machine", () => {
  const endpoint = {
    id: "pager",
    url: "https://alerts.example/x",
    secrets: [`whsec_${"A".repeat(32)}`],
  };
  const problems = (change: object, more: readonly object[] = []) => {
    const alerts = { endpoints: [{ ...endpoint, ...change }, ...more] };
    const parsed = parseConfig({ alerts, tenants: { acme: {} } }, new Map());
    const all = parsed.ok ? [] : parsed.problems;
    return all.filter(({ path }) => path.startsWith("alerts"));
  };
  expect(problems({})).toEqual([]);
  expect(problems({ url: "http://127.0.0.1:8080/x" })).toEqual([]);
  expect(problems({ url: "http://alerts.example/x", plainHttp: true })).toEqual([]);
  const told = [
    problems({ url: "http://alerts.example/x" }),
    problems({ url: "https://me:pw@alerts.example/x" }),
    problems({ secrets: [] }),
    problems({ secrets: ["whsec_short"] }),
    problems({ secrets: ["A".repeat(40)] }),
    problems({ secrets: [endpoint.secrets[0], endpoint.secrets[0]] }),
    problems({ tenants: ["acne"] }),
    problems({ kinds: ["drifts"] }),
    problems({}, [endpoint]),
  ];
  expect(told.map(({ length }) => length)).toEqual(told.map(() => 1));
  expect(JSON.stringify(told)).not.toMatch(/whsec_short|me:pw|alerts\.example/);
});
