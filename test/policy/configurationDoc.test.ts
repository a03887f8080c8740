import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { vendors } from "../../src/adapters/registry.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { SCOPES } from "../../src/policy/principal.ts";
import { findReferences } from "../../src/policy/references.ts";
import { leavesOf } from "./leaves.ts";

const text = await readFile(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const rows = new Map(
  [...text.matchAll(/^\| `([^`]+)` \| (.+?) \| (.+) \|$/gm)].map(([, path, standard, words]) => [
    path ?? "",
    { standard: standard ?? "", words: words ?? "" },
  ]),
);
const leaves = leavesOf(vendors);
const ofVendors = (path: string) => path.startsWith("recorders.<id>.settings.");

test.each(leaves.map((leaf) => [leaf.path, leaf] as const))(
  "docs/configuration.md tells of %s, and its default",
  (path, leaf) => {
    const row = rows.get(ofVendors(path) ? path.replace("recorders.<id>.", "") : path);
    expect(row?.words).toBeTruthy();
    // Two vendors may have a setting of one name; their rows stand apart.
    if (ofVendors(path) || row?.standard === "all") return;
    const told = leaf.required ? "required" : "none";
    const standard = leaf.standard === undefined ? told : `\`${JSON.stringify(leaf.standard)}\``;
    expect(row?.standard).toBe(standard);
  },
);

test("docs/configuration.md tells of no setting that there is not", () => {
  const known = new Set(
    leaves.map(({ path }) => path.replace("recorders.<id>.settings", "settings")),
  );
  const settings = [...rows.keys()].filter((path) => /^[\w<>[\]]+\.|^sandbox$/.test(path));
  expect(settings.filter((path) => !known.has(path))).toEqual([]);
});

test.each(SCOPES)("docs/configuration.md says what the scope %s lets", (scope) => {
  expect(text).toMatch(new RegExp(`^\\| \`${scope}\` \\| .+ \\|$`, "m"));
});

test("the example in docs/configuration.md holds together", () => {
  const example: unknown = parse(/```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? "");
  const resolved = findReferences(example).map(({ path }) => ({
    path,
    ok: true as const,
    value: "a secret",
  }));
  expect(parseConfig(example, vendors, { resolved })).toMatchObject({ ok: true });
});
