/**
 * Who may do what to which call. Pure; every denial has the API's code and says what is missing,
 * never whose the thing is.
 *
 * @module
 */
import type { CallId, CallState, TenantId } from "../control/call.ts";
import { ownsWindow } from "../control/conclude.ts";
import type { Principal, Scope } from "./principal.ts";

export type Action =
  | "pause"
  | "resume"
  | "renew"
  | "register"
  | "move"
  | "end"
  | "name_targets"
  | "read_call"
  | "subscribe"
  | "read_log"
  | "export_log"
  | "read_evidence"
  | "ask_witnesses"
  | "report_sound"
  | "work_incidents"
  | "reconcile"
  | "read_retention"
  | "hold_entries"
  | "operate"
  | "read_recorders"
  | "issue_ticket";

/** What it is about, as far as it is known. */
export interface Subject {
  /** Whose the thing is; absent: the asker's own tenant. */
  readonly tenant?: TenantId;
  readonly callId?: CallId;
  /** The agent the call is registered to, or that the request names. */
  readonly agentId?: string;
}

type Denial = {
  readonly ok: false;
  readonly code:
    | "call_unknown"
    | "forbidden"
    | "scope_missing"
    | "foreign_agent"
    | "targets_not_allowed"
    | "token_expired";
  readonly status: 401 | 403 | 404;
  readonly detail: string;
};
export type Allowed = { readonly ok: true } | Denial;

/** One of these is enough. */
const SCOPES_FOR: Readonly<Record<Action, readonly Scope[]>> = {
  pause: ["windows:write"],
  resume: ["windows:write"],
  renew: ["windows:write"],
  register: ["calls:write"],
  move: ["calls:write"],
  end: ["calls:write"],
  name_targets: ["targets:write"],
  read_call: ["events:read", "windows:write", "calls:write", "log:read", "operate"],
  subscribe: ["events:read"],
  read_log: ["log:read"],
  export_log: ["log:export"],
  read_evidence: ["log:read", "evidence:write", "incidents:write"],
  ask_witnesses: ["evidence:write", "incidents:write"],
  report_sound: ["evidence:write"],
  work_incidents: ["incidents:write"],
  reconcile: ["evidence:write", "incidents:write"],
  read_retention: ["log:read", "retention:write", "operate"],
  hold_entries: ["retention:write"],
  operate: ["operate"],
  read_recorders: ["operate", "log:read", "calls:write"],
  issue_ticket: ["tickets:issue"],
};

/** What an agent does only to calls registered to them. */
const OF_A_CALL = new Set<Action>([
  "pause",
  "resume",
  "renew",
  "register",
  "move",
  "end",
  "read_call",
]);
/** What recordings tell, and what is done about it, is for those who answer for the calls. */
const NOT_FOR_AGENTS = new Set<Action>([
  "read_evidence",
  "ask_witnesses",
  "report_sound",
  "work_incidents",
  "reconcile",
  "read_retention",
  "hold_entries",
]);
const CALL_TICKET = new Set<Action>(["pause", "resume", "renew", "read_call"]);
/** What a call ticket still does after its time, for the window it opened while it was good. */
const LAPSED_TICKET = new Set<Action>(["resume", "renew", "read_call"]);

const ALLOWED: Allowed = { ok: true };
const denied = (code: Denial["code"], detail: string, status: Denial["status"] = 403): Denial => ({
  ok: false,
  code,
  status,
  detail,
});

export function may(principal: Principal, action: Action, subject: Subject = {}): Allowed {
  // Another tenant's things are not forbidden: there are none.
  if (subject.tenant !== undefined && subject.tenant !== principal.tenant) {
    return denied("call_unknown", "No call of this id is registered.", 404);
  }
  if (action === "name_targets") {
    const never = principal.kind === "agent" || principal.credential === "ticket";
    if (never) return denied("targets_not_allowed", "Agents and tickets never name targets.");
  }
  const byTicket = ticketAllows(principal, action, subject);
  if (!byTicket.ok) return byTicket;
  const scopes = SCOPES_FOR[action];
  if (!scopes.some((scope) => principal.scopes.has(scope))) {
    const code = action === "name_targets" ? "targets_not_allowed" : "scope_missing";
    return denied(code, `This needs the scope ${scopes.join(" or ")}.`);
  }
  return agentAllows(principal, action, subject);
}

function ticketAllows({ ticket }: Principal, action: Action, subject: Subject): Allowed {
  if (ticket === undefined) return ALLOWED;
  if (ticket.use === "events") {
    return action === "subscribe"
      ? ALLOWED
      : denied("forbidden", "An events ticket is for watching events only.");
  }
  if (!CALL_TICKET.has(action)) {
    return denied("forbidden", "A call ticket is for pause, renew and resume only.");
  }
  if (subject.callId !== ticket.callId) {
    return denied("forbidden", "A call ticket serves the one call it was issued for.");
  }
  return ticket.lapsed === true && !LAPSED_TICKET.has(action)
    ? denied("token_expired", "This ticket opens no more windows.", 401)
    : ALLOWED;
}

function agentAllows(principal: Principal, action: Action, { agentId }: Subject): Allowed {
  if (principal.kind !== "agent") return ALLOWED;
  if (NOT_FOR_AGENTS.has(action)) {
    return denied("forbidden", "Evidence and incidents are not for agents.");
  }
  const own = principal.agentId;
  if (own === undefined) return denied("foreign_agent", "This agent's credential names no agent.");
  if (OF_A_CALL.has(action) && agentId !== own) {
    return denied("foreign_agent", "An agent acts only on calls registered to them.");
  }
  if (action === "issue_ticket" && agentId !== undefined && agentId !== own) {
    return denied("foreign_agent", "An agent asks for tickets only for themselves.");
  }
  return ALLOWED;
}

/** Whether events of this call are for this principal's eyes. */
export function maySee(principal: Principal, state: Pick<CallState, "agentId">): boolean {
  const own = principal.kind !== "agent" || state.agentId === principal.agentId;
  return own && may(principal, "subscribe").ok;
}

/** Whether this principal is told which recorders are down. An agent's calls say enough. */
export function maySeeRecorders(principal: Principal): boolean {
  return principal.kind !== "agent" && may(principal, "subscribe").ok;
}

/** What a principal may do with a call now, in the words of the event stream. */
export type Can = "pause" | "resume" | "renew" | "move" | "end";

/**
 * The commands that would not be turned down for who asks, or for what state the call is in. An
 * events ticket gives none itself: told are those of whoever it was issued to, whose server gives
 * them.
 */
export function canOf(asker: Principal, callId: CallId, state: CallState): readonly Can[] {
  const { ticket, ...issuer } = asker;
  const principal =
    ticket?.use === "events" ? { ...issuer, scopes: ticket.commands ?? new Set<Scope>() } : asker;
  if (state.endingAt !== undefined || state.endedAt !== undefined) return [];
  const { tenant } = principal;
  const agent = state.agentId === undefined ? {} : { agentId: state.agentId };
  const subject: Subject = { tenant, callId, ...agent };
  const open = Object.values(state.windows).filter((window) => window.state === "open");
  const owns = open.some((window) => ownsWindow(window, principal));
  const closes = principal.kind === "supervisor" && open.length > 0;
  const now: Readonly<Record<Can, boolean>> = {
    pause: true,
    resume: owns || closes,
    renew: owns,
    move: true,
    end: true,
  };
  return (["pause", "resume", "renew", "move", "end"] as const).filter(
    (command) => now[command] && may(principal, command, subject).ok,
  );
}
