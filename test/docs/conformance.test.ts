/** docs/conformance.md explains every check and every option there is, and no others. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CONFORM_HELP } from "../../src/runtime/node/conform/ask.ts";
import { CHECKS } from "../../src/runtime/node/conform/checks.ts";

const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");
const rowsUnder = (heading: string): readonly string[] => {
  const [, after = ""] = page.split(`## ${heading}\n`);
  const [section = ""] = after.split("\n## ");
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:---|row |option )/.test(line))
    .map((line) => line.split(" | ")[0]?.slice(2) ?? "");
};

test("every row of a report is explained, in its order", () => {
  expect(rowsUnder("What each row means")).toEqual(CHECKS.map(({ title }) => title));
});

test("every option is explained, and none that there is not", () => {
  const options = Object.keys(CONFORM_HELP.terms).filter((term) => term.startsWith("--"));
  const explained = rowsUnder("Options").map((cell) => /^`(--[a-z-]+)/.exec(cell)?.[1]);
  expect(new Set(explained)).toEqual(new Set(options));
});

test("the example is a report as it is written now", () => {
  for (const { title } of CHECKS) expect(page).toContain(`    | ${title} | `);
});
