/**
 * The log as C2SP tiles: hashes of the tree and bundles of entries, each at its own address, as far
 * as a head was signed.
 *
 * @module
 */
import { readCheckpoint } from "../log/checkpoint.ts";
import type { TenantId } from "../control/call.ts";
import { LogUnavailable } from "../control/within.ts";
import {
  HASH_BYTES,
  TILE_WIDTH,
  type Tile,
  hasTile,
  parseTilePath,
  unpackBundle,
} from "../log/tiles.ts";
import { may } from "../policy/access.ts";
import { refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import { denied, type Face } from "./face.ts";
import { logRead } from "./facts.ts";
import { refuse } from "./problem.ts";

const OCTETS = "application/octet-stream";
/**
 * A full tile of hashes never changes and tells nothing of anybody, so the asker may keep it; another
 * credential's answer at the same address is another tenant's. Entries are kept by nobody: a cache
 * would leave them where nobody looks, and answer readings that are then not entered. Neither are
 * partial tiles, which no later head needs.
 */
const KEPT = {
  "cache-control": "private, max-age=31536000, immutable",
  vary: "Authorization, Origin",
} as const;

export function tileRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/log/tile/entries/:index{.+}",
      operationId: "readBundle",
      summary: "A bundle of entries, as C2SP tlog-tiles has them",
      description:
        "256 entries, or the first W of them as `{index}.p/{W}`; each behind its length, two bytes. `index` in elements of three digits: `001`, `x001/234`.",
      tag: "Log",
      answers: { 200: { description: "Entries", contentType: OCTETS } },
      // A line break in the path is no part of any address.
      problems: ["tile_unknown", "entries_pruned", "not_found"],
      handle: (asked) => answerTile(face, asked, parseTilePath("entries", asked.param("index"))),
    }),
    route({
      method: "GET",
      path: "/v1/log/tile/:level/:index{.+}",
      operationId: "readTile",
      summary: "A tile of the log's tree, as C2SP tlog-tiles has them",
      description:
        "256 hashes, or the first W of them as `{index}.p/{W}`, 32 bytes each: on level 0 of entries, on each level above of full tiles of the one below. Up to the size of the newest signed head.",
      tag: "Log",
      answers: { 200: { description: "Hashes", contentType: OCTETS } },
      // A line break in the path is no part of any address.
      problems: ["tile_unknown", "not_found"],
      handle: (asked) =>
        answerTile(face, asked, parseTilePath(asked.param("level"), asked.param("index"))),
    }),
  ];
}

async function answerTile(
  face: Face,
  asked: Asked<unknown, unknown>,
  tile: Tile | undefined,
): Promise<Handled> {
  const exports = may(asked.principal, "export_log", {}).ok;
  const denial = exports ? undefined : await denied(face, asked, "read_log");
  if (denial !== undefined) return refused(denial);
  if (tile === undefined) return refused(unknown("No tile has such a path."));
  const entries = tile.level === "entries";
  await face.entries.enter(logRead(asked, entries ? "bundles" : "tiles", {}));
  if (!hasTile(await signedSize(face, asked.tenant), tile)) {
    return refused(unknown("The newest signed head does not reach so far."));
  }
  const prunedTo = face.log.prunedTo(asked.tenant);
  if (entries && tile.index * TILE_WIDTH < prunedTo) {
    return refused(refuse("entries_pruned", `Entries up to ${prunedTo} were pruned.`));
  }
  const bytes = await bytesOf(face, asked.tenant, tile);
  if (bytes === undefined) {
    return refused(unknown("An entry here is too large for a bundle: read /v1/log/entries."));
  }
  const full = tile.width === TILE_WIDTH && !entries;
  const headers = { "content-type": OCTETS, ...(full ? KEPT : {}) };
  return { kind: "response", response: new Response(bytes as BodyInit, { headers }) };
}

const unknown = (detail: string) => refuse("tile_unknown", detail);

async function signedSize(face: Face, tenant: TenantId): Promise<number> {
  const note = (await face.log.signedHead(tenant)) ?? (await face.heads.newest(tenant));
  return readCheckpoint(note).size;
}

/** The error comes from the log's thread: its name is all that is left of its class. */
function tooLarge(error: unknown): undefined {
  if (error instanceof Error && error.name === "BadTile") return undefined;
  throw error;
}

function isWhole(bundle: Uint8Array, width: number): boolean {
  try {
    return unpackBundle(bundle, width).length === width;
  } catch {
    return false;
  }
}

/** Undefined for a bundle with an entry from before entries had their bound. */
async function bytesOf(face: Face, tenant: TenantId, tile: Tile): Promise<Uint8Array | undefined> {
  const { index, level, width } = tile;
  const from = index * TILE_WIDTH;
  if (level === "entries") {
    const bundle = await face.log.bundle(tenant, from, width).catch(tooLarge);
    if (bundle === undefined || isWhole(bundle, width)) return bundle;
    throw new LogUnavailable("entries that were signed are not in the log");
  }
  const bytes = await face.log.hashes(tenant, level, from, width);
  if (bytes.length === HASH_BYTES * width) return bytes;
  throw new LogUnavailable("the tree above the entries is not filled yet");
}
