/**
 * Which of tacet's files others on this machine could read or change. What tacet makes itself is
 * its own alone; this looks at what was there before, or was changed since.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

export interface Exposed {
  readonly path: string;
  /** What others could do, and what to do about it. */
  readonly detail: string;
}

/** Meant for everybody to read, and for nobody else to change. */
const PUBLIC = new Set(["key.pub", "keys.pub"]);
const GROUP_AND_OTHERS = 0o077;
const OTHERS_READ = 0o004;
const NOT_OWNER_WRITES = 0o022;
/** A folder of more files than this is none of tacet's; nor are these looked at. */
const FILE_COUNT_MAX = 10_000;

/** The log's folder and the files in it. Never throws: what cannot be looked at is left out. */
export function exposedIn(folder: string): readonly Exposed[] {
  const names = listed(folder).slice(0, FILE_COUNT_MAX);
  return [
    ...look(folder, GROUP_AND_OTHERS, "0700"),
    ...names.flatMap((name) => {
      const path = join(folder, name);
      if (isFolder(path)) return look(path, GROUP_AND_OTHERS, "0700");
      return PUBLIC.has(name)
        ? look(path, NOT_OWNER_WRITES, "0644")
        : look(path, GROUP_AND_OTHERS, "0600");
    }),
  ];
}

/** Files that hold secrets somebody else put there, such as a mounted one: a group may read them. */
export const exposedSecrets = (paths: readonly string[]): readonly Exposed[] =>
  [...new Set(paths)].flatMap((path) => look(path, OTHERS_READ | NOT_OWNER_WRITES, "0640 or 0600"));

/** Throws where anybody but its owner can read or change a file that opens everything. */
export function refuseExposed(path: string): void {
  const [exposed] = look(path, GROUP_AND_OTHERS, "0600");
  if (exposed !== undefined) throw new Error(`${path} ${exposed.detail}`);
}

function look(path: string, forbidden: number, mode: string): readonly Exposed[] {
  const bits = modeOf(path) & forbidden;
  if (bits === 0) return [];
  const what = (bits & NOT_OWNER_WRITES) === 0 ? "read" : "changed";
  return [{ path, detail: `can be ${what} by others. Set its mode to ${mode}.` }];
}

/** 0 where there is none, or where modes say nothing. */
function modeOf(path: string): number {
  if (process.platform === "win32") return 0;
  try {
    return statSync(path).mode;
  } catch {
    return 0;
  }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
