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
import { createHeads, type Heads, headsOf } from "./heads.ts";

export interface Receipts {
  /**
   * The receipt of an entry; `unknown` where there is none at this position. `late`: no head that
   * covers it can be had in `waitMsMax`, as `Heads.next` says. Rejects where the log cannot say.
   */
  of(tenant: TenantId, position: number, waitMsMax: number): Promise<Told>;
}
type Told =
  | { readonly kind: "receipt"; readonly text: string }
  | { readonly kind: "unknown" | "late" };

type Log = Pick<LogStore, "checkpoint" | "hashes" | "signedHead" | "size">;

const known = new WeakMap<Log, Receipts>();

/** The one that makes receipts of this log: whoever asks for some shares its bounds. */
export function receiptsOf(log: Log): Receipts {
  const receipts = known.get(log) ?? createReceipts(log, headsOf(log));
  known.set(log, receipts);
  return receipts;
}

export function createReceipts(log: Log, heads: Heads = createHeads(log)): Receipts {
  return {
    async of(tenant, position, waitMsMax) {
      if (position < 1 || position > log.size(tenant)) return { kind: "unknown" };
      const newest = await log.signedHead(tenant);
      const covers = newest !== undefined && readCheckpoint(newest).size >= position;
      const note = covers ? newest : await heads.next(tenant, waitMsMax);
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
