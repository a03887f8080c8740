/**
 * How long entries are kept: the entries that say what was pruned, and those that place and lift legal
 * holds. Pruning takes the bytes of entries that are old enough; their hashes stay, and with them the
 * tree, so that every signed head can still be checked.
 *
 * @module
 */
import type { Actor, EpochMs, TenantId } from "../control/call.ts";
import type { Entry, EntryDraft } from "./entry.ts";

const PRUNED = "EntriesPruned";
const PLACED = "LegalHoldPlaced";
const LIFTED = "LegalHoldLifted";
export const LEGAL_HOLD_TYPES = [PLACED, LIFTED] as const;

/**
 * Entries that stay with their bytes, however old: who may sign, whose place the log took, and what was
 * pruned and held. Without them the rest could not be judged.
 */
const KEPT_TYPES: ReadonlySet<string> = new Set([
  "KeyRotated",
  "LogRestored",
  PRUNED,
  PLACED,
  LIFTED,
]);

export const isKept = ({ type }: Pick<Entry, "type">): boolean => KEPT_TYPES.has(type);

/** Entries `from` to `to` were allowed to be erased: every one was entered before `olderThan`. */
export interface Pruning {
  readonly from: number;
  readonly to: number;
  /** What the configuration asked for, in calendar months. */
  readonly months: number;
  readonly olderThan: EpochMs;
  /** Those among them that stay with all they say; absent where none do. */
  readonly kept?: readonly number[];
}

export function pruningDraft(tenant: TenantId, at: EpochMs, pruning: Pruning): EntryDraft {
  return {
    at,
    tenant,
    type: PRUNED,
    actor: { id: "tacet", kind: "system" },
    origin: { component: "retention" },
    outcome: "success",
    detail: { ...pruning },
  };
}

/** Up to which position this entry says that entries may be gone; undefined for any other entry. */
export function prunedToOf(entry: Entry): number | undefined {
  const to = entry.type === PRUNED ? entry.detail?.["to"] : undefined;
  return typeof to === "number" ? to : undefined;
}

function keptOf({ detail }: Entry): readonly number[] {
  const kept = detail?.["kept"];
  return Array.isArray(kept) ? kept.filter((one) => typeof one === "number") : [];
}

/** While it stands, nothing from `firstKept` on is pruned. */
export interface LegalHold {
  readonly holdId: string;
  readonly placedAt: EpochMs;
  readonly by: string;
  readonly reason: string;
  /** Position of the first entry that is kept. */
  readonly firstKept: number;
  /** What it was placed on: a call, or everything since a moment; neither: all there was. */
  readonly callId?: string;
  readonly since?: EpochMs;
}

interface Order {
  readonly at: EpochMs;
  readonly tenant: TenantId;
  readonly by: Actor;
  readonly reason: string;
}

const ordered = ({ at, by, reason, tenant }: Order, type: string): EntryDraft => ({
  at,
  tenant,
  type,
  actor: { id: by.id, kind: by.kind, ...(by.client === undefined ? {} : { client: by.client }) },
  origin: { component: "retention", ...(by.ip === undefined ? {} : { ip: by.ip }) },
  outcome: "success",
  reason,
});

/** A hold's call stands in `detail`: the entry is none of the call's own. */
export function placedDraft(
  order: Order,
  hold: Pick<LegalHold, "holdId" | "firstKept" | "callId" | "since">,
): EntryDraft {
  return { ...ordered(order, PLACED), detail: { ...hold } };
}

export const liftedDraft = (order: Order, holdId: string): EntryDraft => ({
  ...ordered(order, LIFTED),
  detail: { holdId },
});

export interface LegalHolds {
  /** Takes the log's entries in order; others than holds' change nothing. */
  take(entry: Entry): void;
  /** Those that stand, the oldest first. */
  standing(): readonly LegalHold[];
  /** The first entry that one of them keeps; Infinity where none stands. */
  firstKept(): number;
}

export function legalHolds(): LegalHolds {
  const holds = new Map<string, LegalHold>();
  return {
    take(entry) {
      const holdId = entry.detail?.["holdId"];
      if (typeof holdId !== "string") return;
      if (entry.type === LIFTED) holds.delete(holdId);
      const hold = entry.type === PLACED ? holdOf(entry, holdId) : undefined;
      if (hold !== undefined) holds.set(holdId, hold);
    },
    standing: () => [...holds.values()],
    firstKept: () => Math.min(Infinity, ...[...holds.values()].map((one) => one.firstKept)),
  };
}

/** A hold whose entry does not say what it keeps, keeps everything. */
function holdOf(entry: Entry, holdId: string): LegalHold {
  const { callId, firstKept, since } = entry.detail ?? {};
  return {
    holdId,
    placedAt: entry.at,
    by: entry.actor.id,
    reason: entry.reason ?? "",
    firstKept: typeof firstKept === "number" ? firstKept : 1,
    ...(typeof callId === "string" ? { callId } : {}),
    ...(typeof since === "number" ? { since } : {}),
  };
}

export interface KeepingRules {
  /** What is wrong with this entry, where it prunes what may not be pruned. Entries come in order. */
  take(entry: Entry): string | undefined;
  /** The newest pruning's; 0 where there was none. */
  prunedTo(): number;
  /** Entries that were pruned over and were to stay: their hashes alone do not tell what they were. */
  kept(): readonly number[];
}

/** Holds a log's prunings against its own legal holds. */
export function keepingRules(): KeepingRules {
  const holds = legalHolds();
  const kept: number[] = [];
  let prunedTo = 0;
  return {
    take(entry) {
      holds.take(entry);
      const to = prunedToOf(entry);
      if (to === undefined) return undefined;
      if (to >= entry.position) return "prunes entries that were not there yet";
      if (to >= holds.firstKept()) return "prunes entries that a legal hold keeps";
      prunedTo = Math.max(prunedTo, to);
      for (const position of keptOf(entry)) kept.push(position);
      return undefined;
    },
    prunedTo: () => prunedTo,
    kept: () => kept,
  };
}
