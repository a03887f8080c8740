/**
 * How large a load is, from the command line.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

export interface Sizes {
  /** Desktops, each subscribed to its own agent. */
  readonly sockets: number;
  /** Readers of every call, five bursts a second. */
  readonly walls: number;
  /** Readers of every call that never read. */
  readonly stuck: number;
  /** Live calls that payments are made on, one of an agent's each. */
  readonly calls: number;
  /** Windows opened a second, whatever becomes of the ones before. */
  readonly rate: number;
  readonly seconds: number;
  /** How long each window stays open once it was answered. */
  readonly holdMs: number;
  readonly recorderMs: number;
}

const FULL: Sizes = {
  sockets: 10_000,
  walls: 20,
  stuck: 200,
  calls: 2_000,
  rate: 500,
  seconds: 60,
  holdMs: 1_000,
  recorderMs: 5,
};
/** Well below what two shared cores carry, and everything is still there. */
const SMALL: Partial<Sizes> = {
  sockets: 500,
  walls: 4,
  stuck: 20,
  calls: 400,
  rate: 60,
  seconds: 7,
};

export interface Options extends Sizes {
  readonly check: boolean;
  /** Writes the service's processor profile into this folder. */
  readonly profile?: string;
}

export function optionsOf(args: readonly string[]): Options {
  const number = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      small: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      profile: { type: "string" },
      sockets: number,
      walls: number,
      stuck: number,
      calls: number,
      rate: number,
      seconds: number,
      hold: number,
      recorder: number,
    },
  });
  const base = values.small ? { ...FULL, ...SMALL } : FULL;
  const { check, hold, profile, recorder } = values;
  const sizes = {
    sockets: numberOf("sockets", values.sockets, base.sockets),
    walls: numberOf("walls", values.walls, base.walls),
    stuck: numberOf("stuck", values.stuck, base.stuck),
    calls: numberOf("calls", values.calls, base.calls),
    rate: numberOf("rate", values.rate, base.rate),
    seconds: numberOf("seconds", values.seconds, base.seconds),
    holdMs: numberOf("hold", hold, base.holdMs),
    recorderMs: numberOf("recorder", recorder, base.recorderMs),
  };
  return { ...sizes, check, ...(profile !== undefined && { profile }) };
}

function numberOf(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`);
  return value;
}

/** Files and connections a process needs beside its sockets. */
const FILES_BESIDE = 600;

/** What to do about the system's limit of open files, where it is too low for this many sockets. */
export function fileLimitFlaw({ sockets, stuck, walls }: Sizes): string | undefined {
  const needed = sockets + stuck + walls + FILES_BESIDE;
  const allowed = openFilesMax();
  if (allowed >= needed) return undefined;
  return (
    `${needed} open files are needed by one process, and this system allows ${allowed}.\n` +
    `Raise it in this shell first (\`ulimit -Hn ${needed} && ulimit -n ${needed}\`, as root, or\n` +
    "in /etc/security/limits.conf), or run with fewer: `npm run load -- --sockets " +
    `${Math.max(0, allowed - stuck - walls - FILES_BESIDE)}\`.`
  );
}

/** Node raises its own limit to the hard one at start, so that is the one that counts. */
function openFilesMax(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
    return hard === undefined || hard === "unlimited" ? Infinity : Number(hard);
  } catch {
    // No such file on this system: the sockets themselves will tell.
    return Infinity;
  }
}
