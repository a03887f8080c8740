/**
 * A control log in memory, for tests and simulations: every promise of a store but durability.
 *
 * @module
 */
import type { CallId, CallState, TenantId, WindowId } from "../control/call.ts";
import { newCall } from "../control/call.ts";
import { evolve, fold } from "../control/evolve.ts";
import { isAtRest } from "../control/conclude.ts";
import { draftOfEvent, eventOfEntry, isCallEntry } from "./callEntries.ts";
import { signCheckpoint } from "./checkpoint.ts";
import type { Entry, EntryDraft } from "./entry.ts";
import { matches } from "./filter.ts";
import { signerOf } from "./note.ts";
import { type LogEnd, type Sealed, emptyLog, sealAll } from "./seal.ts";
import type { LogStore } from "./store.ts";
import { TILE_WIDTH, packBundle, packHashes } from "./tiles.ts";
import { joined } from "./tilesProof.ts";
import { rootOf } from "./tree.ts";

interface TenantLog {
  end: LogEnd;
  readonly sealed: Sealed[];
  readonly calls: Map<CallId, { state: CallState; position: number }>;
  readonly windows: Map<WindowId, CallId>;
}

/** `fail` in the returned store makes writes fail until it is called with false. */
export function memoryLog(options: {
  readonly originBase: string;
  readonly clock: () => number;
}): LogStore & { fail(failing: boolean): void } {
  const logs = new Map<TenantId, TenantLog>();
  // A fixed key: a log that is gone with its process proves nothing to anybody.
  const seed = new Uint8Array(32).fill(7);
  const signed = new Map<TenantId, string>();
  let failing = false;

  const origin = (tenant: TenantId) => `${options.originBase}/${tenant}`;
  function logOf(tenant: TenantId): TenantLog {
    const known = logs.get(tenant);
    if (known !== undefined) return known;
    const log = { end: emptyLog, sealed: [], calls: new Map(), windows: new Map() };
    logs.set(tenant, log);
    return log;
  }
  function write(tenant: TenantId, drafts: readonly EntryDraft[]): number[] {
    const log = logOf(tenant);
    const { sealed, end } = sealAll(drafts, log.end, "unknown");
    log.sealed.push(...sealed);
    log.end = end;
    for (const { entry } of sealed) {
      if (entry.windowId !== undefined && entry.callId !== undefined && isCallEntry(entry)) {
        log.windows.set(entry.windowId, entry.callId);
      }
    }
    return sealed.map(({ entry }) => entry.position);
  }
  const callsOf = (tenant: TenantId) => [...(logs.get(tenant)?.calls ?? [])];

  return {
    fail(value) {
      failing = value;
    },
    async append(tenant, callId, expectedVersion, events) {
      if (failing) return { kind: "failed", detail: "the log was told to fail" };
      const known = logOf(tenant).calls.get(callId) ?? { state: newCall, position: 0 };
      if (known.state.version !== expectedVersion) return { kind: "conflict" };
      const positions = write(
        tenant,
        events.map((event) => draftOfEvent(tenant, callId, event)),
      );
      const state = events.reduce(evolve, known.state);
      logOf(tenant).calls.set(callId, { state, position: positions.at(-1) ?? known.position });
      return { kind: "appended", positions };
    },
    async load(tenant, callId) {
      const entries = (logs.get(tenant)?.sealed ?? [])
        .map(({ entry }) => entry)
        .filter((entry) => entry.callId === callId && isCallEntry(entry));
      const position = entries.at(-1)?.position ?? 0;
      return { state: fold(entries.map(eventOfEntry)), position };
    },
    async spool() {},
    async unrested() {
      return [...logs.keys()].flatMap((tenant) =>
        callsOf(tenant)
          .filter(([, { state }]) => !isAtRest(state))
          .map(([callId]) => ({ tenant, callId })),
      );
    },
    async live(tenant, limit, first, agentId) {
      const sign = first === "newest" ? -1 : 1;
      return callsOf(tenant)
        .filter(([, { state }]) => state.endedAt === undefined)
        .filter(([, { state }]) => agentId === undefined || state.agentId === agentId)
        .toSorted(([, a], [, b]) => sign * (a.position - b.position))
        .slice(0, limit)
        .map(([callId]) => callId);
    },
    async callOfWindow(tenant, windowId) {
      return logs.get(tenant)?.windows.get(windowId);
    },
    async enter(drafts) {
      if (failing) return { kind: "failed", detail: "the log was told to fail" };
      return {
        kind: "entered",
        positions: drafts.flatMap((draft) => write(draft.tenant, [draft])),
      };
    },
    async read(tenant, filter, after, limit) {
      const all = logs.get(tenant)?.sealed ?? [];
      const found: Entry[] = all
        .slice(Math.max(0, after))
        .map(({ entry }) => entry)
        .filter((entry) => matches(entry, filter));
      const entries = found.slice(0, limit);
      const next = found.length > limit ? entries.at(-1)?.position : undefined;
      return { entries, indexedTo: all.length, ...(next === undefined ? {} : { next }) };
    },
    async readBack(tenant, filter, before, limit) {
      const all = logs.get(tenant)?.sealed ?? [];
      const found: Entry[] = all
        .slice(0, Math.max(0, before - 1))
        .map(({ entry }) => entry)
        .filter((entry) => matches(entry, filter))
        .toReversed();
      const entries = found.slice(0, limit);
      const next = found.length > limit ? entries.at(-1)?.position : undefined;
      return { entries, indexedTo: all.length, ...(next === undefined ? {} : { next }) };
    },
    async checkpoint(tenant) {
      const { tree } = logs.get(tenant)?.end ?? emptyLog;
      const head = { size: tree.size, root: rootOf(tree) };
      const note = await signCheckpoint(head, await signerOf(origin(tenant), seed));
      signed.set(tenant, note);
      return note;
    },
    signedHead: async (tenant) => signed.get(tenant),
    async hashes(tenant, level, from, count) {
      const leaves = (logs.get(tenant)?.sealed ?? []).map(({ leaf }) => leaf);
      const span = TILE_WIDTH ** level;
      const have = Math.min(from + count, Math.floor(leaves.length / span));
      const indexes = Array.from({ length: Math.max(0, have - from) }, (_, index) => from + index);
      const rootAt = (index: number) => joined(leaves.slice(index * span, (index + 1) * span));
      return packHashes(indexes.map(rootAt));
    },
    async bundle(tenant, from, count) {
      const sealed = (logs.get(tenant)?.sealed ?? []).slice(from, from + count);
      return packBundle(sealed.map(({ bytes }) => bytes));
    },
    origin,
    size: (tenant) => logs.get(tenant)?.sealed.length ?? 0,
    prunedTo: () => 0,
    tenants: () => [...logs.keys()],
    healthy: () => !failing,
    async close() {},
  };
}
