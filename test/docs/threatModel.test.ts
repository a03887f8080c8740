/** The threat model is worth what its tests are: each one it names is there, under that name. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/threat-model.md", ROOT), "utf8");

interface Row {
  readonly section: string;
  readonly cells: readonly string[];
}

const rows: Row[] = page.split(/^## /m).flatMap((text) => {
  const [section = ""] = text.split("\n", 1);
  return text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:---|what )/.test(line))
    .map((line) => ({ section, cells: line.slice(2, -2).split(" | ") }));
});

/** `file`: name, and several with semicolons between. */
const named = (cell: string) =>
  [...cell.matchAll(/`(test\/[\w./]+\.ts)`: (.+?)(?=; `test\/|$)/g)].map(
    ([, file = "", name = ""]) => ({
      file,
      name,
    }),
  );

/** What is given to `test` and `describe` in a file, or stands in it as a case's own name. */
const namesIn = (file: string): string => readFileSync(new URL(file, ROOT), "utf8");

test("every threat has an answer and at least one test", () => {
  expect(rows.length).toBeGreaterThan(40);
  for (const { cells, section } of rows) {
    expect(cells, `${section}: ${cells[0]}`).toHaveLength(3);
    expect(named(cells[2] ?? "").length, `${section}: ${cells[0]}`).toBeGreaterThan(0);
  }
});

test.each(
  rows.flatMap(({ cells }) => named(cells[2] ?? "")).map(({ file, name }) => [file, name] as const),
)("%s has a test: %s", (file, name) => {
  expect(existsSync(new URL(file, ROOT))).toBe(true);
  // A quote that is escaped in the source is none on the page.
  expect(namesIn(file).replaceAll("\\", "")).toMatch(
    new RegExp(`["'\`][^"\`\\n]*${name.replaceAll(/[.*+?^${"$"}{}()|[\]\\]/g, "\\$&")}`),
  );
});

test("what is not defended is said", () => {
  const [, open = ""] = page.split("## What is not defended");
  expect(open.match(/^- \*\*/gm)?.length).toBeGreaterThanOrEqual(8);
});
