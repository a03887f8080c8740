import { readFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { recorderTable } from "../../src/adapters/registry.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

test("the README's recorder table is the adapters' own capability data", () => {
  expect(readme).toContain(recorderTable().trim());
});

test("every document that the README and docs/architecture.md link to is there", () => {
  const docs = new URL("../../docs/", import.meta.url);
  const pages: readonly (readonly [URL, string])[] = [
    [new URL("../", docs), readme],
    [docs, readFileSync(new URL("architecture.md", docs), "utf8")],
  ];
  for (const [base, text] of pages) {
    for (const [, link = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(existsSync(new URL(link, base)), link).toBe(true);
    }
  }
});

test("every protection word is explained", () => {
  for (const word of [
    "recording",
    "securing",
    "secured",
    "unsecured",
    "resuming",
    "stalled",
    "ended",
  ]) {
    expect(readme).toMatch(new RegExp(`\\| \`${word}\` \\|`));
  }
});
