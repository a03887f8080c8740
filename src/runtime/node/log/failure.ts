/**
 * What a failed write was, as SQLite and the system name it.
 *
 * @module
 */

/** SQLite's own code 13 (SQLITE_FULL), or the system's word for it. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("errcode" in error && error.errcode === 13) || error.message.includes("ENOSPC");
}

/** What SQLite says of a failure is about the file, never about what was written. */
export function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const code = "errcode" in error ? ` (SQLite ${String(error.errcode)})` : "";
  return `${error.message}${code}`;
}
