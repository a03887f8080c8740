/**
 * Reads a file of signed notes in parts: heads are kept for good, and a string holds half a gigabyte.
 *
 * @module
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { splitNotes } from "../../../log/checkpoint.ts";

const PART_BYTES = 1 << 20;

/** The file's notes, the oldest first; none where there is no file. */
export function notesIn(path: string, partBytes: number = PART_BYTES): string[] {
  return [...notesFrom(path, partBytes)];
}

/** The same, one after the other: no more than a part of the file is in memory at once. */
export function* notesFrom(path: string, partBytes: number = PART_BYTES): Generator<string> {
  if (!existsSync(path)) return;
  const file = openSync(path, "r");
  const part = Buffer.alloc(partBytes);
  const decoder = new StringDecoder("utf8");
  let rest = "";
  try {
    for (let length = -1; length !== 0;) {
      length = readSync(file, part);
      const text = rest + (length === 0 ? decoder.end() : decoder.write(part.subarray(0, length)));
      const end = length === 0 ? text.length : text.lastIndexOf("\n") + 1;
      const lines = text.slice(0, end);
      const found = splitNotes(lines);
      // What follows may belong to the last.
      rest = length === 0 ? "" : (found.pop() ?? lines) + text.slice(end);
      yield* found;
    }
  } finally {
    closeSync(file);
  }
}
