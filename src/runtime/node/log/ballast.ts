/**
 * A file that takes up space until the disk is full: given up, it leaves room for the facts that
 * matter most, and time to act.
 *
 * @module
 */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface Ballast {
  /** Gives the space up; false where it was given up before. */
  giveUp(): boolean;
  /** Takes the space again where there is plenty. Never throws. */
  restore(): void;
}

/** `bytes` 0 keeps none. */
export function ballastAt(path: string, bytes: number): Ballast {
  return {
    giveUp() {
      if (!existsSync(path)) return false;
      rmSync(path, { force: true });
      return true;
    },
    restore() {
      try {
        if (bytes > 0 && !existsSync(path) && hasRoom(path, bytes)) fill(path, bytes);
      } catch {
        rmSync(path, { force: true });
      }
    },
  };
}

function hasRoom(path: string, bytes: number): boolean {
  const { bavail, bsize } = statfsSync(dirname(path));
  return bavail * bsize > 4 * bytes;
}

function fill(path: string, bytes: number): void {
  const file = openSync(path, "wx", 0o600);
  try {
    const block = Buffer.alloc(1 << 20);
    for (let left = bytes; left > 0; left -= block.length) {
      writeSync(file, block, 0, Math.min(left, block.length));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
