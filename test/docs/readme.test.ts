import { readdirSync, readFileSync } from "node:fs";
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

const TESTS = new URL("../", import.meta.url);
/** Folders may have files of one name. */
const textOf = (file: string): string =>
  readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.split("/").at(-1) === file)
    .map((path) => readFileSync(new URL(path, TESTS), "utf8"))
    .join("\n");
const promises = [...readme.matchAll(/^\| (.+) \| (\S+\.test\.ts): (.+) \|$/gm)];

test("the README makes promises", () => {
  expect(promises.length).toBeGreaterThan(12);
});

test.each(promises.map(([, promise = "", file = "", title = ""]) => [promise, file, title]))(
  "the README's promise has its test: %s",
  (_, file, title) => {
    const text = textOf(file ?? "");
    // A title stands in one literal, or behind a name in a table of tests.
    expect([`"${title}"`, `): ${title}"`].some((literal) => text.includes(literal))).toBe(true);
  },
);
