/**
 * Why a log cannot be read at all. Neither says anything of the log itself.
 *
 * @module
 */

/** A wrong path, a log that is not there, one that changed while it was read. */
export class NoSource extends Error {
  readonly code: "no_source" | "not_fetched" = "no_source";
}

/** A service that has it did not hand it over whole. */
export class NotFetched extends NoSource {
  override readonly code = "not_fetched";
}
