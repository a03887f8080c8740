/**
 * What has to be in order before a log is written to: whose it is, its key, where it ended, and the
 * facts that an earlier failure left in the spool.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import { readEntry } from "../../../log/form.ts";
import { type Verifier, parseVerifier } from "../../../log/note.ts";
import type { LogEnd } from "../../../log/seal.ts";
import { type Frontier, leafHash, sameHash } from "../../../log/tree.ts";
import { LogDamaged } from "./calls.ts";
import { type EntryRow, type Statements, metaOf, prunedToIn, tenantsOf } from "./database.ts";
import {
  type Folder,
  keptGenerations,
  readIfThere,
  replaceFile,
  tenantsWithHeads,
} from "./folder.ts";
import { detailOf } from "./failure.ts";
import { openEnd, packFrontier, restoreLine, unpackFrontier } from "./heads.ts";
import { type LogKey, createLogKey, nextKeyPath, readLogKey } from "./key.ts";
import { type KnownHead, LogRefused, type ShippedNote, newestHead } from "./knownHeads.ts";
import { emptySpool, requestsFromSpool } from "./spool.ts";
import type { Request, Writer } from "./writer.ts";

interface KeyOptions {
  readonly originBase: string;
  readonly signingKeyPath?: string;
  readonly nextKey?: LogKey;
}

/**
 * A folder is one service's for good: its origin is in every head and in what auditors hold.
 * Returns which log in the line of successors this is.
 */
export function checkOrigin(
  db: DatabaseSync,
  originBase: string,
  folder: Folder,
  generation?: number,
): number {
  const known = metaOf(db, "origin");
  if (known !== undefined && known !== originBase) {
    throw new LogRefused(
      `The log in ${folder.path} is that of ${known}, not of ${originBase}. Use another folder.`,
    );
  }
  if (known !== undefined) return Number(metaOf(db, "generation") ?? "1");
  if (generation === undefined && keptGenerations(folder).length > 0) {
    throw new LogRefused(
      `The database of the log in ${folder.path} is gone, and there was one. Put the newest one ` +
        `back. If there is none: ${restoreLine(folder)} --empty`,
    );
  }
  const put = db.prepare("INSERT INTO meta VALUES (?, ?)");
  put.run("origin", originBase);
  put.run("format", "1");
  if (generation !== undefined) put.run("generation", String(generation));
  return generation ?? 1;
}

export async function keyOf(options: KeyOptions, folder: Folder, db: DatabaseSync) {
  const path = options.signingKeyPath ?? folder.signingKey;
  const known = await readLogKey(path, options.originBase);
  if (known === undefined && tenantsOf(db).length > 0) {
    throw new LogRefused(
      `The key ${path} that signed the log in ${folder.path} is missing. Put it back. If it is ` +
        `lost: ${restoreLine(folder)}`,
    );
  }
  if (known === undefined) await createLogKey(path, options.originBase);
  const key = known ?? (await readLogKey(path, options.originBase));
  if (key === undefined) throw new LogRefused(`The key ${path} was made and is gone again.`);
  replaceFile(folder.publicKey, `${key.verifierKey}\n`, 0o644);
  return { key, created: known === undefined, keys: keyRing(folder, key) };
}

/** Every key that signed here; the present one is added where it is new. */
function keyRing(folder: Folder, key: LogKey): Verifier[] {
  const lines = (readIfThere(folder.publicKeys) ?? "").split("\n").filter((line) => line !== "");
  if (!lines.includes(key.verifierKey)) {
    lines.push(key.verifierKey);
    replaceFile(folder.publicKeys, lines.map((line) => `${line}\n`).join(""), 0o644);
  }
  return lines.map(parseVerifier);
}

/** A restore that was cut short has its last step to do. */
export function refuseHalfRestored(folder: Folder): void {
  if (!existsSync(join(folder.path, "successor.ready"))) return;
  throw new LogRefused(
    `A restore of the log in ${folder.path} was cut short. Run it again: ${restoreLine(folder)}`,
  );
}

/** Between its two steps a rotation's entry names a key that signs nothing yet. */
export function refuseHalfRotated(options: KeyOptions, folder: Folder): void {
  const path = nextKeyPath(options.signingKeyPath ?? folder.signingKey);
  if (options.nextKey !== undefined || !existsSync(path)) return;
  throw new LogRefused(
    `A rotation of the key of the log in ${folder.path} was cut short. Run it again: ` +
      `tacet key rotate-log ${folder.path} --reason "what for"`,
  );
}

/** What is wrong with the file itself, with what to do; any other error as it is. */
export function damageTold(error: unknown, folder: Folder): unknown {
  if (!(error instanceof Error) || error instanceof LogRefused) return error;
  // SQLITE_CORRUPT and SQLITE_NOTADB.
  const isDamaged = "errcode" in error && (error.errcode === 11 || error.errcode === 26);
  if (!isDamaged && !(error instanceof LogDamaged)) return error;
  return new LogRefused(
    `The log in ${folder.path} is damaged: ${detailOf(error)}. Put the newest copy of it back; ` +
      `where none is whole: ${restoreLine(folder)}`,
  );
}

export function restoredAtOf(db: DatabaseSync): { readonly restoredAt?: EpochMs } {
  const at = metaOf(db, "restored_at");
  return at === undefined ? {} : { restoredAt: Number(at) };
}

interface EndsAsked {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly folder: Folder;
  readonly base: string;
  readonly generation: number;
  readonly keys: readonly Verifier[];
  /** By tenant. */
  readonly shipped: ReadonlyMap<TenantId, readonly ShippedNote[]>;
}

export async function endsOf({ db, sql, folder, base, generation, keys, shipped }: EndsAsked) {
  const ends = new Map<TenantId, LogEnd>();
  const known = new Map<TenantId, KnownHead>();
  const saved = db.prepare("SELECT size, frontier FROM heads WHERE tenant = ?");
  for (const tenant of new Set([
    ...tenantsOf(db),
    ...tenantsWithHeads(folder),
    ...shipped.keys(),
  ])) {
    const whose = { base, tenant, generation };
    const head = await newestHead(folder, whose, keys, shipped.get(tenant) ?? []);
    if (head !== undefined) known.set(tenant, head);
    const row = saved.get(tenant) as { size: number; frontier: Uint8Array } | undefined;
    const tree = row === undefined ? undefined : unpackFrontier(row.size, row.frontier);
    const end = openEnd(sql, tenant, tree, head?.checkpoint, folder);
    const after = Math.max(tree?.size ?? 0, end.tree.size - TAIL_MAX);
    checkTail(sql, { tenant, after, prunedTo: prunedToIn(db, tenant) }, folder);
    ends.set(tenant, end);
  }
  return { ends, known };
}

/**
 * The entries since the last head that a start reads whole, at most: under a second's work. What
 * was signed before is compared by its hashes, and checked to the byte in the background.
 */
const TAIL_MAX = 20_000;

/** Nothing but these bytes says what the newest entries were: they are not built upon unread. */
function checkTail(
  sql: Statements,
  { after, prunedTo, tenant }: { tenant: TenantId; after: number; prunedTo: number },
  folder: Folder,
): void {
  for (const row of sql.tail.iterate(tenant, after)) {
    const { position, bytes, leaf } = row as unknown as EntryRow;
    if (bytes.length === 0 && position <= prunedTo) continue;
    if (readEntry(bytes).kind === "entry" && sameHash(leafHash(bytes), leaf)) continue;
    throw new LogRefused(
      `Entry ${position} of ${tenant} in ${folder.path} is not what was written. Run tacet verify. ` +
        `To go on in a new log that says so: ${restoreLine(folder)}`,
    );
  }
}

/** So that the next start need not hash from the first entry; without it, it does. */
export function saveTree(sql: Statements, tenant: TenantId, tree: Frontier): void {
  try {
    sql.putHead.run(tenant, tree.size, packFrontier(tree));
  } catch {
    // A disk that is full has no room for what is only quicker.
  }
}

export function takeSpool(
  folder: Folder,
  sql: Statements,
  at: EpochMs,
  write: Writer["writeNow"],
): number {
  const requests = requestsFromSpool(folder.spool, sql, at);
  const written = requests.length === 0 ? [] : write(requests);
  const failed = written.find((one) => one.kind !== "written");
  if (failed !== undefined) {
    const why = failed.kind === "failed" ? failed.detail : failed.kind;
    throw new LogRefused(`The spool in ${folder.path} cannot be entered: ${why}.`);
  }
  emptySpool(folder.spool);
  return requests.reduce((sum, one) => sum + factsOf(one).length, 0);
}

const factsOf = (request: Request): readonly unknown[] =>
  request.kind === "call" ? request.events : request.drafts;
