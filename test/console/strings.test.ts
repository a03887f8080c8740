/** The one table of strings: no language leaves out, or adds, what a sentence is given. */
import { expect, test } from "vitest";
import { LANGUAGES } from "../../src/console/say.ts";

const holesOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([all]) => all).sort();

test("every language says a sentence with the same values, and leaves none empty", () => {
  const { en, ...others } = LANGUAGES;
  for (const [language, strings] of Object.entries(others)) {
    for (const [key, text] of Object.entries(strings)) {
      const where = `${language} ${key}`;
      expect(text.trim(), where).not.toBe("");
      expect([where, ...holesOf(text)]).toEqual([where, ...holesOf(en[key as keyof typeof en])]);
    }
    expect(Object.keys(strings).sort()).toEqual(Object.keys(en).sort());
  }
});

test("no sentence holds a mark of HTML: it is text wherever it stands", () => {
  for (const strings of Object.values(LANGUAGES))
    for (const [key, text] of Object.entries(strings)) expect(text, key).not.toMatch(/[<>]|&\w+;/);
});
