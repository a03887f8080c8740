/**
 * A disk that fills up under the log, in the ways that this machine allows. Where `prlimit` is, no
 * file of the process may grow beyond a size (`RLIMIT_FSIZE`). With root's rights the log moves,
 * between two lives of the service, to a tmpfs of its own that shrinks to what is used.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, renameSync, rmSync, statfsSync } from "node:fs";

export type Way = "tmpfs" | "rlimit";

export interface Fullness {
  readonly name: Way;
  /** Facts can still be spooled while it is full, so that even a kill then loses nothing. */
  readonly spools: boolean;
  /** Called again and again while it lasts: what was given up is taken too. */
  fill(pid: number): void;
  /** The process may be gone already. */
  relieve(pid: number): void;
}

export interface Disk {
  /** As the log lies now. */
  readonly ways: readonly Fullness[];
  readonly canMove: boolean;
  /** To a tmpfs, while nobody has the log open. */
  move(): void;
  /** Where the log lies goes away with `close`. */
  readonly isMounted: boolean;
  close(): void;
}

/** Room for the spool, and not for the database. */
const FILE_BYTES_MAX = 262_144;
const TMPFS = "size=768m,mode=0700";
const run = (command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { stdio: ["ignore", "pipe", "ignore"] });

function tried<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
const mount = (folder: string) =>
  tried(() => run("mount", "-t", "tmpfs", "-o", TMPFS, "tmpfs", folder));
const unmount = (folder: string) => void tried(() => run("umount", "-l", folder));

/** `folder` is where the log will be. Nothing is in it yet. */
export function diskFor(folder: string, wish: Way | "any"): Disk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const isMountable = wish !== "rlimit" && mount(folder) !== undefined;
  if (isMountable) unmount(folder);
  const limited = wish === "tmpfs" ? undefined : limits();
  const shrunk = shrinking(folder);
  let isMounted = false;
  return {
    get ways() {
      return [limited, isMounted ? shrunk : undefined].filter((way) => way !== undefined);
    },
    get canMove() {
      return isMountable && !isMounted;
    },
    move() {
      const before = `${folder}-before`;
      renameSync(folder, before);
      mkdirSync(folder, { mode: 0o700 });
      mount(folder);
      isMounted = true;
      cpSync(before, folder, { recursive: true, preserveTimestamps: true });
      rmSync(before, { recursive: true });
    },
    get isMounted() {
      return isMounted;
    },
    close: () => unmount(folder),
  };
}

function shrinking(folder: string): Fullness {
  return {
    name: "tmpfs",
    spools: false,
    fill() {
      const { bfree, blocks, bsize } = statfsSync(folder);
      const size = `remount,size=${(blocks - bfree) * bsize}`;
      // Where it grew between the look and the cut: the next time.
      tried(() => run("mount", "-o", size, folder));
    },
    relieve: () => void run("mount", "-o", `remount,${TMPFS}`, folder),
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
