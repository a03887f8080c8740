/** A file of signed heads is the same heads however it is read. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { splitNotes } from "../../src/log/checkpoint.ts";
import { newestGeneration } from "../../src/runtime/node/log/examine.ts";
import { notesIn } from "../../src/runtime/node/log/notesFile.ts";
import { temporaryFolder } from "./rig.ts";

const note = (size: number, signatures = 1) =>
  `tacet.example/acme\n${size}\nAAAA=\n\n${"— tacet.example/acme AbCd\n".repeat(signatures)}`;

test.each([
  ["one behind the other, some signed twice", [1, 2, 3].map((n) => `${note(n, n)}\n`).join("")],
  ["without lines between", note(1) + note(2)],
  ["the last one cut short", `${note(1)}\n${note(2).slice(0, 40)}`],
  ["cut amid a sign of several bytes", `${note(1)}\n${note(2).split("—")[0] ?? ""}`],
  ["nothing", ""],
  ["an empty line", "\n"],
])("read in parts of any length: %s", (_, text) => {
  const path = join(temporaryFolder(), "heads.log");
  writeFileSync(path, text);
  for (let partBytes = 1; partBytes < 200; partBytes += 1) {
    expect(notesIn(path, partBytes), `${partBytes}`).toEqual(splitNotes(text));
  }
});

test("no file has no heads", () => {
  expect(notesIn(join(temporaryFolder(), "heads.log"))).toEqual([]);
});

test("of more heads than a call has arguments the newest log's number is told", () => {
  const heads = Array.from({ length: 300_000 }, () => ({ generation: 1 }));
  expect(newestGeneration([...heads, { generation: 3 }, ...heads])).toBe(3);
  expect(newestGeneration([])).toBe(1);
});
