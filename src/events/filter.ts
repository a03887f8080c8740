/**
 * Which calls a subscriber asked for.
 *
 * @module
 */
import type { CallId, CallState } from "../control/call.ts";

/** Joined by OR; the attributes inside `where` by AND. An empty filter matches nothing. */
export interface Filter {
  readonly calls: ReadonlySet<CallId>;
  readonly agents: ReadonlySet<string>;
  readonly where: Readonly<Record<string, string>>;
  readonly all: boolean;
}

export const NOTHING: Filter = { calls: new Set(), agents: new Set(), where: {}, all: false };

export function filterOf(asked: {
  readonly calls?: readonly string[] | undefined;
  readonly agents?: readonly string[] | undefined;
  readonly where?: Readonly<Record<string, string>> | undefined;
  readonly all?: boolean | undefined;
}): Filter {
  return {
    calls: new Set(asked.calls),
    agents: new Set(asked.agents),
    where: asked.where ?? {},
    all: asked.all ?? false,
  };
}

export function matches(filter: Filter, callId: CallId, state: CallState): boolean {
  if (filter.all || filter.calls.has(callId)) return true;
  if (state.agentId !== undefined && filter.agents.has(state.agentId)) return true;
  const where = Object.entries(filter.where);
  return where.length > 0 && where.every(([name, value]) => state.attributes[name] === value);
}

/** Asks for the same calls, whatever the order of its members. */
export function sameFilter(a: Filter, b: Filter): boolean {
  return (
    a.all === b.all &&
    sameSet(a.calls, b.calls) &&
    sameSet(a.agents, b.agents) &&
    sameRecord(a.where, b.where)
  );
}

/** Only single calls and agents are named, so the hub can find this subscriber by them. */
export function isNarrow(filter: Filter): boolean {
  return !filter.all && Object.keys(filter.where).length === 0;
}

export function sameRecord(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}
