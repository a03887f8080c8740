/** The bugs that simulation is shown to find are those the documentation tells of, and can be planted. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MUTANTS } from "./mutants/list.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("docs/simulation.md lists every planted bug with the seed that found it and the promise it broke", () => {
  const rows = [...read("docs/simulation.md").matchAll(/^\| ([^|]+) \| (\d+) \| (.+) \|$/gm)];
  expect(rows.map(([, name]) => name)).toEqual(MUTANTS.map(({ name }) => name));
  for (const [, name, , promise] of rows) {
    const words = [...(promise ?? "").matchAll(/`(\w+)`/g)].map(([, word]) => word ?? "");
    const breaks = MUTANTS.find((mutant) => mutant.name === name)?.breaks ?? [];
    expect(
      words.some((word) => breaks.includes(word)),
      name,
    ).toBe(true);
  }
});

test("every promise that is judged is broken by a planted bug", () => {
  const judged = [...read("docs/simulation.md").matchAll(/^\| `(\w+)` \| /gm)].map(
    ([, word]) => word,
  );
  const rows = [...read("docs/simulation.md").matchAll(/^\| [^|]+ \| \d+ \| (.+) \|$/gm)];
  const broken = rows.map(([, words]) => words).join();
  expect(judged.length).toBeGreaterThan(10);
  expect(judged.filter((word) => !broken.includes(`\`${word}\``))).toEqual([]);
});

test("each planted bug takes the place of a text that stands in its file once", () => {
  for (const { edits, name } of MUTANTS)
    for (const edit of edits)
      expect(read(edit.file).split(edit.old), `${name}: ${edit.file}`).toHaveLength(2);
});
