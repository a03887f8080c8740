/**
 * The log as the search file is filled from it: an error in reading the log is told from one in the
 * file, whatever SQLite calls it, or a damaged log would have a sound file thrown away.
 *
 * @module
 */
import type { StatementSync } from "node:sqlite";
import type { Statements } from "./database.ts";

/** The log could not be read. Nothing was begun in the file. */
export class Unread extends Error {
  readonly code = "log_unread";
}

/** What `read` answers. Throws `Unread` where it throws. */
export function asRead<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Unread("the log cannot be read", { cause: error });
  }
}

/** The statements that fill the file, with `Unread` for whatever they throw. */
export function readingOf(log: Statements): Statements {
  const reading = (statement: StatementSync): StatementSync =>
    ({
      all: (...of: Parameters<StatementSync["all"]>) => asRead(() => statement.all(...of)),
    }) as StatementSync;
  return {
    ...log,
    entriesAfter: reading(log.entriesAfter),
    someLeaves: reading(log.someLeaves),
  };
}
