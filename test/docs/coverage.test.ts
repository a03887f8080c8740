/** docs/coverage.md names code and tests that there are, for every item of the five documents. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/coverage.md", ROOT), "utf8");

interface Row {
  readonly section: string;
  readonly item: string;
  readonly cells: readonly string[];
}

const rows: Row[] = page.split(/^## /m).flatMap((text) => {
  const [section = ""] = text.split("\n", 1);
  return text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:---|item )/.test(line))
    .map((line) => line.slice(2, -2).split(" | "))
    .map((cells) => ({ section, item: cells[0] ?? "", cells }));
});

/** `file`: title, and several with semicolons between. */
const named = (cell: string) =>
  [...cell.matchAll(/`(test\/[\w./]+\.ts)`: (.+?)(?=; `test\/|$)/g)].map(
    ([, file = "", title = ""]) => ({ file, title }),
  );

/** How many items each document has, at least. */
const COUNTS = { AnywhereNow: 17, Versadial: 26, Revcord: 10, Noojee: 13, Fonouc: 12, Asterisk: 7 };

test.each(Object.entries(COUNTS))("every item of %s has its row", (vendor, count) => {
  expect(rows.filter(({ section }) => section.startsWith(vendor)).length).toBeGreaterThanOrEqual(
    count,
  );
});

test("every item has a home and at least one test", () => {
  for (const { cells, item } of rows) {
    expect(cells, item).toHaveLength(3);
    expect(cells[1], item).not.toBe("");
    expect(named(cells[2] ?? "").length, item).toBeGreaterThan(0);
  }
});

test("the code that is named is there", () => {
  for (const [, path = ""] of page.matchAll(/`(src\/[\w/.-]+)`/g)) {
    expect(existsSync(new URL(path, ROOT)), path).toBe(true);
  }
  for (const [, link = ""] of page.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
    expect(existsSync(new URL(link, new URL("docs/", ROOT))), link).toBe(true);
  }
});

test("what is never sent is shown by the test of what is sent", () => {
  const never = rows.filter(({ cells }) => cells[1]?.includes("**never sent**"));
  expect(never.length).toBeGreaterThanOrEqual(6);
  for (const { cells, item } of never) {
    expect(cells[2], item).toContain("test/adapters/neverSent.test.ts");
  }
});

test("what is not built yet says what stands instead", () => {
  const open = rows.filter(({ cells }) => cells[1]?.includes("Not built yet"));
  for (const { cells, item } of open) expect(cells[1], item).toMatch(/What stands: \S/);
});

const escaped = (text: string) => text.replaceAll(/[.*+?^${"$"}{}()|[\]\\]/g, "\\$&");

test.each(
  rows
    .flatMap(({ cells }) => named(cells[2] ?? ""))
    .map(({ file, title }) => [file, title] as const),
)("%s has a test: %s", (file, title) => {
  expect(existsSync(new URL(file, ROOT))).toBe(true);
  // A quote that is escaped in the source is none on the page. Whole: to the literal's end.
  const text = readFileSync(new URL(file, ROOT), "utf8").replaceAll("\\", "");
  expect(text).toMatch(new RegExp(`["'\`]${escaped(title.replaceAll("\\", ""))}["'\`]`));
});
