import { describe, expect, test } from "vitest";
import { newCall, type CallState, type Window } from "../../src/control/call.ts";
import { canOf, may, maySee, type Action } from "../../src/policy/access.ts";
import { SCOPES, type Principal, type Scope } from "../../src/policy/principal.ts";

const ACTIONS: readonly Action[] = [
  "pause",
  "resume",
  "renew",
  "register",
  "move",
  "end",
  "name_targets",
  "read_call",
  "subscribe",
  "read_log",
  "export_log",
  "operate",
  "read_recorders",
  "issue_ticket",
];

const principal = (change: Partial<Principal>): Principal => ({
  tenant: "acme",
  id: "p",
  kind: "payment",
  owner: "api_key:p",
  scopes: new Set(SCOPES),
  credential: "api_key",
  ...change,
});
const agent = principal({ kind: "agent", id: "ann", agentId: "a-204", credential: "jwt" });
const callTicket = principal({
  credential: "ticket",
  ticket: { use: "call", id: "t", callId: "c-1" },
});
const lapsed = principal({
  credential: "ticket",
  ticket: { use: "call", id: "t", callId: "c-1", lapsed: true },
});
const eventsTicket = principal({ credential: "ticket", ticket: { use: "events", id: "t" } });
const own = { callId: "c-1", agentId: "a-204" };

describe("with every scope", () => {
  const all = ACTIONS;
  const noTargets = ACTIONS.filter((action) => action !== "name_targets");
  const call: readonly Action[] = ["pause", "resume", "renew", "read_call"];
  const ofNoCall: readonly Action[] = [
    "subscribe",
    "read_log",
    "export_log",
    "operate",
    "read_recorders",
  ];
  test.each<[string, Principal, object, readonly Action[]]>([
    ["a payment system", principal({}), own, all],
    ["a supervisor", principal({ kind: "supervisor" }), own, all],
    ["a CTI link", principal({ kind: "cti" }), own, all],
    ["an auditor", principal({ kind: "auditor" }), own, all],
    ["an operator", principal({ kind: "operator" }), own, all],
    ["an agent, on their own call,", agent, own, noTargets],
    ["an agent, on another's call,", agent, { ...own, agentId: "a-9" }, ofNoCall],
    ["an agent, on nobody's call,", agent, { callId: "c-1" }, [...ofNoCall, "issue_ticket"]],
    ["an agent nobody named", principal({ kind: "agent" }), own, []],
    ["a call ticket, on its call,", callTicket, own, call],
    ["a call ticket, on another call,", callTicket, { ...own, callId: "c-2" }, []],
    ["a call ticket, on no call,", callTicket, {}, []],
    ["a call ticket after its time", lapsed, own, ["resume", "renew", "read_call"]],
    ["an events ticket", eventsTicket, own, ["subscribe"]],
  ])("%s may do exactly this", (_, who, subject, allowed) => {
    expect(ACTIONS.filter((action) => may(who, action, subject).ok)).toEqual(
      ACTIONS.filter((action) => allowed.includes(action)),
    );
  });

  test.each([principal({}), principal({ kind: "supervisor" }), agent, callTicket, eventsTicket])(
    "nobody learns that another tenant's call exists",
    (who) => {
      for (const action of ACTIONS) {
        const answer = may(who, action, { ...own, tenant: "other" });
        expect(answer).toMatchObject({ ok: false, code: "call_unknown", status: 404 });
      }
    },
  );
});

describe("a scope", () => {
  test.each<[Action, readonly string[]]>([
    ["pause", ["windows:write"]],
    ["resume", ["windows:write"]],
    ["renew", ["windows:write"]],
    ["register", ["calls:write"]],
    ["move", ["calls:write"]],
    ["end", ["calls:write"]],
    ["name_targets", ["targets:write"]],
    ["read_call", ["calls:write", "windows:write", "events:read", "log:read", "operate"]],
    ["subscribe", ["events:read"]],
    ["read_log", ["log:read"]],
    ["export_log", ["log:export"]],
    ["operate", ["operate"]],
    ["read_recorders", ["calls:write", "log:read", "operate"]],
    ["issue_ticket", ["tickets:issue"]],
  ])("for %s is needed, and is enough", (action, scopes) => {
    for (const scope of SCOPES) {
      const answer = may(principal({ scopes: new Set([scope]) }), action, own);
      expect(answer.ok).toBe(scopes.includes(scope));
    }
    expect(may(principal({ scopes: new Set() }), action, own)).toMatchObject({ status: 403 });
  });

  test("that is missing is named", () => {
    const answer = may(principal({ scopes: new Set() }), "pause", own);
    expect(answer).toMatchObject({
      code: "scope_missing",
      detail: expect.stringContaining("windows:write") as string,
    });
  });
});

const window = (change: Partial<Window>): Window => ({
  owner: "api_key:p",
  openedAt: 0,
  expiresAt: 1,
  expiresAtMax: 1,
  state: "open",
  ...change,
});
const state = (change: Partial<CallState>): CallState => ({
  ...newCall,
  agentId: "a-204",
  ...change,
});

describe("what the event stream offers", () => {
  test("follows the windows: their owner, their agent and supervisors close them", () => {
    const foreign = state({ windows: { w: window({ owner: "somebody" }) } });
    const mine = state({ windows: { w: window({}) } });
    const passed = state({ windows: { w: window({ owner: "x", agentId: "a-204" }) } });
    const closed = state({ windows: { w: window({ state: "closed" }) } });
    expect(canOf(principal({}), "c-1", foreign)).toEqual(["pause", "move", "end"]);
    expect(canOf(principal({}), "c-1", closed)).toEqual(["pause", "move", "end"]);
    expect(canOf(principal({}), "c-1", mine)).toEqual(["pause", "resume", "renew", "move", "end"]);
    expect(canOf(callTicket, "c-1", mine)).toEqual(["pause", "resume", "renew"]);
    expect(canOf(agent, "c-1", passed)).toEqual(["pause", "resume", "renew", "move", "end"]);
    expect(canOf(principal({ kind: "supervisor" }), "c-1", foreign)).toContain("resume");
    expect(canOf(principal({ kind: "supervisor" }), "c-1", foreign)).not.toContain("renew");
  });

  test("is with an events ticket what whoever asked for it may command, and no more", () => {
    const mine = state({ windows: { w: window({}) } });
    const ticket = (...commands: Scope[]) =>
      principal({
        credential: "ticket",
        scopes: new Set(["events:read"]),
        ticket: { use: "events", id: "t", until: 1, commands: new Set(commands) },
      });
    expect(canOf(ticket("windows:write"), "c-1", mine)).toEqual(["pause", "resume", "renew"]);
    expect(canOf(ticket(), "c-1", mine)).toEqual([]);
    expect(may(ticket("windows:write"), "pause", own)).toMatchObject({ code: "forbidden" });
  });

  test("is nothing once the call ends, nor on a foreign agent's call", () => {
    expect(canOf(principal({}), "c-1", state({ endingAt: 5 }))).toEqual([]);
    expect(canOf(principal({}), "c-1", state({ endedAt: 5 }))).toEqual([]);
    expect(canOf(agent, "c-1", state({ agentId: "a-9" }))).toEqual([]);
  });

  test("is shown to an agent for their own calls only", () => {
    expect(maySee(agent, state({}))).toBe(true);
    expect(maySee(agent, state({ agentId: "a-9" }))).toBe(false);
    expect(maySee(eventsTicket, state({ agentId: "a-9" }))).toBe(true);
    expect(maySee(callTicket, state({}))).toBe(false);
  });
});
