import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PROBLEMS } from "../../src/http/problem.ts";

const PAGE = new URL("../../docs/api.md", import.meta.url);
const PLACE = /(<!-- codes: .* -->\n)[^]*(<!-- end -->)/;

const table = [
  "| status | code | means | what to do |",
  "| --- | --- | --- | --- |",
  ...Object.entries(PROBLEMS)
    .toSorted(([, a], [, b]) => a.status - b.status)
    .map(([code, { help, status, title }]) => `| ${status} | \`${code}\` | ${title} | ${help} |`),
  "",
].join("\n");

// UPDATE_GOLDEN=1 writes the table anew.
test("the page lists every code, with its status and what to do about it", () => {
  const page = readFileSync(PAGE, "utf8");
  const written = page.replace(PLACE, (_, begin: string, end: string) => begin + table + end);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, written);
  expect(readFileSync(PAGE, "utf8")).toBe(written);
});
