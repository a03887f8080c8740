/**
 * What kind of story a seed tells: how many calls, which recorders, which troubles. Most are small,
 * so that a wrong one is short; some have hundreds of calls at once.
 */

export interface Shape {
  readonly tenants: readonly string[];
  readonly callCount: number;
  readonly lineCount: number;
  readonly steps: number;
  /** Things that happen in one step. */
  readonly perStep: number;
  /** `a` and `b` are spoken to directly; the vendors' by their adapters over a network. */
  readonly direct: readonly ("a" | "b")[];
  readonly vendors: Readonly<Record<string, "anywherenow" | "vslogger">>;
  /** Lines are named in several ways. */
  readonly aliases: boolean;
  readonly survey: boolean;
  /** `b` pushes its changes. */
  readonly watch: boolean;
  /** `b` cannot be asked, and its yes is taken for what it is worth. */
  readonly blind: boolean;
  /** Of a hundred requests to recorders, at most. */
  readonly faults: number;
  /** Of a thousand appends. */
  readonly diskFaults: number;
  readonly slowDisk: boolean;
  readonly clockJumps: boolean;
  readonly crashes: boolean;
  readonly whenLogFails: "refuse" | "protect";
  readonly slowReader: boolean;
}

/** Every so many seeds, hundreds of calls. */
const CROWD_EVERY = 40;

export function shapeOf(seed: number, callCount?: number): Shape {
  const bit = (name: number, of: number) => mix(seed, name) % of === 0;
  const isCrowd = callCount !== undefined || seed % CROWD_EVERY === 0;
  const byAdapter = !isCrowd && bit(1, 2);
  const count = callCount ?? (isCrowd ? 150 + (mix(seed, 2) % 150) : 2 + (mix(seed, 2) % 3));
  const quiet = bit(3, 5);
  return {
    tenants: bit(4, 3) || isCrowd ? ["t", "u"] : ["t"],
    callCount: count,
    lineCount: isCrowd ? count : 3,
    steps: isCrowd ? 30 : 45 + (mix(seed, 5) % 30),
    perStep: isCrowd ? Math.max(5, Math.floor(count / 10)) : 1,
    direct: byAdapter ? (bit(6, 2) ? ["a"] : []) : ["a", "b"],
    vendors: !byAdapter
      ? {}
      : bit(7, 3)
        ? { an: "anywherenow", vs: "vslogger" }
        : bit(8, 2)
          ? { an: "anywherenow" }
          : { vs: "vslogger" },
    aliases: bit(9, 3),
    survey: bit(10, 2),
    watch: bit(11, 5),
    blind: bit(12, 9),
    faults: quiet ? 0 : isCrowd ? 4 : 15,
    diskFaults: bit(13, 2) ? (isCrowd ? 5 : 38) : 0,
    slowDisk: bit(14, 4),
    clockJumps: bit(15, 4),
    crashes: !bit(16, 3),
    whenLogFails: bit(17, 6) ? "protect" : "refuse",
    slowReader: bit(18, 4) || isCrowd,
  };
}

/** One number out of two, well mixed. */
function mix(seed: number, name: number): number {
  let x = (seed * 0x9e3779b1 + name * 0x85ebca6b) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return (x ^ (x >>> 15)) >>> 0;
}
