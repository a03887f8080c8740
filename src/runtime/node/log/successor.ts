/**
 * A successor's files take the place of those of the log before it, which stay under second names.
 * Each step may be repeated after a power cut.
 *
 * @module
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { type Folder, keepUnder, keptFolder, keptGenerations, syncFolder } from "./folder.ts";

/** Built here, then given its name of `ready` at once, then moved into place file by file. */
export const partial = (folder: Folder): string => join(folder.path, "successor.partial");
export const ready = (folder: Folder): string => join(folder.path, "successor.ready");

const HEADS = /^checkpoints?-.+\.(txt|log)$/;

/** Everything of the old log under a second name, which nobody writes to. */
export function keepOld(folder: Folder, generation: number): void {
  const place = keptFolder(folder, generation);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const own = [folder.database, `${folder.database}-wal`, folder.publicKey, folder.publicKeys];
  const heads = readdirSync(folder.path).filter((name) => HEADS.test(name));
  for (const path of [...own, ...heads.map((name) => join(folder.path, name))]) {
    const kept = join(place, basename(path));
    if (!existsSync(path) || existsSync(kept)) continue;
    keepUnder(path, kept);
  }
  syncFolder(place);
}

/** Each step may be repeated: the old files have their second names, the new ones lie ready. */
export function putInPlace(folder: Folder): void {
  const from = ready(folder);
  const gone = [`${folder.database}-wal`, `${folder.database}-shm`];
  const search = ["", "-wal", "-shm"].map((end) => `${folder.search}${end}`);
  if (existsSync(join(from, basename(folder.database)))) {
    for (const path of [...gone, ...search]) rmSync(path, { force: true });
  }
  const heads = readdirSync(from).filter((name) => HEADS.test(name));
  // The database comes last: until then a start is refused.
  for (const name of ["key.pub", "keys.pub", ...heads, basename(folder.database)]) {
    if (existsSync(join(from, name))) renameSync(join(from, name), join(folder.path, name));
  }
  syncFolder(folder.path);
  for (const generation of keptGenerations(folder)) {
    const place = keptFolder(folder, generation);
    for (const name of readdirSync(place)) chmodSync(join(place, name), 0o400);
  }
  rmSync(from, { recursive: true, force: true });
}
