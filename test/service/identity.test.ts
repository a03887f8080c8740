/** Credentials end to end: tokens of an identity provider, keys that are changed, desktops that show. */
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { begin, closeRecorders, type Recorders, startRecorders } from "./acme.ts";
import { asking, entriesOf, until, watching } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder, startTacet } from "./process.ts";
import { startWithin, stopServices, type Within } from "./within.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const ISSUER = "https://login.example/realms/desk";
const provider = await generateKeyPair("ES256");
const [first, second] = [makeApiKey("pay-old"), makeApiKey("pay-new")];
const paying = { tenant: "acme", kind: "payment", principal: "shop", scopes: ["windows:write"] };
const jwk = { ...(await exportJWK(provider.publicKey)), kid: "k1", alg: "ES256" };

let recorders: Recorders;
let tacet: Within;
beforeAll(async () => {
  recorders = await startRecorders();
  tacet = await startWithin(await folder(), recorders.origins, {
    issuers: [
      {
        issuer: ISSUER,
        audience: ["tacet"],
        tenants: ["acme"],
        jwks: { keys: [jwk] },
        claims: { kind: "realm_access.roles", scopes: "realm_access.roles", agentId: "extension" },
        kindOf: { "desk-agents": "agent", "desk-leads": "supervisor" },
        scopesOf: {
          "desk-agents": ["windows:write", "events:read"],
          "desk-leads": ["windows:write", "calls:write", "events:read"],
        },
      },
    ],
    apiKeys: [
      { id: "pay-old", hash: first.hash, ...paying },
      { id: "pay-new", hash: second.hash, ...paying },
      {
        ...paying,
        id: "pay-over",
        hash: makeApiKey("x").hash,
        expiresAt: "2020-01-01T00:00:00Z",
      },
    ],
  });
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

interface Claims {
  readonly role?: string;
  readonly audience?: string;
  readonly expires?: string;
  readonly extension?: string;
}

const token = ({ audience, expires, extension, role }: Claims = {}, key = provider.privateKey) =>
  new SignJWT({ realm_access: { roles: [role ?? "desk-agents"] }, extension: extension ?? "a-204" })
    .setProtectedHeader({ alg: "ES256", kid: "k1" })
    .setSubject("ann")
    .setIssuer(ISSUER)
    .setAudience(audience ?? "tacet")
    .setIssuedAt()
    .setExpirationTime(expires ?? "5m")
    .sign(key);

async function registered(number: number, agentId?: string) {
  const one = begin(recorders, number);
  const body = { targets: one.targets, ...(agentId === undefined ? {} : { agentId }) };
  const path = `/v1/calls/c${number}`;
  expect((await tacet.as("pay")("PUT", path, body)).status).toBe(201);
  return { ...one, path, callId: `c${number}` };
}

test("an agent of the company's own identity provider pauses their own call and no other", async () => {
  const own = await registered(10, "a-204");
  const others = await registered(11, "a-205");
  const ann = asking(tacet.url, await token());
  const paused = await ann("POST", `${own.path}/pause`, { windowId: "w10" });
  expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
  for (const refused of [
    await ann("POST", `${others.path}/pause`, { windowId: "w11" }),
    await ann("GET", others.path),
    await ann("POST", `${own.path}/pause`, { windowId: "w11", targets: others.targets }),
    await ann("PUT", own.path, { agentId: "a-205" }),
  ]) {
    expect([refused.status, refused.body["safeToCollect"] ?? false]).toEqual([403, false]);
  }
  expect(others.heard()).toEqual(["recording", "recording"]);
  const calls = (await ann("GET", "/v1/calls")).body["calls"] as { callId: string }[];
  expect(calls.map(({ callId }) => callId)).toEqual(["c10"]);
  const lead = asking(tacet.url, await token({ role: "desk-leads" }));
  expect((await lead("POST", "/v1/windows/w10/resume")).status).toBe(200);
});

test("a token that is expired, forged, unsigned, for another audience or of no role opens nothing", async () => {
  const stranger = await generateKeyPair("ES256");
  const unsigned = new UnsecuredJWT({})
    .setIssuer(ISSUER)
    .setAudience("tacet")
    .setExpirationTime("5m");
  const secret = new TextEncoder().encode(JSON.stringify(jwk).padEnd(64));
  const shared = new SignJWT({}).setProtectedHeader({ alg: "HS256", kid: "k1" });
  const tokens = {
    expired: await token({ expires: "-1h" }),
    forged: await token({}, stranger.privateKey),
    unsigned: unsigned.encode(),
    shared: await shared
      .setIssuer(ISSUER)
      .setAudience("tacet")
      .setExpirationTime("5m")
      .sign(secret),
    audience: await token({ audience: "another" }),
    role: await token({ role: "guests" }),
    cut: (await token()).slice(0, -4),
  };
  for (const [name, bad] of Object.entries(tokens)) {
    const { body, headers, status } = await asking(tacet.url, bad)("GET", "/v1/calls");
    expect([name, status]).toEqual([name, 401]);
    expect(headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(JSON.stringify(body)).not.toContain(bad.slice(0, 40));
    if (name === "expired") expect(body["code"]).toBe("token_expired");
  }
  const denied = await until(
    () => entriesOf(tacet.as("audit"), "&type=AccessDenied"),
    (entries) => entries.length > 0,
  );
  expect(denied.map(({ reason }) => reason)).toContain("token_expired");
});

test("a key is changed in the middle of a payment: both keys of one principal own its window", async () => {
  const one = await registered(12);
  const paused = await asking(tacet.url, first.key)("POST", `${one.path}/pause`, {
    windowId: "w12",
  });
  expect(paused.status).toBe(200);
  const changed = asking(tacet.url, second.key);
  expect((await changed("GET", "/v1/windows/w12")).body).toMatchObject({ safeToCollect: true });
  expect((await changed("POST", "/v1/windows/w12/resume")).status).toBe(200);
  expect(one.heard()).toEqual(["recording", "recording"]);
});

test("what a desktop has painted is entered once for each protection, for the agent's own calls", async () => {
  const own = await registered(13, "a-204");
  const desktop = watching(tacet.url, { credential: await token() });
  const wall = tacet.watch("sue");
  const show = async (watcher: typeof desktop, protection: string) => {
    const message = await watcher.call(own.callId, (one) => one.protection === protection);
    for (const _ of [1, 2]) {
      watcher.say({ type: "shown", callId: own.callId, position: message.position });
    }
  };
  await show(desktop, "recording");
  await tacet.as("pay")("POST", `${own.path}/pause`, { windowId: "w13" });
  await show(wall, "secured");
  await show(desktop, "secured");
  const shown = await until(
    () => entriesOf(tacet.as("audit"), "&type=DesktopShown"),
    (entries) => entries.length >= 2,
  );
  expect(shown.map(({ actor, detail }) => [actor.id, detail?.["protection"]])).toEqual([
    ["a-204", "recording"],
    ["a-204", "secured"],
  ]);
  desktop.close();
  wall.close();
});

test("server-sent events tell a browser's EventSource the same, by a ticket that serves until it expires", async () => {
  const one = await registered(14, "a-204");
  const { body } = await tacet.as("pay")("POST", "/v1/tickets", { use: "events" });
  const query = `ticket=${encodeURIComponent(String(body["ticket"]))}&calls=${one.callId}`;
  for (const _ of ["once", "and again"]) {
    const leave = new AbortController();
    const stream = await fetch(`${tacet.url}/v1/events?${query}`, {
      headers: { accept: "text/event-stream" },
      signal: leave.signal,
    });
    expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
    let text = "";
    for await (const chunk of stream.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes(`"callId":"${one.callId}"`)) break;
    }
    expect(text).toMatch(/event: hello[^]*event: subscribed[^]*event: call/);
    leave.abort();
  }
});

test("an auditor verifies the log over the network, with the key from elsewhere", async () => {
  await registered(15);
  const { url, keys, service } = tacet;
  const args = ["verify", url, "--key", service.log.verifierKey, "--api-key", keys.audit];
  const verified = await command(args);
  expect(verified).toMatchObject({ code: 0, err: "" });
  expect(verified.out).toMatch(/tacet\.example\/acme: INTACT/);
  expect(verified.out + verified.err).not.toContain(keys.audit);
  expect((await command(["verify", url, "--api-key", keys.pay])).code).toBe(3);
});

test("`tacet token` makes an agent of the sandbox, and of nothing else", async () => {
  const place = await folder();
  const sandbox = startTacet(["sandbox", "--port", "0", "--folder", place, "--quiet"]);
  await sandbox.said(/Ctrl-C/);
  const wish = ["--id", "ann", "--kind", "agent", "--agent", "a-204", "--scopes", "windows:write"];
  const made = await command(["token", ...wish, "--folder", place]);
  const [, url = ""] = await sandbox.said(/API +(\S+)/);
  const ann = asking(url, made.out.trim());
  // Nothing is registered: the sandbox's second recorder cannot be asked for the agent's call.
  expect((await ann("POST", "/v1/agents/a-204/pause", { windowId: "w" })).status).toBe(422);
  expect((await ann("POST", "/v1/agents/a-205/pause", { windowId: "w" })).status).toBe(403);
  expect((await asking(tacet.url, made.out.trim())("GET", "/v1/calls")).status).toBe(401);
});

test("the demo plays and every step is as said", async () => {
  const { code, err, out } = await startTacet(["demo"]).ended;
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("Every step was as said.");
});
