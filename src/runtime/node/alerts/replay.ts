/**
 * What the log says that the outbox may not know: an earlier process ended after a change was
 * durable and before its alert was. Run before any call is driven, so that nothing new comes
 * between.
 *
 * @module
 */
import type { CallAlert } from "../../../alerts/alert.ts";
import { type CallName, signalsOf, standingOf, stands } from "../../../alerts/conditions.ts";
import type { CallId, CallState, TenantId } from "../../../control/call.ts";
import { newCall } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import { fold } from "../../../control/evolve.ts";
import { eventOfEntry, isCallEntry } from "../../../log/callEntries.ts";
import type { Entry } from "../../../log/entry.ts";
import type { LogStore } from "../../../log/store.ts";
import type { Courier } from "./courier.ts";
import type { Marks } from "./outboxFile.ts";

/** Entries read at once; the most a store gives. */
const PAGE_COUNT = 1_000;
/** Behind by more than this, a start does not go through each entry: calls are judged as they stand. */
const REPLAY_COUNT_MAX = 20_000;

type Log = Pick<LogStore, "load" | "read" | "size" | "tenants" | "unrested">;

/**
 * Raises what began after the marks, whether it is over by now or not, and closes what is open and
 * no longer so. Without marks (a new outbox), or far behind them, the calls that are not at rest are
 * looked at as they stand. Throws where the log cannot be read.
 */
export async function replay(log: Log, courier: Courier, marks: Marks | undefined): Promise<void> {
  const sizes = log.tenants().map((tenant) => [tenant, log.size(tenant)] as const);
  const behind = sizes.reduce((sum, [tenant, size]) => sum + size - (marks?.get(tenant) ?? 0), 0);
  if (marks === undefined || behind > REPLAY_COUNT_MAX) await raiseStanding(log, courier);
  else {
    for (const [tenant, size] of sizes) {
      const mark = marks.get(tenant) ?? 0;
      if (mark < size) await replayTenant(log, courier, tenant, mark);
    }
  }
  for (const [tenant, size] of sizes) courier.mark(tenant, size);
  await closeOver(log, courier);
}

async function raiseStanding(log: Log, courier: Courier): Promise<void> {
  for (const call of await log.unrested()) await raiseAsItStands(log, courier, call);
}

async function raiseAsItStands(log: Log, courier: Courier, call: CallName): Promise<void> {
  const loaded = await log.load(call.tenant, call.callId);
  for (const alert of standingOf({ ...call, ...loaded })) courier.raise(alert);
}

/** Open alerts of calls whose state is another by now. */
async function closeOver(log: Log, courier: Courier): Promise<void> {
  for (const { alert } of [...courier.outbox.open().values()]) {
    if (!("callId" in alert)) continue;
    const { callId, kind, since, tenant } = alert satisfies CallAlert;
    const { position, state } = await log.load(tenant, callId);
    if (stands(kind, { tenant, callId, state, position })) continue;
    courier.resolve({ kind, tenant, callId }, Math.max(since, state.at));
  }
}

async function replayTenant(
  log: Log,
  courier: Courier,
  tenant: TenantId,
  mark: number,
): Promise<void> {
  const late = new Map<CallId, Entry[]>();
  for await (const entry of entriesOf(log, tenant, {}, mark)) {
    if (entry.callId === undefined || !isCallEntry(entry)) continue;
    const known = late.get(entry.callId);
    if (known === undefined) late.set(entry.callId, [entry]);
    else known.push(entry);
  }
  for (const [callId, entries] of late) {
    const before = await stateBefore(log, { tenant, callId }, entries);
    if (before !== undefined) replayCall(courier, { tenant, callId }, before, entries);
    else await raiseAsItStands(log, courier, { tenant, callId });
  }
}

/** The call as it was before these entries; undefined where its entries do not tell. */
async function stateBefore(
  log: Log,
  { callId, tenant }: CallName,
  late: readonly Entry[],
): Promise<CallState | undefined> {
  const first = late[0]?.position ?? 0;
  const { state } = await log.load(tenant, callId);
  const versionBefore = state.version - late.length;
  if (versionBefore === 0) return newCall;
  const events: CallEvent[] = [];
  for await (const entry of entriesOf(log, tenant, { callId }, 0)) {
    if (entry.position >= first) break;
    if (isCallEntry(entry)) events.push(eventOfEntry(entry));
  }
  return events.length === versionBefore ? fold(events) : undefined;
}

/** What was decided at one moment was one change. */
function replayCall(
  courier: Courier,
  call: CallName,
  before: CallState,
  entries: readonly Entry[],
): void {
  let state = before;
  for (let at = 0; at < entries.length;) {
    const events: CallEvent[] = [];
    let position = 0;
    for (const entry of entries.slice(at)) {
      const event = eventOfEntry(entry);
      if (events[0] !== undefined && events[0].at !== event.at) break;
      events.push(event);
      position = entry.position;
    }
    at += events.length;
    state = fold(events, state);
    for (const signal of signalsOf({ ...call, state, events, position })) courier.signal(signal);
  }
}

async function* entriesOf(
  log: Log,
  tenant: TenantId,
  filter: { readonly callId?: string },
  after: number,
): AsyncGenerator<Entry> {
  for (let from: number | undefined = after; from !== undefined;) {
    const page: Awaited<ReturnType<Log["read"]>> = await log.read(tenant, filter, from, PAGE_COUNT);
    yield* page.entries;
    from = page.next;
  }
}
