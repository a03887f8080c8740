/**
 * Looks into SQLite's write-ahead log from outside, so that a process can be killed inside a
 * transaction: the log then ends in frames that no commit follows
 * (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { constants, setPriority } from "node:os";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

interface Tail {
  /** Where the next frame will be written. */
  readonly at: number;
  /** The last frame ends no commit. */
  readonly isOpen: boolean;
}

/** Reads on from `from`; frames of an earlier round of the file carry other salts. */
function tailOf(file: number, from?: Tail): Tail {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) {
    return { at: HEADER_BYTES, isOpen: false };
  }
  const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
  const salts = header.subarray(16, 24);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES);
  let { at, isOpen } = from ?? { at: HEADER_BYTES, isOpen: false };
  for (;;) {
    const count = readSync(file, frame, 0, FRAME_HEADER_BYTES, at);
    if (count < FRAME_HEADER_BYTES || !frame.subarray(8, 16).equals(salts)) return { at, isOpen };
    // A frame that ends a commit tells the database's size.
    isOpen = frame.readUInt32BE(4) === 0;
    at += frameBytes;
  }
}

export function endsInsideTransaction(path: string): boolean {
  if (!existsSync(path)) return false;
  const file = openSync(path, "r");
  try {
    return tailOf(file).isOpen;
  } finally {
    closeSync(file);
  }
}

const TRY_MS_MAX = 500;

/**
 * Stops the process as soon as it is seen writing a frame, and again until it stands in the middle of
 * a transaction, where it is left for who kills it. Gives up after a while. Looks without a pause, so
 * nothing else runs meanwhile.
 */
export function stopInsideTransaction(pid: number, path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, "r");
  // It has others to wait for in the middle of what it does.
  for (const thread of threadsOf(pid)) {
    setPriority(thread, constants.priority.PRIORITY_LOW);
  }
  const until = performance.now() + TRY_MS_MAX;
  const [salts, seen] = [Buffer.alloc(8), Buffer.alloc(8)];
  try {
    readSync(file, salts, 0, 8, 16);
    let tail = tailOf(file);
    while (performance.now() < until) {
      readSync(file, seen, 0, 8, tail.at + 8);
      if (seen.compare(salts) !== 0) continue;
      process.kill(pid, "SIGSTOP");
      while (!threadsOf(pid).every((thread) => isStopped(pid, thread)));
      tail = tailOf(file, tail);
      if (tail.isOpen) return;
      process.kill(pid, "SIGCONT");
    }
  } finally {
    closeSync(file);
  }
}

/** The log is written by a thread of its own. */
const threadsOf = (pid: number): number[] => readdirSync(`/proc/${pid}/task`).map(Number);

function isStopped(pid: number, thread: number): boolean {
  try {
    return / T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"));
  } catch {
    return true;
  }
}
