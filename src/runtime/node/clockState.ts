/**
 * Whether this machine's clock is kept right by somebody, as far as the system says: asked at a
 * start and on a timer, each question bounded. It stands in every entry.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import type { Entry } from "../../log/entry.ts";

export type ClockState = Entry["clock"];

const ASK_EVERY_MS = 60_000;
const ASK_MS_MAX = 2_000;
const OUTPUT_BYTES_MAX = 4_096;

/** One way to ask: undefined where it tells nothing. Never rejects. */
export type Question = () => Promise<ClockState | undefined>;

export interface ClockWatch {
  state(): ClockState;
  /** Settles after the first answer, or when no question has one. */
  readonly first: Promise<void>;
  stop(): void;
}

/** Runs a program without a shell; undefined where there is none, it fails or takes too long. */
function say(program: string, ...args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: ASK_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX, windowsHide: true };
    execFile(program, args, options, (error, out) => resolve(error === null ? out : undefined));
  });
}

/** The kernel's own word, by systemd (timedatectl(1)): any time service sets it. */
export const readTimedatectl = (out: string | undefined): ClockState | undefined => {
  const word = out?.trim();
  if (word === "yes") return "synced";
  return word === "no" ? "unsynced" : undefined;
};

/** `chronyc -c tracking`: the last field is the leap status (chronyc(1)). */
export const readChrony = (out: string | undefined): ClockState | undefined => {
  const status = out?.trim().split(",").at(-1);
  if (status === undefined || status === "") return undefined;
  if (status === "Not synchronised") return "unsynced";
  return ["Normal", "Insert second", "Delete second"].includes(status) ? "synced" : undefined;
};

const QUESTIONS: readonly Question[] = [
  async () => readTimedatectl(await say("timedatectl", "show", "-p", "NTPSynchronized", "--value")),
  async () => readChrony(await say("chronyc", "-c", "tracking")),
  // systemd-timesyncd(8) makes this file when it has set the clock since the system came up.
  async () => (existsSync("/run/systemd/timesync/synchronized") ? "synced" : undefined),
];

export async function askClock(questions: readonly Question[] = QUESTIONS): Promise<ClockState> {
  for (const question of questions) {
    const state = await question();
    if (state !== undefined) return state;
  }
  return "unknown";
}

/** `changed` hears of every change after the first answer. */
export function watchClock(
  changed: (before: ClockState, after: ClockState) => void,
  ask: () => Promise<ClockState> = askClock,
  everyMs = ASK_EVERY_MS,
): ClockWatch {
  let state: ClockState = "unknown";
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  async function look(isFirst: boolean): Promise<void> {
    const found = await ask();
    const before = state;
    state = found;
    if (!isFirst && before !== found && !stopped) changed(before, found);
    // Nobody is kept from ending by it.
    if (!stopped) timer = setTimeout(() => void look(false), everyMs).unref();
  }
  const first = look(true);
  return {
    state: () => state,
    first,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
