/**
 * `tacet backup FOLDER TARGET`: a copy of a control log that is whole, taken while the service writes.
 *
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openForReading } from "./log/database.ts";
import { ensureOwnFile, folderAt, syncFile } from "./log/folder.ts";
import { type Help, usageOf } from "./help.ts";
import { type Output, messageOf } from "./output.ts";
import { verifyCommand } from "./verifyCommand.ts";

export const BACKUP_HELP: Help = {
  name: "backup",
  does: "Copies a control log while it is written, and checks the copy.",
  more: "The signing key, the ticket secret and predecessors are not in it: keep the keys apart from the copies, and copy predecessors once.",
  usage: ["FOLDER TARGET"],
  terms: {
    FOLDER: "a service's log folder; it may be running",
    TARGET: "a new folder for the copy",
  },
  exit: {
    0: "it is copied, and the copy is intact",
    1: "the copy does not verify, or failed",
    2: "the arguments do not fit",
  },
  examples: ["tacet backup /var/lib/tacet /mnt/backup/tacet-2026-11-22"],
};

const USAGE = usageOf(BACKUP_HELP);

/** Exit code: 0 copied and verified, 1 the copy does not verify or failed, 2 wrong arguments. */
export async function backupCommand(args: string[], io: Output): Promise<number> {
  let places: string[];
  try {
    places = parseArgs({ args, allowPositionals: true, options: {} }).positionals;
  } catch (error) {
    io.err(`${messageOf(error)}\n${USAGE}`);
    return 2;
  }
  const [from, to, ...more] = places;
  if (from === undefined || to === undefined || more.length > 0) {
    io.err(USAGE);
    return 2;
  }
  try {
    copyLog(from, to);
  } catch (error) {
    io.err(messageOf(error));
    return 1;
  }
  io.out(`Copied to ${to}. Checking the copy:`);
  return (await verifyCommand([to], io)) === 0 ? 0 : 1;
}

/** Throws where there is no log, or where something is at the target already. */
function copyLog(from: string, to: string): void {
  const [source, target] = [folderAt(from), folderAt(to)];
  if (!existsSync(source.database)) throw new Error(`There is no log in ${from}.`);
  if (existsSync(to) && readdirSync(to).length > 0) throw new Error(`${to} is not empty.`);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  // Heads first: what they sign is committed by the time the database is read.
  const names = readdirSync(from).filter(
    (name) => /^checkpoints?-.+\.(txt|log)$/.test(name) || BESIDE.has(name),
  );
  for (const name of names) {
    copyFileSync(join(from, name), join(to, name));
    syncFile(join(to, name));
  }
  const db = openForReading(source.database);
  try {
    // One snapshot, whatever is written meanwhile. The file must be empty or not there.
    ensureOwnFile(target.database);
    db.prepare("VACUUM INTO ?").run(target.database);
  } catch (error) {
    rmSync(target.database, { force: true });
    throw error;
  } finally {
    db.close();
  }
  syncFile(target.database);
}

const BESIDE = new Set(["key.pub", "keys.pub", "configuration.json", "spool.ndjson", "SANDBOX"]);
