/**
 * Why there is no auditor's kit.
 *
 * @module
 */

/** Entries of one kit: what a browser verifies in a minute or two, in some hundred megabytes. */
export const KIT_ENTRY_COUNT_MAX = 200_000;
/** Bytes of its entries, of which it holds each twice: what a ZIP file holds without ZIP64 is 4 GiB. */
export const KIT_BYTES_MAX = 1 << 30;

/**
 * `nothing`: no signed entry lies in that time. `too_many`, `too_large`: choose less. `unsigned`: no
 * head of this log was signed yet. `changed`: it is not what was signed. `pruned`: what it was to hold
 * was pruned meanwhile. `other`: told in its message.
 */
export type NoKitReason =
  | "nothing"
  | "too_many"
  | "too_large"
  | "unsigned"
  | "changed"
  | "pruned"
  | "other";

/** Its message is told to whoever asked for a kit. */
export class NoKit extends Error {
  override readonly name = "NoKit";
  readonly reason: NoKitReason;
  constructor(message: string, reason: NoKitReason = "other") {
    super(message);
    this.reason = reason;
  }
}

export const prunedMeanwhile = (): NoKit =>
  new NoKit("Entries of this time were pruned meanwhile: make the kit again.", "pruned");
