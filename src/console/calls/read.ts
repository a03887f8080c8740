/**
 * A call's entries for its pages, and what they come to in a line of a list. Bounded: a call that
 * has more entries than this is listed, not drawn.
 *
 * @module
 */
import type { EpochMs, Protection, TenantId } from "../../control/call.ts";
import { protection } from "../../control/conclude.ts";
import { eventOfEntry, isCallEntry } from "../../log/callEntries.ts";
import type { Entry } from "../../log/entry.ts";
import type { EntryPage, LogStore } from "../../log/store.ts";
import { type Timeline, timelineOf } from "./timeline.ts";

/** Entries of one call that are looked at for its drawing. */
export const DRAWN_ENTRY_COUNT_MAX = 5_000;
const PAGE_COUNT = 1_000;

/** How far the search file had come, where it had not come to the log's end. */
export interface Behind {
  readonly indexed: number;
  readonly size: number;
}

export interface CallEntries {
  /** In order; the first ones where there are too many. */
  readonly entries: readonly Entry[];
  readonly isWhole: boolean;
  readonly behind?: Behind;
}

type Reads = Pick<LogStore, "read" | "size">;

/** Throws where the log cannot be read. */
export async function readCall(
  log: Reads,
  tenant: TenantId,
  callId: string,
  countMax: number = DRAWN_ENTRY_COUNT_MAX,
): Promise<CallEntries> {
  const size = log.size(tenant);
  const entries: Entry[] = [];
  let indexed = Infinity;
  for (let after: number | undefined = 0; after !== undefined;) {
    if (entries.length >= countMax) return { entries, isWhole: false, ...behindOf(indexed, size) };
    const limit = Math.min(PAGE_COUNT, countMax - entries.length);
    const page: EntryPage = await log.read(tenant, { callId }, after, limit);
    entries.push(...page.entries);
    indexed = Math.min(indexed, page.indexedTo);
    after = page.next;
  }
  return { entries, isWhole: true, ...behindOf(indexed, size) };
}

export const behindOf = (indexed: number, size: number): { readonly behind?: Behind } =>
  indexed < size ? { behind: { indexed, size } } : {};

/** The worst first. */
export const WORST = [
  "suspect",
  "unsecured",
  "outstanding",
  "stalled",
  "missing",
  "expired",
  "retried",
  "none",
] as const;
export type Worst = (typeof WORST)[number];

export interface Summary {
  readonly agentId?: string;
  readonly word: Protection;
  readonly windowCount: number;
  readonly unsecuredMs: number;
  readonly worst: Worst;
}

/** Of the newest call of this name; undefined where the entries are of no call that was. */
export function summaryOf(entries: readonly Entry[], now: EpochMs): Summary | undefined {
  const timeline = timelineOf(entries.filter(isCallEntry).map(eventOfEntry), now);
  if (timeline === undefined) return undefined;
  const { state, windows } = timeline;
  return {
    ...(state.agentId === undefined ? {} : { agentId: state.agentId }),
    word: protection(state),
    windowCount: windows.length,
    unsecuredMs: state.unsecuredMs,
    worst: worstOf(entries, timeline),
  };
}

function worstOf(entries: readonly Entry[], timeline: Timeline): Worst {
  const words = new Set(timeline.call.spans.map(({ word }) => word));
  const verdicts = new Set(verdictsOf(entries, timeline.from));
  const types = new Set(
    entries
      .filter(({ at }) => at >= timeline.from)
      .map(({ outcome, type }) => `${type} ${outcome}`),
  );
  const found: Readonly<Record<Worst, boolean>> = {
    suspect: verdicts.has("suspect"),
    unsecured: words.has("unsecured"),
    outstanding: types.has("CallEnded failure"),
    stalled: words.has("stalled"),
    missing: verdicts.has("missing"),
    expired: types.has("WindowExpired success"),
    retried: types.has("RecorderFailed failure"),
    none: true,
  };
  return WORST.find((one) => found[one]) ?? "none";
}

/** The newest of each window, tap, recording and way of judging. */
function verdictsOf(entries: readonly Entry[], from: EpochMs): readonly (string | undefined)[] {
  const newest = new Map<string, string | undefined>();
  for (const { at, detail = {}, reason, type, windowId } of entries) {
    if (type !== "WindowJudged" || at < from) continue;
    const { by, recordingId, tapId } = detail;
    newest.set(JSON.stringify([windowId, tapId, recordingId ?? null, by]), reason);
  }
  return [...newest.values()];
}
