/** What a page loads: small, whole, typed, and with nothing in it that a page did not ask for. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "../../client/build.ts";
import pkg from "../../client/package.json" with { type: "json" };

const folder = mkdtempSync(join(tmpdir(), "tacet-client-"));
let weights: ReadonlyMap<string, number>;
beforeAll(() => {
  weights = build(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the guard weighs less than 8 kB compressed, the indicator less than 6", () => {
  expect(weights.get("guard")).toBeLessThan(8_000);
  expect(weights.get("indicator")).toBeLessThan(6_000);
});

test("each is one module without imports, and its types come with it", () => {
  for (const { default: path, types } of Object.values(pkg.exports)) {
    const text = readFileSync(path.replace("./dist", folder), "utf8");
    expect(text).not.toMatch(/\b(?:import|require)\s*\(?["']/);
    expect(text).not.toMatch(/\beval\b|new Function/);
    expect(readFileSync(types.replace("./dist", folder), "utf8")).toContain("export");
  }
  expect(readdirSync(folder)).toContain("stream.d.ts");
});

test("it depends on nothing", () => {
  expect(pkg).not.toHaveProperty("dependencies");
});
