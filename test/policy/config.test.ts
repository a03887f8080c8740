import { describe, expect, test } from "vitest";
import { changedPaths, configDigest } from "../../src/policy/digest.ts";
import { parseConfig, type Problem } from "../../src/policy/config.ts";
import { good, vendors } from "./vendors.ts";

type Draft = ReturnType<typeof good>;
/** Tests write what the types would forbid; that is their point. */
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any;

function broken(change: (draft: Loose) => void): unknown {
  const draft: Draft = structuredClone(good());
  change(draft);
  return draft;
}

function problemsOf(input: unknown, options = {}): readonly Problem[] {
  const parsed = parseConfig(input, vendors, options);
  return parsed.ok ? [] : parsed.problems;
}
const pathsOf = (input: unknown): readonly string[] => problemsOf(input).map(({ path }) => path);

describe("a configuration", () => {
  test("that holds together is taken, with every default in it", () => {
    const parsed = parseConfig(good(), vendors);
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        sandbox: false,
        listen: { host: "127.0.0.1", port: 8443, plainHttp: false },
        ops: { listen: { host: "127.0.0.1" } },
        recorders: { hq: { settings: { by: "mute" }, desk: { guardMs: 1_000 } } },
        tenants: { acme: { whenLogFails: "refuse", rules: { confirmAgeMsMax: 5_000 } } },
      },
    });
  });

  test("two ids of one recorder are refused: each would undo the other's silence", () => {
    const input = broken((draft) => {
      draft.recorders.again = structuredClone(draft.recorders.hq);
      draft.recorders.again.settings.url += "/";
      draft.recorders.behind = structuredClone(draft.recorders.hq);
      draft.recorders.behind.settings.url += "/another/recorder";
    });
    expect(pathsOf(input)).toEqual(["recorders.again"]);
  });

  test.each(["0.0.0.0/0", "::/0"])("%s is no proxy to trust", (network) => {
    const input = broken((draft) => {
      draft.listen = { trustedProxies: [network] };
    });
    expect(pathsOf(input)).toContain("listen.trustedProxies[0]");
  });

  test("with five mistakes lists five problems with paths and suggestions", () => {
    const input = broken((draft) => {
      draft.listen = { prot: 8080 };
      draft.recorders.hq.settings.by = "muet";
      draft.tenants.acme.rules = { leaseMsMax: "5 minutes" };
      delete draft.tenants.acme.atLeaseEnd;
      draft.tenants.acme.routes[1].recorders[0].recorder = "hg";
    });
    expect(problemsOf(input)).toEqual([
      {
        path: "listen.prot",
        problem: "is not a member known here",
        suggestion: 'did you mean "port"?',
      },
      {
        path: "tenants.acme.rules.leaseMsMax",
        problem: "must be a whole number, not a text",
        suggestion: "give a whole number of milliseconds, without a unit",
      },
      {
        path: "recorders.hq.settings.by",
        problem: "must be one of mute, record",
        suggestion: 'did you mean "mute"?',
      },
      {
        path: "tenants.acme.atLeaseEnd",
        problem: "is not chosen",
        suggestion: expect.stringMatching(/`resume` \(.+`keep_paused_and_alert` \(/) as string,
      },
      {
        path: "tenants.acme.routes[1].recorders[0].recorder",
        problem: "is not in `recorders`",
        suggestion: 'did you mean "hq"?',
      },
    ]);
  });

  test.each<[string, (draft: Loose) => void, string]>([
    ["no tenant", (d) => (d.tenants = {}), "tenants"],
    ["a vendor nobody knows", (d) => (d.recorders.hq.vendor = "acmee"), "recorders.hq.vendor"],
    ["no vendor", (d) => delete d.recorders.hq.vendor, "recorders.hq.vendor"],
    [
      "a recorder's id in capitals",
      (d) => (d.recorders.HQ = { ...d.recorders.hq, settings: { url: "https://b.example" } }),
      "recorders.HQ",
    ],
    ["a duration with a unit", (d) => (d.events = { pingMs: "5s" }), "events.pingMs"],
    ["half a millisecond", (d) => (d.events = { pingMs: 5_000.5 }), "events.pingMs"],
    ["a negative duration", (d) => (d.log.retryMs = -1), "log.retryMs"],
    ["an empty member", (d) => (d.log = null), "log"],
    ["plain HTTP beyond loopback", (d) => (d.listen = { host: "0.0.0.0" }), "listen.tls"],
    ["a certificate without its key", (d) => (d.listen = { tls: { cert: "x" } }), "listen.tls.key"],
    [
      "a proxy that is no address",
      (d) => (d.listen = { trustedProxies: ["lb"] }),
      "listen.trustedProxies[0]",
    ],
    ["the sandbox's origin", (d) => (d.log.origin = "sandbox.local"), "log.origin"],
    ["the sandbox's word", (d) => (d.sandbox = true), "sandbox"],
    ["a sandbox key", (d) => (d.auth.apiKeys[0].id = "sandbox"), "auth.apiKeys[0].id"],
    [
      "a plain recorder",
      (d) => (d.recorders.hq.settings.url = "http://10.1.1.1"),
      "recorders.hq.plainHttp",
    ],
    [
      "a confirmation that dies between two re-reads",
      (d) => (d.recorders.hq.desk = { guardMs: 3_000 }),
      "tenants.acme.rules.confirmAgeMsMax",
    ],
    [
      "a confirmation that dies while a slow read is waited for",
      (d) => (d.recorders.hq.desk = { statusMsMax: 4_000 }),
      "tenants.acme.rules.confirmAgeMsMax",
    ],
    [
      "a control the recorder does not offer",
      (d) => (d.tenants.acme.routes[0].recorders[0].control = "pause"),
      "tenants.acme.routes[0].recorders[0].control",
    ],
    [
      "a required recorder that only testifies",
      (d) => (d.tenants.acme.routes[0].recorders[1].required = true),
      "tenants.acme.routes[0].recorders[1].required",
    ],
    [
      "nothing required",
      (d) => (d.tenants.acme.routes[1].recorders[0].required = false),
      "tenants.acme.routes[1].recorders",
    ],
    [
      "a route behind one that takes every call",
      (d) => (d.tenants.acme.routes = d.tenants.acme.routes.toReversed()),
      "tenants.acme.routes[0]",
    ],
    [
      "calls that no route takes",
      (d) => d.tenants.acme.routes.pop(),
      "tenants.acme.routes[0].when",
    ],
    [
      "a lease above its maximum",
      (d) => (d.tenants.acme.rules = { leaseMsDefault: 400_000 }),
      "tenants.acme.rules.leaseMsDefault",
    ],
    [
      "a lease that a hidden page, renewing once a minute, would lose",
      (d) => (d.tenants.acme.rules = { leaseMsDefault: 179_999 }),
      "tenants.acme.rules.leaseMsDefault",
    ],
    ["a tenant named system", (d) => (d.tenants.system = d.tenants.acme), "tenants.system"],
    [
      "a pattern that cannot be read",
      (d) => (d.tenants.acme.idForms = { callId: ["("] }),
      "tenants.acme.idForms.callId[0]",
    ],
    [
      "an origin with a path",
      (d) => (d.tenants.acme.origins = ["https://a.example/x"]),
      "tenants.acme.origins[0]",
    ],
    ["any origin", (d) => (d.tenants.acme.origins = ["*"]), "tenants.acme.origins[0]"],
    [
      "two keys of one id",
      (d) => d.auth.apiKeys.push({ ...d.auth.apiKeys[0], hash: `sha256:${"1".repeat(64)}` }),
      "auth.apiKeys[1].id",
    ],
    ["a key of no tenant", (d) => (d.auth.apiKeys[0].tenant = "acne"), "auth.apiKeys[0].tenant"],
    [
      "an agent's key without the agent",
      (d) => (d.auth.apiKeys[0].kind = "agent"),
      "auth.apiKeys[0].agentId",
    ],
    ["a key in clear", (d) => (d.auth.apiKeys[0].hash = "tacet_pay-1_x"), "auth.apiKeys[0].hash"],
    ["nobody let in", (d) => (d.auth = {}), "auth"],
  ])("with %s is refused at its path", (_, change, path) => {
    expect(pathsOf(broken(change))).toEqual([path]);
  });

  const issuer = {
    issuer: "https://login.example",
    audience: ["tacet"],
    tenants: ["acme"],
    jwksUrl: "https://login.example/keys",
  };
  test.each<[string, object, string]>([
    ["no keys", { jwksUrl: undefined }, "jwks"],
    ["keys over plain HTTP", { jwksUrl: "http://login.example/keys" }, "jwksUrl"],
    ["a shared-secret algorithm", { algorithms: ["HS256"] }, "algorithms[0]"],
    ["no algorithm", { algorithms: ["none"] }, "algorithms[0]"],
    [
      "a private key",
      { jwksUrl: undefined, jwks: { keys: [{ kty: "OKP", d: "x" }] } },
      "jwks.keys[0]",
    ],
    ["a tenant that is not there", { tenants: ["other"] }, "tenants[0]"],
    ["several tenants and no claim", { tenants: ["acme", "beta"] }, "claims.tenant"],
    ["the sandbox's name", { issuer: "tacet-sandbox" }, "issuer"],
  ])("with an issuer with %s is refused at its path", (_, change, path) => {
    const input = broken((draft) => {
      draft.tenants.beta = draft.tenants.acme;
      draft.auth.issuers = [JSON.parse(JSON.stringify({ ...issuer, ...change }))];
    });
    expect(pathsOf(input)).toEqual([`auth.issuers[0].${path}`]);
  });

  test.each([[null], [[]], ["text"], [7], [undefined]])(
    "that is %j is a problem, not a fault",
    (input) => {
      expect(problemsOf(input).length).toBeGreaterThan(0);
    },
  );
});

const withReference = () =>
  broken((draft) => (draft.recorders.hq.settings.password = { env: "HQ_PASSWORD" }));

describe("a secret", () => {
  const path = ["recorders", "hq", "settings", "password"];

  test("given by reference reaches the vendor's settings and nothing else", () => {
    const resolved = [{ path, ok: true as const, value: "correct horse" }];
    const parsed = parseConfig(withReference(), vendors, { resolved });
    expect(parsed).toMatchObject({
      ok: true,
      config: { recorders: { hq: { settings: { password: "correct horse" } } } },
    });
    expect(parsed.ok && JSON.stringify(parsed.config.document)).not.toContain("correct horse");
    expect(parsed.ok && JSON.stringify(parsed.config.document)).toContain("HQ_PASSWORD");
  });

  test("that could not be read is one problem at its path", () => {
    const resolved = [{ path, ok: false as const, detail: "is not set" }];
    expect(problemsOf(withReference(), { resolved })).toEqual([
      {
        path: "recorders.hq.settings.password",
        problem: "{ env: HQ_PASSWORD }: is not set",
        suggestion: "set HQ_PASSWORD in the service's environment",
      },
    ]);
  });

  test("in the wrong place never shows its value", () => {
    const input = broken((draft) => {
      draft.recorders.hq.settings.by = { env: "BY" };
      draft.log.origin = { env: "ORIGIN" };
    });
    const problems = problemsOf(input, {
      resolved: [
        { path: ["recorders", "hq", "settings", "by"], ok: true, value: "mutte" },
        { path: ["log", "origin"], ok: true, value: "S3CRET VALUE" },
      ],
    });
    expect(problems.map(({ path }) => path)).toEqual(["log.origin", "recorders.hq.settings.by"]);
    expect(JSON.stringify(problems)).not.toMatch(/S3CRET|mutte|did you mean/);
  });

  test("given inline is in no digest and no list of changes", () => {
    const one = parseConfig(
      broken((d) => (d.recorders.hq.settings.password = "one")),
      vendors,
    );
    expect(one.ok && JSON.stringify(one.config.document)).not.toContain('"one"');
  });

  test("call attributes named env or file are words, not references", () => {
    const input = broken((draft) => (draft.tenants.acme.routes[0].when = { env: "production" }));
    expect(problemsOf(input)).toEqual([]);
  });
});

const sandbox = (change: (draft: Loose) => void = () => undefined) =>
  broken((draft) => {
    draft.sandbox = true;
    draft.log.origin = "sandbox.tacet";
    draft.recorders.hq.settings.url = "http://127.0.0.1:4000";
    draft.auth.apiKeys[0].id = "sandbox";
    delete draft.tenants.acme.atLeaseEnd;
    change(draft);
  });
const problemPaths = (input: unknown) =>
  problemsOf(input, { sandboxAllowed: true }).map(({ path }) => path);

describe("the built-in sandbox", () => {
  test("may leave the end of a lease open and use its own keys", () => {
    expect(problemPaths(sandbox())).toEqual([]);
  });

  test("stays on this machine and says what it is in its log's origin", () => {
    const loose = sandbox((draft) => {
      draft.listen = { host: "0.0.0.0", plainHttp: true };
      draft.ops = { listen: { host: "10.0.0.1" } };
      draft.log.origin = "tacet.example";
    });
    expect(problemPaths(loose)).toEqual(["ops.listen.host", "listen.host", "log.origin"]);
  });

  test("is nothing that a served configuration can be", () => {
    expect(pathsOf(sandbox())).toEqual([
      "sandbox",
      "log.origin",
      "tenants.acme.atLeaseEnd",
      "auth.apiKeys[0].id",
    ]);
  });
});

test("the digest follows the meaning, not the order, and the changed paths name no value", async () => {
  const parsed = [
    good(),
    broken((d) => (d.log = { origin: d.log.origin, folder: d.log.folder })),
  ].map((input) => parseConfig(input, vendors));
  const changed = parseConfig(
    broken((draft) => {
      draft.log.folder = "/srv/tacet";
      draft.tenants.acme.routes[1].recorders[0].acceptAcknowledged = true;
    }),
    vendors,
  );
  const [a, b] = parsed;
  if (!a?.ok || !b?.ok || !changed.ok) throw new Error("these hold together");
  expect(await configDigest(a.config.document)).toBe(await configDigest(b.config.document));
  expect(await configDigest(a.config.document)).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await configDigest(changed.config.document)).not.toBe(
    await configDigest(a.config.document),
  );
  expect(changedPaths(a.config.document, changed.config.document)).toEqual([
    "log.folder",
    "tenants.acme.routes[1].recorders[0].acceptAcknowledged",
  ]);
});
