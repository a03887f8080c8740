/**
 * Heads signed for whoever asks: for receipts, for readers of the log and for pages. They share one
 * row, so that no number of them makes a log sign without end.
 *
 * @module
 */
import type { TenantId } from "../control/call.ts";
import { LogUnavailable } from "../control/within.ts";
import { readCheckpoint } from "../log/checkpoint.ts";
import type { LogStore } from "../log/store.ts";
import { headTurns, passed } from "./headTurns.ts";

/**
 * Heads are kept for good, and each is written durably by the thread that writes entries: for those
 * who ask a tenant's log signs no more often than this, and all logs together as `headTurns` says.
 */
export const HEAD_MS_MIN = 1_000;
/** Nobody waits longer for a head. Its turn comes all the same, and serves whoever asks again. */
export const TURN_MS_MAX = 10_000;

export interface Heads {
  /**
   * A head over all that is in the log now: signed after this was asked for, or the newest where
   * nothing was entered since. Rejects where its turn does not come in `TURN_MS_MAX`.
   */
  newest(tenant: TenantId): Promise<string>;
  /**
   * The next head to be signed, for all who come until then. Undefined where it cannot be had in
   * `waitMsMax`, and none is signed for it then; `Infinity` takes a turn, and waits `TURN_MS_MAX`.
   */
  next(tenant: TenantId, waitMsMax: number): Promise<string | undefined>;
}

interface Line {
  /** Not begun: whoever comes until then is covered by its head. */
  next?: Promise<string> | undefined;
  /** About when the next one is signed. */
  dueAt: number;
  /** No head is signed for whoever asks before. */
  restUntil: number;
}

type Log = Pick<LogStore, "checkpoint" | "signedHead" | "size">;

const known = new WeakMap<Log, Heads>();

/** The one that has heads of this log signed: whoever asks for some shares its bounds. */
export function headsOf(log: Log): Heads {
  const heads = known.get(log) ?? createHeads(log);
  known.set(log, heads);
  return heads;
}

/** `now`: milliseconds from any beginning. */
export function createHeads(log: Log, now: () => number = () => performance.now()): Heads {
  /** Tenants are bounded by the configuration. */
  const lines = new Map<TenantId, Line>();
  const turns = headTurns(now);

  /** A tenant has one place among the others, however many ask. */
  async function next(tenant: TenantId, waitMsMax: number): Promise<string | undefined> {
    const line = lines.get(tenant) ?? { restUntil: 0, dueAt: 0 };
    lines.set(tenant, line);
    if (line.next === undefined) line.dueAt = Math.max(line.restUntil, now() + turns.aheadMs());
    if (line.dueAt - now() > waitMsMax) return undefined;
    line.next ??= inTurn(tenant, line);
    return waitMsMax < Infinity ? await line.next : await inTime(line.next);
  }

  async function inTurn(tenant: TenantId, line: Line): Promise<string> {
    await passed(Math.max(0, line.restUntil - now()));
    await turns.take();
    line.next = undefined;
    line.restUntil = now() + HEAD_MS_MIN;
    return await log.checkpoint(tenant);
  }

  return {
    next,
    async newest(tenant) {
      const size = log.size(tenant);
      const head = await log.signedHead(tenant);
      if (head !== undefined && readCheckpoint(head).size >= size) return head;
      const signed = await next(tenant, Infinity);
      if (signed === undefined) throw new LogUnavailable("no head could be signed in time");
      return signed;
    },
  };
}

/** Undefined where it takes longer than anybody waits. */
async function inTime(head: Promise<string>): Promise<string | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, TURN_MS_MAX);
  try {
    return await Promise.race([head, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
