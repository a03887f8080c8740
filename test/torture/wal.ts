/**
 * Whether a process was killed inside a transaction: its SQLite write-ahead log then ends in frames
 * that no commit follows (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

const WRITING_MS_MAX = 250;

/** Returns in the very moment in which the file grows; looks without a pause, so nothing else runs. */
export function awaitWriting(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, "r");
  const [before, until] = [fstatSync(file).size, performance.now() + WRITING_MS_MAX];
  while (fstatSync(file).size === before && performance.now() < until);
  closeSync(file);
}

export function endsInsideTransaction(path: string): boolean {
  if (!existsSync(path)) return false;
  const wal = readFileSync(path);
  if (wal.length < HEADER_BYTES) return false;
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  let isOpen = false;
  for (let at = HEADER_BYTES; at + FRAME_HEADER_BYTES <= wal.length; at += frameBytes) {
    // Frames of an earlier round of the file carry other salts.
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    // A frame that ends a commit tells the database's size.
    isOpen = wal.readUInt32BE(at + 4) === 0;
  }
  return isOpen;
}
