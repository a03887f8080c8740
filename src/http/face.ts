/**
 * What every noun's handlers share: the given parts, the bounded entries, the window ids that
 * requests in progress are using, and the question of who may.
 *
 * @module
 */
import type { CallId, TenantId, WindowId } from "../control/call.ts";
import type { CallView } from "../control/calls.ts";
import { boundedEntries, type BoundedEntries } from "./bounded.ts";
import type { Asked } from "./asked.ts";
import { may, type Action } from "../policy/access.ts";
import { DEFAULT_LIMITS, type HttpDeps, type Limits } from "./deps.ts";
import { accessDenied } from "./facts.ts";
import { createGate, type Gate } from "./gate.ts";
import { headsOf, type Heads } from "./heads.ts";
import type { Problem } from "./problem.ts";
import { receiptsOf, type Receipts } from "./receipts.ts";

export interface Face extends HttpDeps {
  readonly limits: Limits;
  readonly gate: Gate;
  readonly entries: BoundedEntries;
  readonly reserved: Reserved;
  readonly heads: Heads;
  readonly receipts: Receipts;
}

export function faceOf(deps: HttpDeps): Face {
  const entries = boundedEntries(deps.log, deps.clock, () =>
    deps.logger.error({}, "a fact of the http face could not be entered"),
  );
  const { clock, metrics } = deps;
  const gate = deps.gate ?? createGate({ clock, metrics });
  const limits = deps.limits ?? DEFAULT_LIMITS;
  const [heads, receipts] = [headsOf(deps.log), receiptsOf(deps.log)];
  return { ...deps, limits, gate, entries, heads, receipts, reserved: reservedIds() };
}

/**
 * Window ids that a pause in progress is using, so that two calls asked for at once cannot both
 * take one id between the directory's answer and the durable entry.
 */
interface Reserved {
  /** False where another call's pause in progress has it. */
  take(tenant: TenantId, windowId: WindowId, callId: CallId): boolean;
  give(tenant: TenantId, windowId: WindowId): void;
}

const keyOf = (tenant: TenantId, windowId: WindowId): string => `${tenant}\n${windowId}`;

function reservedIds(): Reserved {
  const taken = new Map<string, { readonly callId: CallId; users: number }>();
  return {
    take(tenant, windowId, callId) {
      const key = keyOf(tenant, windowId);
      const holder = taken.get(key);
      if (holder === undefined) {
        taken.set(key, { callId, users: 1 });
        return true;
      }
      if (holder.callId !== callId) return false;
      holder.users += 1;
      return true;
    },
    give(tenant, windowId) {
      const key = keyOf(tenant, windowId);
      const holder = taken.get(key);
      if (holder === undefined) return;
      holder.users -= 1;
      if (holder.users === 0) taken.delete(key);
    },
  };
}

/** Undefined where it is allowed. A denial is entered before it is told. */
export async function denied(
  face: Face,
  asked: Asked<unknown, unknown>,
  action: Action,
  subject: { readonly callId?: CallId; readonly agentId?: string | undefined } = {},
): Promise<Problem | undefined> {
  const { callId, agentId } = subject;
  const allowed = may(asked.principal, action, {
    ...(callId === undefined ? {} : { callId }),
    ...(agentId === undefined ? {} : { agentId }),
  });
  if (allowed.ok) return undefined;
  await face.entries.enter(accessDenied(asked, allowed.code, action, callId));
  return { code: allowed.code, detail: allowed.detail, status: allowed.status };
}

/**
 * What is told of a call or window that is not there. Whoever could not have acted on it either is
 * told that, as they would be of one that is there.
 */
export async function notThere(
  face: Face,
  asked: Asked<unknown, unknown>,
  action: Action,
  problem: Problem,
  callId?: CallId,
): Promise<Problem> {
  const { agentId, ticket } = asked.principal;
  const own = callId ?? (ticket?.use === "call" ? ticket.callId : undefined);
  const subject = { ...(own === undefined ? {} : { callId: own }), agentId };
  return (await denied(face, asked, action, subject)) ?? problem;
}

export const subjectOf = (view: CallView) => ({
  callId: view.callId,
  agentId: view.state.agentId,
});
