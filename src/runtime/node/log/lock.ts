/**
 * One writer for a folder: an exclusive transaction on a file of its own, held as long as the
 * process lives. The operating system lets it go with the process, so it never goes stale.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Folder } from "./folder.ts";

class LogLocked extends Error {
  readonly code = "log_locked";
}

/** Returns what lets the lock go. Throws `LogLocked` where another process writes this log. */
export function lockFolder(folder: Folder): () => void {
  const lock = new DatabaseSync(folder.lock, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch {
    lock.close();
    throw new LogLocked(
      `Another process writes the log in ${folder.path}. Stop it, or give this one its own folder.`,
    );
  }
  return () => lock.close();
}
