/**
 * A moment given on the command line.
 *
 * @module
 */

/** Unix ms; nothing where it was not given. Throws, with what to write instead, where it cannot be read. */
export function timeOption(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const at = Date.parse(given);
  if (Number.isNaN(at)) throw new Error(`${option} takes a time such as 2026-11-22T09:00:00Z.`);
  return at;
}
