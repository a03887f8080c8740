/**
 * The files of a log's folder, and writing them so that a power cut leaves the old or the new.
 *
 * @module
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

export interface Folder {
  readonly path: string;
  readonly database: string;
  readonly search: string;
  readonly lock: string;
  readonly signingKey: string;
  /** The verifier key now. */
  readonly publicKey: string;
  /** Every verifier key there was, the oldest first, a line each. */
  readonly publicKeys: string;
  readonly spool: string;
  readonly ballast: string;
  /** The tenant's latest signed head. */
  latest(tenant: string): string;
  /** All of the tenant's signed heads, the oldest first. */
  all(tenant: string): string;
}

export function folderAt(path: string): Folder {
  return {
    path,
    database: join(path, "control-log.sqlite"),
    search: join(path, "search.sqlite"),
    lock: join(path, "lock.sqlite"),
    signingKey: join(path, "signing.key"),
    publicKey: join(path, "key.pub"),
    publicKeys: join(path, "keys.pub"),
    spool: join(path, "spool.ndjson"),
    ballast: join(path, "ballast.bin"),
    latest: (tenant) => join(path, `checkpoint-${encodeURIComponent(tenant)}.txt`),
    all: (tenant) => join(path, `checkpoints-${encodeURIComponent(tenant)}.log`),
  };
}

export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** SQLite creates its files for everybody to read; one that is there keeps its mode. */
export function ensureOwnFile(path: string): void {
  closeSync(openSync(path, "a", 0o600));
}

/** Replaces a file: the old text or the new is there after a power cut, never a part. */
export function replaceFile(path: string, text: string, mode = 0o600): void {
  const next = `${path}.new`;
  writeDurably(next, text, "w", mode);
  renameSync(next, path);
  syncFolder(dirname(path));
}

/** Adds to the end of a file; durable on return. */
export function appendFile(path: string, text: string): void {
  const fresh = !existsSync(path);
  writeDurably(path, text, "a", 0o600);
  if (fresh) syncFolder(dirname(path));
}

/** Creates a file that must not be there yet: whole, or not at all where it is cut short. */
export function createFile(path: string, text: string, mode = 0o600): void {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  writeDurably(unfinished, text, "wx", mode);
  try {
    // Unlike a rename, a link never takes the place of a file that is there.
    linkSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
  syncFolder(dirname(path));
}

/** Gives a file a second name, which must not be there yet. */
export function keepUnder(path: string, second: string): void {
  try {
    linkSync(path, second);
  } catch {
    // A file system without links.
    copyFileSync(path, second);
  }
}

export function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function writeDurably(path: string, text: string, flags: string, mode: number): void {
  const file = openSync(path, flags, mode);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A new name is durable once its folder is. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

const KEPT = /^predecessor-(\d+)$/;

/** Where logs that had no way on are kept, by their number. */
export const keptFolder = (folder: Folder, generation: number): string =>
  join(folder.path, `predecessor-${generation}`);

/** The numbers of the logs that are kept in this folder. */
export function keptGenerations(folder: Folder): number[] {
  const names = existsSync(folder.path) ? readdirSync(folder.path) : [];
  return names.flatMap((name) => KEPT.exec(name)?.[1] ?? []).map(Number);
}

/** Tenants a head was ever signed for, whatever the database has. */
export function tenantsWithHeads(folder: Folder): string[] {
  const names = readdirSync(folder.path).flatMap((name) => {
    const found = /^checkpoints?-(.+)\.(txt|log)$/.exec(name)?.[1];
    return found === undefined ? [] : [decodeURIComponent(found)];
  });
  return [...new Set(names)].toSorted();
}

/** What was copied is on the disk once this returns. */
export function syncFile(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
