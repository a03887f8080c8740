/**
 * Makes receipts: the proof from a few tiles, the head the newest there is or one signed for it.
 *
 * @module
 */
import type { TenantId } from "../control/call.ts";
import { LogUnavailable } from "../control/within.ts";
import { readCheckpoint } from "../log/checkpoint.ts";
import { includes } from "../log/proof.ts";
import { formatReceipt } from "../log/receipt.ts";
import type { LogStore } from "../log/store.ts";
import { TILE_WIDTH, unpackHashes } from "../log/tiles.ts";
import { inclusionFromTiles } from "../log/tilesProof.ts";
import { headTurns, passed } from "./headTurns.ts";

/**
 * Heads are kept for good, and each is written durably by the thread that writes entries: for
 * receipts a tenant's log signs no more often than this, and all logs together as `headTurns` says.
 */
export const HEAD_MS_MIN = 1_000;
/** Nobody waits longer for a head. Its turn comes all the same, and serves whoever asks again. */
export const TURN_MS_MAX = 10_000;

export interface Receipts {
  /**
   * The receipt of an entry; `unknown` where there is none at this position. `late`: no head that
   * covers it can be had in `waitMsMax`, and none is signed for it then; `Infinity` takes a turn, and
   * is `late` after `TURN_MS_MAX`. Rejects where the log cannot say.
   */
  of(tenant: TenantId, position: number, waitMsMax: number): Promise<Told>;
}
type Told =
  | { readonly kind: "receipt"; readonly text: string }
  | { readonly kind: "unknown" | "late" };

interface Line {
  /** Not begun: whoever comes until then is covered by its head. */
  next?: Promise<string> | undefined;
  /** About when the next one is signed. */
  dueAt: number;
  /** No head is signed for a receipt before. */
  restUntil: number;
}

type Log = Pick<LogStore, "checkpoint" | "hashes" | "signedHead" | "size">;

const known = new WeakMap<Log, Receipts>();

/** The one that makes receipts of this log: whoever asks for some shares its bounds. */
export function receiptsOf(log: Log): Receipts {
  const receipts = known.get(log) ?? createReceipts(log);
  known.set(log, receipts);
  return receipts;
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

/** `now`: milliseconds from any beginning. */
export function createReceipts(log: Log, now: () => number = () => performance.now()): Receipts {
  /** Tenants are bounded by the configuration. */
  const lines = new Map<TenantId, Line>();
  const turns = headTurns(now);

  /** Undefined where it takes longer. A tenant has one place among the others, however many ask. */
  async function signed(tenant: TenantId, waitMsMax: number): Promise<string | undefined> {
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
    async of(tenant, position, waitMsMax) {
      if (position < 1 || position > log.size(tenant)) return { kind: "unknown" };
      const newest = await log.signedHead(tenant);
      const covers = newest !== undefined && readCheckpoint(newest).size >= position;
      const note = covers ? newest : await signed(tenant, waitMsMax);
      if (note === undefined) return { kind: "late" };
      const index = position - 1;
      const { root, size } = readCheckpoint(note);
      if (size < position) return { kind: "late" };
      const hashes = await inclusionFromTiles(index, size, async (level, tile, width) =>
        unpackHashes(await log.hashes(tenant, level, tile * TILE_WIDTH, width), width),
      );
      const [leaf] = unpackHashes(await log.hashes(tenant, 0, index, 1), 1);
      // What was changed in the log or its search file is not given out as a receipt.
      if (leaf === undefined || !includes(leaf, index, size, hashes, root)) {
        throw new LogUnavailable("the tree is not the one that was signed");
      }
      return { kind: "receipt", text: formatReceipt({ index, hashes, checkpoint: note }) };
    },
  };
}
