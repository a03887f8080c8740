/** The PCI DSS mapping and the MiFID note are worth what their tests are. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hasTitle, named, rowsOf } from "./named.ts";

const ROOT = new URL("../../", import.meta.url);

describe.each([
  ["docs/pci-dss.md", 30],
  ["docs/mifid.md", 8],
] as const)("%s", (page, least) => {
  const rows = rowsOf(page);
  const tests = rows.flatMap(({ cells }) => named(cells[2] ?? ""));

  test("every requirement has a behaviour and a test", () => {
    expect(rows.length).toBeGreaterThanOrEqual(least);
    for (const { cells } of rows) expect(named(cells[2] ?? "").length, cells[0]).toBeGreaterThan(0);
  });

  test.each(tests.map(({ file, name }) => [file, name] as const))("%s has: %s", (file, name) => {
    expect(existsSync(new URL(file, ROOT))).toBe(true);
    expect(hasTitle(file, name)).toBe(true);
  });

  test("what tacet does not do is said", () => {
    const text = readFileSync(new URL(page, ROOT), "utf8");
    expect(text).toMatch(/^## What tacet does not do$/m);
    expect(text).toContain("from second hand");
  });
});

test("the PCI mapping says what pause and resume takes out of scope, and that tacet stays in", () => {
  const text = readFileSync(new URL("docs/pci-dss.md", ROOT), "utf8");
  expect(text).toContain("takes **recordings** out of scope at most");
  expect(text).toContain("**so does tacet**");
});

test("a title that no test has is found missing", () => {
  expect(hasTitle("test/docs/pci.test.ts", "a title that no test has is found missing")).toBe(true);
  expect(hasTitle("test/docs/readme.test.ts", "nobody ever wrote this")).toBe(false);
});
