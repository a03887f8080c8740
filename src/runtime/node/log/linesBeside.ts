/**
 * The lines of `entries.ndjson` beside a folder's tiles, which people and other programs read: they
 * must be the very entries that the tiles vouch for.
 *
 * @module
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

export interface LinesBeside {
  /** Whether the next line is this entry. */
  isNext(entry: Uint8Array): boolean;
  /** Whether nothing follows. */
  isOver(): boolean;
  close(): void;
}

/** Undefined where there is no such file. */
export function linesBeside(path: string): LinesBeside | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "r");
  let at = 0;
  return {
    isNext(entry) {
      const line = Buffer.alloc(entry.length + 1);
      const read = readSync(file, line, 0, line.length, at);
      at += read;
      return read === line.length && line.at(-1) === NEWLINE && line.subarray(0, -1).equals(entry);
    },
    isOver: () => fstatSync(file).size === at,
    close: () => closeSync(file),
  };
}

const NEWLINE = 10;
