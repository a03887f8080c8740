/**
 * What is known before a pause, without waiting for the log longer than a pause may.
 *
 * @module
 */
import type { CallId, CallState, TenantId } from "./call.ts";
import type { Before, CallsOfAgent, CallView } from "./calls.ts";
import type { Clock } from "./ports.ts";
import { within } from "./within.ts";

/** Sessions kept in memory; calls at rest beyond it are read from the log when asked for. */
export const SESSION_COUNT_MAX = 50_000;
/** Calls of one agent that are looked at: with two live ones a pause is ambiguous anyway. */
export const AGENT_CALL_COUNT_MAX = 100;

export const isLiveOf = (state: CallState, agentId: string | undefined): boolean =>
  state.endedAt === undefined && (agentId === undefined || state.agentId === agentId);

export async function knownBefore(
  clock: Clock,
  ms: number,
  viewed: Promise<CallView>,
  looked: Promise<CallId | undefined>,
): Promise<Before> {
  const [view, holder] = await Promise.all([within(clock, ms, viewed), within(clock, ms, looked)]);
  const isHeld = holder.kind === "in_time" && holder.value !== undefined;
  const held = isHeld ? { holder: holder.value } : {};
  if (view.kind !== "in_time") return { kind: "log_unavailable", ...held };
  const known = view.value.state.version > 0 ? { view: view.value } : {};
  return { kind: "known", ...known, ...held };
}

/** Where the log cannot say in time, the calls in memory are what a pause can go by. */
export async function knownOfAgent(
  clock: Clock,
  ms: number,
  { agentId, tenant }: { readonly tenant: TenantId; readonly agentId: string },
  listed: Promise<readonly CallView[]>,
  inMemory: () => readonly CallView[],
): Promise<CallsOfAgent> {
  const found = await within(clock, ms, listed);
  if (found.kind === "in_time") return { views: found.value, isWhole: true };
  const views = inMemory().filter((view) => view.tenant === tenant);
  return { views: views.filter(({ state }) => isLiveOf(state, agentId)), isWhole: false };
}
