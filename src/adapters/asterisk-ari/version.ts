/**
 * Which versions of Asterisk mute a recording more than once. Pure.
 *
 * @module
 */

/** From which minor version on each branch has the fix (its issue 322); 19 never got it. */
const FIXED_FROM: Readonly<Record<number, number>> = { 18: 21, 20: 6, 21: 1 };
const EVERY_FROM = 22;

/** Whether the second mute of a recording works. False for whatever is no plain release number. */
export function muteWorksIn(version: string): boolean {
  const [, major = "", minor = ""] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === "") return false;
  if (Number(major) >= EVERY_FROM) return true;
  const from = FIXED_FROM[Number(major)];
  return from !== undefined && Number(minor) >= from;
}
