/**
 * The facts this face enters by itself: who was turned away, what was refused as cardholder data,
 * and who read the log.
 *
 * @module
 */
import type { Actor, Json, TenantId } from "../control/call.ts";
import { SYSTEM_TENANT } from "../log/store.ts";
import type { Draft } from "./bounded.ts";
import type { EventsDenial } from "./events.ts";

const COMPONENT = "http";

interface Who {
  readonly tenant: TenantId;
  readonly by: Actor;
}

const draft = (who: Who, rest: Pick<Draft, "type" | "outcome"> & Partial<Draft>): Draft => ({
  tenant: who.tenant,
  actor: {
    id: who.by.id,
    kind: who.by.kind,
    ...(who.by.client === undefined ? {} : { client: who.by.client }),
  },
  origin: { component: COMPONENT, ...(who.by.ip === undefined ? {} : { ip: who.by.ip }) },
  ...rest,
});

/** `operation` names the route; never the address asked for, which may hold anything. */
export const accessDenied = (who: Who, reason: string, operation: string, callId?: string): Draft =>
  draft(who, {
    type: "AccessDenied",
    outcome: "denied",
    reason,
    detail: { operation },
    ...(callId === undefined ? {} : { callId }),
  });

/** Only where it was: the value itself must never reach the log. */
export const cardholderDataRefused = (who: Who, operation: string, path: string): Draft =>
  draft(who, { type: "CardholderDataRefused", outcome: "refused", detail: { operation, path } });

export const logRead = (
  who: Who,
  what:
    | "entries"
    | "history"
    | "checkpoint"
    | "tiles"
    | "bundles"
    | "receipts"
    | "evidence"
    | "incidents"
    | "retention",
  filter: { readonly [name: string]: Json },
): Draft => draft(who, { type: "LogRead", outcome: "read", reason: what, detail: { filter } });

/** Somebody has a call's recorders asked what they recorded. */
export const witnessesAsked = (who: Who, callId: string): Draft =>
  draft(who, { type: "WitnessesAsked", outcome: "success", callId });

/** Somebody whose credential was not accepted: nothing is known of them but where they came from. */
export function stranger(
  tenant: TenantId | undefined,
  ip: string | undefined,
  client: string | undefined,
): Who {
  return {
    tenant: tenant ?? SYSTEM_TENANT,
    by: {
      id: "unauthenticated",
      kind: "system",
      owner: "",
      ...(ip === undefined ? {} : { ip }),
      ...(client === undefined ? {} : { client }),
    },
  };
}

/** Turned away from the event stream. */
export function eventsDenied({ code, ip, principal, tenant }: EventsDenial): Draft {
  if (principal === undefined) {
    return accessDenied(stranger(tenant, ip, undefined), code, "followEvents");
  }
  const { agentId, id, kind, owner } = principal;
  const by = {
    id,
    kind,
    owner,
    ...(agentId === undefined ? {} : { agentId }),
    ...(ip === undefined ? {} : { ip }),
  };
  return accessDenied({ tenant: principal.tenant, by }, code, "followEvents");
}
