/** Policy and alerts may not import one another: the kinds that can be asked for are those there are. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ALERT_KINDS } from "../../src/alerts/alert.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../schema/tacet.schema.json", import.meta.url), "utf8"),
) as unknown;

/** Every list of allowed words that stands anywhere in the schema. */
function enumsIn(value: unknown): readonly (readonly unknown[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === "enum" && Array.isArray(member) ? [member] : enumsIn(member),
  );
}

test("a configuration can ask for every kind of alert, and for no other", () => {
  const kinds = enumsIn(schema).filter((words) => words.includes("paused_by_other"));
  expect(kinds.length).toBeGreaterThan(0);
  for (const words of kinds) expect(words).toEqual([...ALERT_KINDS]);
});
