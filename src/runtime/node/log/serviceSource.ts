/**
 * A running service's log to verify: its signed head, and the entries under it, page by page.
 *
 * @module
 */
import { readEntry } from "../../../log/form.ts";
import { linesOf } from "../../../log/ndjson.ts";
import { prunedToOf } from "../../../log/retention.ts";
import { HASH_BYTES, TILE_WIDTH, tilePath, unpackHashes } from "../../../log/tiles.ts";
import type { Hash } from "../../../log/tree.ts";
import type { Erased, Stored } from "../../../log/verify.ts";
import { type FetchOptions, type FetchWhole, type Wanted, fetchWhole } from "./fetchWhole.ts";
import type { Source } from "./sources.ts";

/** Pages behind the head, to find the entry by whose word entries went since. */
const LATER_COUNT_MAX = 1_000;

/** A page that brought nothing new is asked for once more. */
const EMPTY_COUNT_MAX = 2;

const endsInNewline = (bytes: Uint8Array): boolean => bytes.at(-1) === 10;
const NOTE: Wanted = { accept: "text/plain", isWhole: endsInNewline };
const LINES: Wanted = {
  accept: "application/x-ndjson",
  isWhole: (bytes) => bytes.length === 0 || endsInNewline(bytes),
};
const TILE: Wanted = {
  accept: "application/octet-stream",
  isWhole: ({ length }) => length === HASH_BYTES * TILE_WIDTH,
};

/** Rejects with `NotFetched`, and so does reading its entries. */
export async function serviceSource(base: string, options: FetchOptions): Promise<Source> {
  const root = base.replace(/\/+$/, "");
  const get = fetchWhole(root, options);
  const reply = await get("/v1/log/checkpoint", NOTE);
  const key = reply.headers.get("tacet-key") ?? undefined;
  const head = new TextDecoder().decode(reply.bytes);
  // Entries written after the head was signed are under no signature: they are left for next time.
  const size = Number(head.split("\n")[1]);
  const leafAt = leaves(get);
  let isPrunedMeanwhile = false;
  async function* entries(): AsyncGenerator<Stored | Erased> {
    /** The newest entry that came, and the newest under the head that was given on. */
    let [seen, taken] = [0, 0];
    let goneTo = 0;
    // What entries under the head say was pruned, and what later ones do.
    let [saidTo, saidLater, laterCount, emptyCount] = [0, 0, 0, 0];
    const isUnsaid = () => goneTo > saidTo && goneTo > saidLater && laterCount < LATER_COUNT_MAX;
    while (emptyCount < EMPTY_COUNT_MAX && (taken < size || isUnsaid())) {
      if (taken >= size) laterCount += 1;
      const before = seen;
      // By what came: where a page was cut short on the way, the next goes on from there.
      const page = await get(`/v1/log/entries?after=${seen}&limit=1000`, LINES);
      const prunedTo = Math.min(size, Number(page.headers.get("tacet-pruned-to") ?? "0"));
      for await (const line of linesOf([page.bytes])) {
        // Of those that were pruned the service has the hashes, and keeps a few whole between them.
        const position = taken < prunedTo && "bytes" in line ? positionIn(line) : taken + 1;
        for (; taken < prunedTo && taken + 1 < position; taken += 1) {
          yield { erased: await leafAt(taken) };
          goneTo = taken + 1;
        }
        if (taken >= size) {
          saidLater = Math.max(saidLater, saidIn(line));
          seen = Math.max(seen + 1, positionIn(line));
        } else {
          saidTo = Math.max(saidTo, saidIn(line));
          taken += 1;
          seen = taken;
          yield line;
        }
      }
      emptyCount = seen === before ? emptyCount + 1 : 0;
    }
    isPrunedMeanwhile = goneTo > saidTo && goneTo <= saidLater;
  }
  return {
    name: root,
    entries: entries(),
    prunedMeanwhile: () => isPrunedMeanwhile,
    heads: [head],
    keys: key === undefined ? [] : [key],
  };
}

/** Leaves by their index, from 0. A tile is fetched once. */
function leaves(get: FetchWhole): (at: number) => Promise<Hash> {
  let tile: { readonly index: number; readonly hashes: readonly Hash[] } | undefined;
  return async (at) => {
    const index = Math.floor(at / TILE_WIDTH);
    if (tile?.index !== index) {
      const path = tilePath({ level: 0, index, width: TILE_WIDTH });
      const { bytes } = await get(`/v1/log/${path}`, TILE);
      tile = { index, hashes: unpackHashes(bytes, TILE_WIDTH) };
    }
    return tile.hashes[at % TILE_WIDTH] as Hash;
  };
}

/** Up to where this line says that entries were pruned. */
function saidIn(line: Stored | Erased): number {
  if ("erased" in line || !Buffer.from(line.bytes).includes("EntriesPruned")) return 0;
  const formed = readEntry(line.bytes);
  return formed.kind === "entry" ? (prunedToOf(formed.entry) ?? 0) : 0;
}

/** Where an entry says that it stands; whether it does, its hash tells. */
function positionIn(line: Stored | Erased): number {
  if ("erased" in line) return 0;
  const formed = readEntry(line.bytes);
  return formed.kind === "entry" ? formed.entry.position : 0;
}
