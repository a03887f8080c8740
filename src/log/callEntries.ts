/**
 * A call's events as entries of the control log, and back: nothing is lost, so the log is the
 * state store.
 *
 * @module
 */
import type { Actor, CallId, EpochMs, Json, TenantId } from "../control/call.ts";
import { SYSTEM } from "../control/call.ts";
import type { CallEvent } from "../control/events.ts";
import type { Entry, EntryDraft } from "./entry.ts";

type Members = Readonly<Record<string, Json>>;

/**
 * Where a fact came in: a request, tacet's own loops, the spool of a start after a log failure, or
 * the log before this one.
 */
export type Component = "api" | "core" | "spool" | "restore";

/** The event's members that entries have at their top level stay there; the rest is `detail`. */
export function draftOfEvent(
  tenant: TenantId,
  callId: CallId,
  event: CallEvent,
  component: Component = event.by === undefined ? "core" : "api",
): EntryDraft {
  const { type, at, by, ...facts } = event;
  const { windowId, recorderId, reason, ...rest } = facts as Members;
  const recorder = event.type === "TapAdded" ? event.tap.recorderId : recorderId;
  const detail = { ...rest, ...issuer(by) };
  return {
    at,
    tenant,
    type,
    callId,
    ...(windowId === undefined ? {} : { windowId: windowId as string }),
    ...(recorder === undefined ? {} : { recorderId: recorder as string }),
    actor: actorOf(by ?? SYSTEM),
    origin: { component, ...(by?.ip === undefined ? {} : { ip: by.ip }) },
    outcome: outcomeOf(event),
    ...(reason === undefined ? {} : { reason: reason as string }),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}

/** The event an entry was made from. Only for entries of calls (`isCallEntry`). */
export function eventOfEntry(entry: Entry): CallEvent {
  const { at, by: issuer, ...rest } = entry.detail ?? {};
  const own = entry.type === "TapAdded" ? undefined : entry.recorderId;
  const by = actorOfEntry(entry, issuer as Members | undefined);
  return {
    ...rest,
    type: entry.type,
    // The event's own moment, where the entry's had to be later.
    at: at ?? entry.at,
    ...(by === undefined ? {} : { by }),
    ...(entry.windowId === undefined ? {} : { windowId: entry.windowId }),
    ...(own === undefined ? {} : { recorderId: own }),
    ...(entry.reason === undefined ? {} : { reason: entry.reason }),
  } as unknown as CallEvent;
}

/** An entry that is one of a call's events; others may name a call too. */
export function isCallEntry(entry: Entry): boolean {
  return entry.callId !== undefined && CALL_TYPES.has(entry.type);
}

/** A record over the union, so that an event this list does not know fails to compile. */
const CALL_EVENTS: Readonly<Record<CallEvent["type"], true>> = {
  CallRegistered: true,
  CallMoved: true,
  TapAdded: true,
  TapLeaving: true,
  TapReleased: true,
  TapBaselined: true,
  WindowOpened: true,
  WindowRenewed: true,
  WindowClosed: true,
  WindowForestalled: true,
  WindowExpired: true,
  WindowReleased: true,
  RecorderReported: true,
  RecorderFailed: true,
  ConfirmationOverdue: true,
  ConfirmationLapsed: true,
  CallEnding: true,
  CallEnded: true,
};
const CALL_TYPES: ReadonlySet<string> = new Set(Object.keys(CALL_EVENTS));

function actorOf(by: Actor): Entry["actor"] {
  return { id: by.id, kind: by.kind, ...(by.client === undefined ? {} : { client: by.client }) };
}

/** What an entry's actor has no room for. The issuer is often the principal itself. */
function issuer(by: Actor | undefined): { by?: { owner?: string; agentId?: string } } {
  if (by === undefined) return {};
  const owner = by.owner === by.id ? {} : { owner: by.owner };
  const agentId = by.agentId === undefined ? {} : { agentId: by.agentId };
  const both = { ...owner, ...agentId };
  return Object.keys(both).length === 0 ? {} : { by: both };
}

function actorOfEntry(entry: Entry, issuer: Members | undefined): Actor | undefined {
  const { id, kind, client } = entry.actor;
  if (id === SYSTEM.id && kind === SYSTEM.kind) return undefined;
  const { ip } = entry.origin;
  return {
    id,
    kind,
    owner: (issuer?.owner as string | undefined) ?? id,
    ...(issuer?.agentId === undefined ? {} : { agentId: issuer.agentId as string }),
    ...(client === undefined ? {} : { client }),
    ...(ip === undefined ? {} : { ip }),
  };
}

/** `failure`: something that should have been so is not. A recorder's own word is in `detail`. */
function outcomeOf(event: CallEvent): "success" | "failure" {
  const failed =
    event.type === "RecorderFailed" ||
    event.type === "ConfirmationOverdue" ||
    event.type === "ConfirmationLapsed" ||
    (event.type === "TapBaselined" && event.status === "unknown") ||
    (event.type === "CallEnded" && event.outstanding.length > 0);
  return failed ? "failure" : "success";
}

/** The draft with an `at` that does not go back; a call event's own moment goes into `detail`. */
export function notBefore(draft: EntryDraft, lastAt: EpochMs): EntryDraft {
  if (draft.at >= lastAt) return draft;
  return { ...draft, at: lastAt, detail: { ...draft.detail, at: draft.at } };
}
