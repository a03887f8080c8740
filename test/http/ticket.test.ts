import { expect, test } from "vitest";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { authenticator } from "../../src/http/authenticate.ts";
import type { HttpDeps } from "../../src/http/deps.ts";
import { ticketOffice } from "../../src/http/tickets.ts";
import { authSchema } from "../../src/policy/configAuth.ts";
import { kit, type Kit } from "./kit.ts";

/** The face with the real credential check and the real ticket office. */
async function guarded(): Promise<{ k: Kit; key: string; time: { now: number } }> {
  const time = { now: Date.now() };
  const clock = () => time.now;
  const made = makeApiKey("pay");
  const tickets = ticketOffice({
    secret: new Uint8Array(32).fill(3),
    clock,
    callMs: 60_000,
    eventsMs: 60_000,
    windowMsMax: () => 900_000,
  });
  const scopes = ["calls:write", "targets:write", "windows:write", "tickets:issue"];
  const auth = authSchema.parse({
    apiKeys: [{ id: "pay", tenant: "acme", kind: "payment", scopes, hash: made.hash }],
  });
  const options = { auth, tenants: ["acme"], tickets, clock, sandbox: false };
  const deps: Partial<HttpDeps> = { authenticate: authenticator(options), tickets };
  return { k: await kit({ deps }), key: made.key, time };
}

test("a browser's call ticket pauses, renews and resumes its one call, and nothing else", async () => {
  const { k, key, time } = await guarded();
  const targets = { main: { ref: "1" } };
  for (const callId of ["c1", "c2"]) await k.send("PUT", `/v1/calls/${callId}`, key, { targets });
  const issued = await k.send("POST", "/v1/tickets", key, { use: "call", callId: "c1" });
  const ticket = String(issued.body["ticket"]);
  const pause = (callId: string, body: object) =>
    k.send("POST", `/v1/calls/${callId}/pause`, ticket, body);

  expect((await pause("c1", { windowId: "w-1" })).status).toBe(200);
  expect((await pause("c2", { windowId: "w-2" })).body["code"]).toBe("forbidden");
  expect((await pause("c1", { windowId: "w-3", targets })).body["code"]).toBe(
    "targets_not_allowed",
  );
  expect((await k.send("POST", "/v1/calls/c1/end", ticket)).status).toBe(403);

  // Lapsed: the window it opened is served until it closes, and no new one is opened.
  time.now += 61_000;
  expect((await pause("c1", { windowId: "w-1" })).status).toBe(200);
  expect((await pause("c1", { windowId: "w-4" })).body["code"]).toBe("token_expired");
  expect((await k.send("POST", "/v1/windows/w-1/renew", ticket)).status).toBe(200);

  // The window is its issuer's: a reload's new ticket, or the key itself, still owns it.
  const closed = await k.send("POST", "/v1/windows/w-1/resume", key);
  expect([closed.status, closed.body["safeToCollect"]]).toEqual([200, false]);
});

test("whoever is turned away from the event stream is entered too", async () => {
  const { k } = await guarded();
  await k.enterDenial({ code: "token_invalid", ip: "192.0.2.9" });
  expect(await k.entries("AccessDenied", "system")).toMatchObject([
    { reason: "token_invalid", origin: { ip: "192.0.2.9" }, detail: { operation: "followEvents" } },
  ]);
});

test("an events ticket, and each that follows from it, knows what its issuer may command", async () => {
  const tickets = ticketOffice({
    secret: new Uint8Array(32).fill(3),
    clock: Date.now,
    callMs: 60_000,
    eventsMs: 60_000,
    windowMsMax: () => 900_000,
  });
  const issuer = {
    tenant: "acme",
    id: "ann",
    kind: "agent",
    owner: "ann",
    agentId: "a-204",
    scopes: new Set(["windows:write", "events:read", "log:read"] as const),
    credential: "jwt",
  } as const;
  const redeemed = async (ticket: string | undefined) => {
    const told = await tickets.redeem(ticket ?? "", "socket");
    if (told.kind !== "good") throw new Error(told.kind);
    return told.principal;
  };
  const first = await redeemed((await tickets.issueEvents(issuer)).ticket);
  const next = await redeemed((await tickets.next(first))?.ticket);
  for (const { scopes, ticket } of [first, next]) {
    expect([...scopes]).toEqual(["events:read"]);
    expect(ticket).toMatchObject({ use: "events", commands: new Set(["windows:write"]) });
  }
});
