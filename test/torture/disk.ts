/**
 * A disk that fills up under the log, in the ways that this machine allows. With root's rights the log
 * lies on a tmpfs of its own that shrinks to what is used; and where `prlimit` is, no file of the
 * process may grow beyond a size (`RLIMIT_FSIZE`).
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, statfsSync } from "node:fs";

export interface Fullness {
  readonly name: "tmpfs" | "rlimit";
  /** Facts can still be spooled while it is full, so that even a kill then loses nothing. */
  readonly spools: boolean;
  /** Called again and again while it lasts: what was given up is taken too. */
  fill(pid: number): void;
  /** The process may be gone already. */
  relieve(pid: number): void;
}

export interface Disk {
  readonly ways: readonly Fullness[];
  /** Where the log lies goes away with `close`. */
  readonly isMounted: boolean;
  /** In words, for whoever reads the result. */
  readonly words: string;
  close(): void;
}

/** Room for the spool, and not for the database. */
const FILE_BYTES_MAX = 262_144;
const TMPFS = "768m";
const run = (command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { stdio: ["ignore", "pipe", "ignore"] });

function tried<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}

/** Takes what this machine allows. `folder` is where the log will be. */
export function diskFor(folder: string, wish: "any" | "tmpfs" | "rlimit"): Disk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ways = [
    wish === "rlimit" ? undefined : tmpfs(folder),
    wish === "tmpfs" ? undefined : limits(),
  ].filter((way) => way !== undefined);
  const names = {
    tmpfs: "a tmpfs that shrank (root)",
    rlimit: `files of ${FILE_BYTES_MAX} bytes at most (RLIMIT_FSIZE, no root)`,
  };
  const words = ways.map(({ name }) => names[name]).join(", or ");
  return {
    ways,
    isMounted: ways.some(({ name }) => name === "tmpfs"),
    words: words === "" ? "never full: neither a tmpfs nor prlimit can be had" : `full by ${words}`,
    close: () => void tried(() => run("umount", "-l", folder)),
  };
}

function tmpfs(folder: string): Fullness | undefined {
  const options = `size=${TMPFS},mode=0700`;
  const mounted = tried(() => run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder));
  if (mounted === undefined) return undefined;
  const resize = (size: string) => run("mount", "-o", `remount,size=${size}`, folder);
  return {
    name: "tmpfs",
    spools: false,
    fill() {
      const { bfree, blocks, bsize } = statfsSync(folder);
      // Where it grew between the look and the cut: the next time.
      tried(() => resize(String((blocks - bfree) * bsize)));
    },
    relieve: () => void resize(TMPFS),
  };
}

function limits(): Fullness | undefined {
  if (tried(() => run("prlimit", "--version")) === undefined) return undefined;
  const limit = (pid: number, size: string) =>
    // Where the process is gone, the next one has no limit.
    tried(() => run("prlimit", `--fsize=${size}:unlimited`, "--pid", String(pid)));
  return {
    name: "rlimit",
    spools: true,
    fill: (pid) => void limit(pid, String(FILE_BYTES_MAX)),
    relieve: (pid) => void limit(pid, "unlimited"),
  };
}
