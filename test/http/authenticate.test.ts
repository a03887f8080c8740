import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from "jose";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { apiKeys, hashOf, makeApiKey } from "../../src/http/apiKeys.ts";
import { authenticator, type AuthenticatorOptions } from "../../src/http/authenticate.ts";
import { ticketOffice } from "../../src/http/tickets.ts";
import { authSchema } from "../../src/policy/configAuth.ts";

const NOW = Date.UTC(2026, 10, 22);
const ISSUER = "https://login.example";

interface Pair {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}
async function pair(kid: string, alg = "EdDSA"): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

let one: Pair;
let two: Pair;
beforeAll(async () => {
  [one, two] = [await pair("one"), await pair("two")];
});

const CLAIMS = { sub: "ann", tacet_kind: "payment", scope: "windows:write calls:write nonsense" };

function token(
  claims: Record<string, unknown> = {},
  { by = one, alg = "EdDSA", header = {} } = {},
) {
  const seconds = NOW / 1000;
  const whole = { iss: ISSUER, aud: "tacet", exp: seconds + 300, ...CLAIMS, ...claims };
  const kid = by.jwk.kid ?? "";
  return new SignJWT(whole).setProtectedHeader({ alg, kid, ...header }).sign(by.privateKey);
}

interface Rig extends Partial<AuthenticatorOptions> {
  readonly issuer?: Record<string, unknown>;
  readonly keys?: readonly Record<string, unknown>[];
  readonly tokenCacheCountMax?: number;
}
function rig({ issuer = {}, keys = [], tokenCacheCountMax = 100, ...options }: Rig = {}) {
  const base = { issuer: ISSUER, audience: ["tacet"], tenants: ["acme"] };
  const jwks = "jwksUrl" in issuer ? {} : { jwks: { keys: [one.jwk] } };
  const auth = authSchema.parse({
    issuers: [{ ...base, ...jwks, ...issuer }],
    apiKeys: keys,
    tokenCacheCountMax,
  });
  const authenticate = authenticator({
    auth,
    tenants: ["acme", "beta"],
    tickets: { redeem: async () => ({ kind: "unknown" }) },
    clock: () => NOW,
    sandbox: false,
    ...options,
  });
  return (credential: string, purpose?: "socket") =>
    authenticate.credential(credential, purpose === undefined ? {} : { purpose });
}

const askWith = async (authorization?: string) => {
  const authenticate = authenticator({
    auth: authSchema.parse({}),
    tenants: [],
    tickets: { redeem: async () => ({ kind: "unknown" }) },
    clock: () => NOW,
    sandbox: false,
  });
  const headers = authorization === undefined ? {} : { authorization };
  return authenticate(new Request("http://localhost/", { headers }));
};

describe("the header", () => {
  test.each([
    [undefined, "not_authenticated"],
    ["", "not_authenticated"],
    ["Basic YTpi", "not_authenticated"],
    ["Bearer", "not_authenticated"],
    ["Bearer a b", "not_authenticated"],
    ["Bearer word", "token_invalid"],
    ["bearer a.b.c", "token_invalid"],
    [`Bearer ${"x".repeat(9_000)}`, "token_invalid"],
  ])("%s is denied with its code", async (header, code) => {
    expect(await askWith(header)).toMatchObject({ ok: false, status: 401, code });
  });
});

describe("a token", () => {
  test("that holds is a principal, with the scopes that are known", async () => {
    expect(await rig()(await token())).toEqual({
      ok: true,
      principal: {
        tenant: "acme",
        id: "ann",
        kind: "payment",
        owner: `jwt:${ISSUER}:ann`,
        scopes: new Set(["windows:write", "calls:write"]),
        credential: "jwt",
        expiresAt: NOW + 300_000,
      },
    });
  });

  const seconds = NOW / 1000;
  test.each<[string, Record<string, unknown>, string]>([
    ["is of another issuer", { iss: "https://evil.example" }, "token_invalid"],
    ["is for another audience", { aud: "other" }, "token_invalid"],
    ["has no audience", { aud: undefined }, "token_invalid"],
    ["has expired", { exp: seconds - 60 }, "token_expired"],
    ["never expires", { exp: undefined }, "token_invalid"],
    ["is not good yet", { nbf: seconds + 60 }, "token_invalid"],
    ["names nobody", { sub: undefined }, "token_invalid"],
    ["names somebody unprintable", { sub: "a\nb" }, "token_invalid"],
    ["is of no known kind", { tacet_kind: "god" }, "token_invalid"],
    ["is of tacet's own kind", { tacet_kind: "system" }, "token_invalid"],
    ["is an agent's without an agent", { tacet_kind: "agent" }, "token_invalid"],
  ])("that %s is denied", async (_, claims, code) => {
    expect(await rig()(await token(claims))).toMatchObject({ ok: false, status: 401, code });
  });

  test("of a foreign key, an algorithm that is not allowed, or none, is denied", async () => {
    const ec = await pair("one", "ES384");
    const foreign = await token({}, { by: { ...two, jwk: { kid: "one" } } });
    const wrongAlgorithm = await token({}, { by: ec, alg: "ES384" });
    const unsigned = new UnsecuredJWT({ iss: ISSUER, aud: "tacet", ...CLAIMS }).encode();
    const shared = await new SignJWT({ iss: ISSUER, aud: "tacet", exp: seconds + 9, ...CLAIMS })
      .setProtectedHeader({ alg: "HS256", kid: "one" })
      .sign(new TextEncoder().encode(JSON.stringify(one.jwk)));
    for (const bad of [foreign, wrongAlgorithm, unsigned, shared]) {
      expect(await rig()(bad)).toMatchObject({ ok: false, code: "token_invalid" });
    }
  });

  test("of a known key is denied where its algorithm is not listed, and taken where it is", async () => {
    const ec = await pair("ec", "ES384");
    const signed = await token({}, { by: ec, alg: "ES384" });
    const jwks = { keys: [ec.jwk] };
    expect(await rig({ issuer: { jwks } })(signed)).toMatchObject({ ok: false });
    const listed = rig({ issuer: { jwks, algorithms: ["ES384"] } });
    expect(await listed(signed)).toMatchObject({ ok: true });
  });

  test("that is denied is not told back, in whole or in part", async () => {
    const bad = await token({ sub: "SECRETNAME", aud: "SECRETAUD", tacet_kind: "SECRETKIND" });
    const told = JSON.stringify(await rig()(bad));
    expect(told).not.toMatch(/SECRET/);
    for (const part of bad.split(".")) expect(told).not.toContain(part);
  });

  test("of another type is denied where a type is asked for", async () => {
    const ask = rig({ issuer: { typ: "at+jwt" } });
    expect(await ask(await token())).toMatchObject({ ok: false });
    expect(await ask(await token({}, { header: { typ: "at+jwt" } }))).toMatchObject({ ok: true });
  });

  test("is verified once, and again only when it has expired", async () => {
    let now = NOW;
    const verifying = vi.spyOn(crypto.subtle, "verify");
    const ask = rig({ clock: () => now });
    const good = await token();
    for (const _ of [1, 2, 3]) expect(await ask(good)).toMatchObject({ ok: true });
    expect(verifying).toHaveBeenCalledTimes(1);
    now += 301_000 + 5_000;
    expect(await ask(good)).toMatchObject({ ok: false, code: "token_expired" });
    expect(verifying).toHaveBeenCalledTimes(2);
    verifying.mockRestore();
  });

  test("cache forgets the longest unused, never grows, and never mixes two up", async () => {
    const ask = rig({ tokenCacheCountMax: 2 });
    const made = { a: await token({ sub: "a" }), b: await token({ sub: "b" }), c: "" };
    made.c = await token({ sub: "c" });
    const verifying = vi.spyOn(crypto.subtle, "verify");
    // The third token takes the place of the second: the first was used since.
    for (const sub of ["a", "b", "a", "c", "a", "b"] as const) {
      expect(await ask(made[sub])).toMatchObject({ principal: { id: sub } });
    }
    expect(verifying).toHaveBeenCalledTimes(4);
    verifying.mockRestore();
  });

  test("with an unknown key asks for the issuer's keys once, not for every token", async () => {
    let fetched = 0;
    const ask = rig({
      issuer: { jwksUrl: "https://login.example/keys" },
      fetch: async () => {
        fetched += 1;
        return Response.json({ keys: [one.jwk] });
      },
    });
    for (let count = 0; count < 5; count += 1) {
      expect(await ask(await token({ n: count }, { by: two }))).toMatchObject({ ok: false });
    }
    expect(fetched).toBe(1);
  });

  test("whose issuer is down is denied without hammering it, and taken when it is back", async () => {
    let now = NOW;
    let up = false;
    let fetched = 0;
    const ask = rig({
      issuer: { jwksUrl: "https://login.example/keys" },
      clock: () => now,
      fetch: async () => {
        fetched += 1;
        return up ? Response.json({ keys: [one.jwk] }) : new Response("x", { status: 500 });
      },
    });
    for (let count = 0; count < 5; count += 1) {
      expect(await ask(await token())).toMatchObject({ status: 503, code: "issuer_unavailable" });
    }
    expect(fetched).toBe(1);
    up = true;
    now += 1_000;
    expect(await ask(await token())).toMatchObject({ ok: true });
  });
});

describe("claims", () => {
  test("of an identity provider's own shape are mapped, nested and listed ones too", async () => {
    const ask = rig({
      issuer: {
        tenants: ["acme", "beta"],
        claims: {
          tenant: "tid",
          id: "oid",
          kind: "realm_access.roles",
          scopes: "realm_access.roles",
          agentId: "https://example/agent",
        },
        tenantOf: { "guid-1": "beta" },
        kindOf: { "tacet-agents": "agent" },
        scopesOf: { "tacet-agents": ["windows:write", "targets:write"] },
        scopesAllowed: ["windows:write"],
      },
    });
    const claims = {
      tid: "guid-1",
      oid: "o-1",
      realm_access: { roles: ["offline", "tacet-agents"] },
      "https://example/agent": "a-204",
    };
    expect(await ask(await token(claims))).toMatchObject({
      ok: true,
      principal: {
        tenant: "beta",
        id: "o-1",
        kind: "agent",
        agentId: "a-204",
        scopes: new Set(["windows:write"]),
      },
    });
    for (const tid of ["guid-2", "constructor", ["acme", "guid-1"], undefined]) {
      expect(await ask(await token({ ...claims, tid }))).toMatchObject({ ok: false });
    }
  });
});

const line = (id: string, hash: string, more: object = {}) => ({
  id,
  hash,
  tenant: "acme",
  kind: "payment",
  scopes: ["windows:write"],
  ...more,
});

describe("an API key", () => {
  test("is good while it is configured, two of one principal at once", async () => {
    const [a, b] = [makeApiKey("pay-1"), makeApiKey("pay-2")];
    const ask = rig({
      keys: [
        line("pay-1", a.hash, { principal: "pay" }),
        line("pay-2", b.hash, { principal: "pay" }),
      ],
    });
    const answers = [await ask(a.key), await ask(b.key)];
    for (const answer of answers) {
      expect(answer).toMatchObject({ ok: true, principal: { id: "pay", owner: "api_key:pay" } });
    }
  });

  test("of 256 random bits is never the same, and its hash tells nothing", async () => {
    const [a, b] = [makeApiKey("k"), makeApiKey("k")];
    expect(a.key).not.toBe(b.key);
    expect(a.key).toMatch(/^tacet_k_[\w-]{43}$/);
    expect(a.hash).toBe(hashOf(a.key));
  });

  test("that is wrong, foreign, cut, or of another id is denied", async () => {
    const made = makeApiKey("pay-1");
    const ask = rig({ keys: [line("pay-1", made.hash), line("pay-2", hashOf("x"))] });
    const other = made.key.replace("pay-1", "pay-2");
    for (const bad of [made.key.slice(0, -1), `${made.key}A`, other, "tacet__", "tacet_pay-1_"]) {
      expect(await ask(bad)).toMatchObject({ ok: false, code: "token_invalid" });
    }
  });

  test("expires to the millisecond", () => {
    const made = makeApiKey("k");
    const check = apiKeys(
      authSchema.parse({ apiKeys: [line("k", made.hash, { expiresAt: "2027-01-01T00:00:00Z" })] })
        .apiKeys,
    );
    const at = Date.UTC(2027, 0, 1);
    expect(check(made.key, at - 1)).toMatchObject({ kind: "known" });
    expect(check(made.key, at)).toEqual({ kind: "expired", tenant: "acme" });
  });

  test("of the sandbox opens nothing outside the sandbox", async () => {
    const made = makeApiKey("sandbox");
    const keys = [line("sandbox", made.hash)];
    expect(await rig({ keys })(made.key)).toMatchObject({ ok: false, code: "token_invalid" });
    expect(await rig({ keys, sandbox: true })(made.key)).toMatchObject({ ok: true });
  });
});

describe("a ticket", () => {
  const secret = new Uint8Array(32).fill(7);
  async function office(change: Record<string, unknown> = {}, clock = () => NOW) {
    const made = makeApiKey("pay");
    const key = {
      id: "pay",
      hash: made.hash,
      tenant: "acme",
      kind: "payment",
      scopes: ["windows:write", "events:read", "targets:write"],
      ...change,
    };
    const options = { secret, clock, callMs: 60_000, eventsMs: 10_000, windowMsMax: () => 600_000 };
    const tickets = ticketOffice(options);
    const ask = rig({ keys: [key], tickets, clock });
    const issuer = await ask(made.key);
    if (!issuer.ok) throw new Error("the key is good");
    return { tickets, ask, clock, issuer: issuer.principal, again: () => ticketOffice(options) };
  }

  test("for a call speaks for who asked, on that call, without naming targets", async () => {
    const { tickets, ask, issuer } = await office();
    const { ticket, expiresAt } = await tickets.issueCall(issuer, "c-1", "a-204");
    expect(ticket).toMatch(/^tkt_/);
    expect(expiresAt).toBe(NOW + 60_000);
    expect(await ask(ticket)).toMatchObject({
      ok: true,
      principal: {
        tenant: "acme",
        kind: "agent",
        agentId: "a-204",
        owner: issuer.owner,
        scopes: new Set(["windows:write"]),
        ticket: { use: "call", callId: "c-1" },
      },
    });
  });

  test("for a call lapses, and dies when its window must have", async () => {
    let now = NOW;
    const { tickets, ask, issuer } = await office({}, () => now);
    const { ticket } = await tickets.issueCall(issuer, "c-1");
    now += 59_999;
    expect(await ask(ticket)).not.toHaveProperty("principal.ticket.lapsed");
    now += 1;
    expect(await ask(ticket)).toHaveProperty("principal.ticket.lapsed", true);
    now += 600_000;
    expect(await ask(ticket)).toMatchObject({ ok: false, code: "token_expired" });
  });

  test("survives a restart, and is readable to nobody else", async () => {
    const { tickets, issuer, again } = await office();
    const { ticket } = await tickets.issueCall(issuer, "c-1");
    expect(await again().redeem(ticket, "request")).toMatchObject({ kind: "good" });
    const foreign = ticketOffice({
      secret: new Uint8Array(32).fill(8),
      clock: () => NOW,
      callMs: 1,
      eventsMs: 1,
      windowMsMax: () => 1,
    });
    expect(await foreign.redeem(ticket, "request")).toEqual({ kind: "unknown" });
    const inside = atob((ticket.split(".")[3] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
    expect(inside).not.toContain("acme");
  });

  test("that was changed in any place is unknown", async () => {
    const { tickets, issuer } = await office();
    const { ticket } = await tickets.issueCall(issuer, "c-1");
    for (let at = 0; at < ticket.length - 1; at += 7) {
      const changed = ticket.slice(0, at) + (ticket[at] === "A" ? "B" : "A") + ticket.slice(at + 1);
      expect(await tickets.redeem(changed, "request")).toEqual({ kind: "unknown" });
    }
  });

  test("for events opens one socket, and any number of streams until it expires", async () => {
    let now = NOW;
    const { tickets, ask, issuer } = await office({}, () => now);
    const { ticket } = await tickets.issueEvents(issuer);
    expect(await ask(ticket)).toMatchObject({ ok: true });
    expect(await ask(ticket, "socket")).toMatchObject({ ok: true });
    expect(await ask(ticket, "socket")).toMatchObject({ ok: false, code: "token_invalid" });
    expect(await ask(ticket)).toMatchObject({ ok: true });
    now += 10_000;
    expect(await ask(ticket)).toMatchObject({ ok: false, code: "token_expired" });
  });

  test("for events is followed by others, but not for ever", async () => {
    let now = NOW;
    const { tickets, ask, issuer } = await office({}, () => now);
    let { ticket } = await tickets.issueEvents(issuer);
    let hops = 0;
    for (; hops < 10_000; hops += 1) {
      const answer = await ask(ticket, "socket");
      if (!answer.ok) throw new Error(answer.detail);
      now += 9_000_000;
      const next = await tickets.next(answer.principal);
      if (next === undefined) break;
      ticket = next.ticket;
      expect(next.expiresAt).toBeLessThanOrEqual(NOW + 12 * 3_600_000);
    }
    expect(hops).toBe(4);
  });

  test("of an agent speaks for no other agent", async () => {
    const { tickets, issuer } = await office({ kind: "agent", agentId: "a-1" });
    const { ticket } = await tickets.issueCall(issuer, "c-1", "a-2");
    expect(await tickets.redeem(ticket, "request")).toMatchObject({
      principal: { agentId: "a-1" },
    });
  });

  test("ends with the key it came from", async () => {
    const { tickets, issuer } = await office();
    const { ticket } = await tickets.issueCall(issuer, "c-1");
    const withoutKey = rig({ tickets });
    expect(await withoutKey(ticket)).toMatchObject({ ok: false, code: "token_invalid" });
  });

  test("ends with its tenant", async () => {
    const { tickets, ask, issuer } = await office();
    const { ticket } = await tickets.issueCall(issuer, "c-1");
    expect(await ask(ticket)).toMatchObject({ ok: true });
    const made = makeApiKey("pay");
    const keys = [
      { id: "pay", hash: made.hash, tenant: "acme", kind: "payment", scopes: ["operate"] },
    ];
    expect(await rig({ tickets, keys, tenants: ["beta"] })(ticket)).toMatchObject({ ok: false });
  });

  test("is refused rather than taken twice when too many were used", async () => {
    const { issuer, clock } = await office();
    const tickets = ticketOffice({
      secret,
      clock,
      callMs: 1,
      eventsMs: 10_000,
      windowMsMax: () => 1,
      usedCountMax: 1,
    });
    const [a, b] = [await tickets.issueEvents(issuer), await tickets.issueEvents(issuer)];
    expect(await tickets.redeem(a.ticket, "socket")).toMatchObject({ kind: "good" });
    expect(await tickets.redeem(b.ticket, "socket")).toMatchObject({ kind: "used" });
  });
});
