import { expect, test } from "vitest";
import { clientAddress } from "../../src/policy/clientAddress.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { deskRulesOf, originsOf, policyOf, sessionRulesOf } from "../../src/policy/rules.ts";
import { good, vendors } from "./vendors.ts";

function configOf(change: (draft: ReturnType<typeof good>) => void = () => undefined) {
  const draft = good();
  change(draft);
  const parsed = parseConfig(draft, vendors);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}
const idsOf = (attributes: Record<string, string>) =>
  policyOf(configOf())
    .routing("acme", attributes)
    .recorders.map(({ recorderId }) => recorderId);

test("the first route whose attributes all match is taken, and the last takes the rest", () => {
  expect(idsOf({ queue: "payments", skill: "any" })).toEqual(["hq", "archive"]);
  expect(idsOf({ queue: "sales" })).toEqual(["hq"]);
  expect(idsOf({})).toEqual(["hq"]);
});

test("an attribute may have one of several values, and inherited names match nothing", () => {
  const config = configOf((draft) => {
    draft.tenants.acme.routes[0]!.when = { queue: ["a", "b"] } as never;
  });
  const of = (queue: string) => policyOf(config).routing("acme", { queue }).recorders.length;
  expect([of("a"), of("b"), of("c")]).toEqual([2, 2, 1]);
  expect(idsOf({ constructor: "x" })).toEqual(["hq"]);
});

test("a routing holds every number of the tenant, and its choice at a lease's end", () => {
  const config = configOf((draft) => {
    draft.tenants.acme.atLeaseEnd = "keep_paused_and_alert";
    Object.assign(draft.tenants.acme, { rules: { leaseMsMax: 200_000 }, whenLogFails: "protect" });
  });
  expect(policyOf(config).routing("acme", {})).toMatchObject({
    recorders: [
      { recorderId: "hq", required: true, absentIs: "unprotected", acceptAcknowledged: false },
    ],
    rules: { leaseMsMax: 200_000, graceMs: 2_000, atLeaseEnd: "keep_paused_and_alert" },
    leaseMsDefault: 180_000,
    waitMsDefault: 3_000,
    waitMsMax: 10_000,
    whenLogFails: "protect",
  });
});

test("agents are found by id in their own tenant, and nothing else is", () => {
  const policy = policyOf(configOf());
  expect(policy.agent("acme", "a-204")).toEqual({ extension: "204" });
  expect(policy.agent("acme", "toString")).toBeUndefined();
  expect(policy.agent("other", "a-204")).toBeUndefined();
  expect(policy.tenants()).toEqual(["acme"]);
});

test("a tenant or recorder that is not configured is a fault, not an answer", () => {
  expect(() => policyOf(configOf()).routing("other", {})).toThrow();
  expect(() => deskRulesOf(configOf(), "other")).toThrow();
  expect(deskRulesOf(configOf(), "hq").guardMs).toBe(1_000);
});

test("a session goes by its tenant's numbers and the log's", () => {
  expect(sessionRulesOf(configOf())("acme", {})).toMatchObject({
    rules: { leaseMsMax: 300_000 },
    whenLogFails: "refuse",
    logMsMax: 500,
    logRetryMs: 1_000,
  });
});

test("a page's origin counts for the tenant that lists it, to the letter", () => {
  const page = "https://pay.example";
  const origins = originsOf(
    configOf((draft) => void Object.assign(draft.tenants.acme, { origins: [page] })),
  );
  expect([origins.any(page), origins.of("acme", page), origins.of("other", page)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(origins.any("https://pay.example.evil")).toBe(false);
});

test.each<[string | undefined, string | null, string | undefined]>([
  ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
  ["10.0.0.7", "198.51.100.1", "198.51.100.1"],
  ["::ffff:10.0.0.7", "198.51.100.1", "198.51.100.1"],
  ["10.0.0.7", "1.1.1.1, 198.51.100.1, 10.0.0.8", "198.51.100.1"],
  ["10.0.0.7", "nonsense", "10.0.0.7"],
  ["10.0.0.7", "198.51.100.1, nonsense", "10.0.0.7"],
  ["10.0.0.7", "10.0.0.9", "10.0.0.9"],
  ["10.0.0.7", null, "10.0.0.7"],
  ["10.0.0.7", "[2001:db8::1]:4711", "2001:db8::1"],
  ["10.0.0.7", "198.51.100.1:4711", "198.51.100.1"],
  [undefined, "198.51.100.1", undefined],
])("a caller at %s forwarding %s is %s", (peer, forwarded, address) => {
  expect(clientAddress(["10.0.0.0/8"])(peer, forwarded)).toBe(address);
});

test("so many forwarded addresses are looked at, the nearest; nobody is believed beyond them", () => {
  const address = clientAddress(["10.0.0.0/8"]);
  const behind = (count: number) =>
    ["198.51.100.1", ...Array.from({ length: count }, () => "10.0.0.8")].join(", ");
  expect(address("10.0.0.7", behind(31))).toBe("198.51.100.1");
  expect(address("10.0.0.7", behind(32))).toBe("10.0.0.8");
  expect(address("10.0.0.7", behind(5_000))).toBe("10.0.0.8");
});
