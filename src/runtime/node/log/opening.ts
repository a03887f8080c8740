/**
 * What has to be in order before a log is written to: whose it is, its key, where it ended, and the
 * facts that an earlier failure left in the spool.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { LogEnd } from "../../../log/seal.ts";
import type { Frontier } from "../../../log/tree.ts";
import { type Statements, metaOf, tenantsOf } from "./database.ts";
import { type Folder, replaceFile, tenantsWithHeads } from "./folder.ts";
import { LogRefused, newestHead, openEnd, packFrontier, unpackFrontier } from "./heads.ts";
import { type LogKey, createLogKey, readLogKey } from "./key.ts";
import { emptySpool, requestsFromSpool } from "./spool.ts";
import { FORMAT } from "./upgrade.ts";
import type { Writer } from "./writer.ts";

interface KeyOptions {
  readonly originBase: string;
  readonly signingKeyPath?: string;
}

/** A folder is one service's for good: its origin is in every head and in what auditors hold. */
export function checkOrigin(db: DatabaseSync, originBase: string, folder: Folder): void {
  const known = metaOf(db, "origin");
  if (known === undefined) {
    db.prepare("INSERT INTO meta VALUES ('origin', ?), ('format', ?)").run(originBase, FORMAT);
  } else if (known !== originBase) {
    throw new LogRefused(
      `The log in ${folder.path} is that of ${known}, not of ${originBase}. Use another folder.`,
    );
  }
}

export async function keyOf(options: KeyOptions, folder: Folder, db: DatabaseSync) {
  const path = options.signingKeyPath ?? folder.signingKey;
  const known = await readLogKey(path, options.originBase);
  if (known === undefined && tenantsOf(db).length > 0) {
    throw new LogRefused(`The key ${path} that signed the log in ${folder.path} is missing.`);
  }
  if (known === undefined) await createLogKey(path, options.originBase);
  const key = known ?? (await readLogKey(path, options.originBase));
  if (key === undefined) throw new LogRefused(`The key ${path} was made and is gone again.`);
  replaceFile(folder.publicKey, `${key.verifierKey}\n`, 0o644);
  return { key, created: known === undefined };
}

export async function endsOf(db: DatabaseSync, sql: Statements, folder: Folder, key: LogKey) {
  const ends = new Map<TenantId, LogEnd>();
  const known = new Map<TenantId, NonNullable<Awaited<ReturnType<typeof newestHead>>>>();
  const saved = db.prepare("SELECT size, frontier FROM heads WHERE tenant = ?");
  for (const tenant of new Set([...tenantsOf(db), ...tenantsWithHeads(folder)])) {
    const head = await newestHead(folder, tenant, key);
    if (head !== undefined) known.set(tenant, head);
    const row = saved.get(tenant) as { size: number; frontier: Uint8Array } | undefined;
    const tree = row === undefined ? undefined : unpackFrontier(row.size, row.frontier);
    ends.set(tenant, openEnd(sql, tenant, tree, head?.checkpoint, folder));
  }
  return { ends, known };
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
  return requests.length;
}
