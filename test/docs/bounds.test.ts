/** docs/bounds.md names constants and tests that there are. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/bounds.md", ROOT), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:---|what) /.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const tests = readdirSync(new URL("test/", ROOT), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => ({ path, text: readFileSync(new URL(`test/${path}`, ROOT), "utf8") }));

test("the page has every part of the house", () => {
  expect(rows.length).toBeGreaterThan(30);
});

test.each(rows.map(([, what = "", bound = ""]) => ({ what, bound })))(
  "the bound of $what is named in the file that is told",
  ({ bound }) => {
    const names = [...bound.matchAll(/((?:`\w+`(?:, )?)+) in ([\w/-]+\.ts)/g)];
    for (const [, all = "", file = ""] of names) {
      const text = readFileSync(new URL(`src/${file}`, ROOT), "utf8");
      for (const [, name = ""] of all.matchAll(/`(\w+)`/g)) expect(text).toContain(name);
    }
    expect(names.length > 0 || bound === "the calls remembered").toBe(true);
  },
);

test.each(rows.map(([, what = "", , , tested = ""]) => ({ what, tested })))(
  "the bound of $what has the test that is told",
  ({ tested }) => {
    const [, name = "", title = ""] = /^([\w.]+): `(.+)`$/.exec(tested) ?? [];
    const files = tests.filter(({ path }) => path.endsWith(`/${name}.test.ts`));
    expect(files.some(({ text }) => text.includes(title))).toBe(true);
  },
);
