import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { vendors } from "../../src/adapters/registry.ts";
import { editorSchema } from "../../src/policy/editorSchema.ts";

const FILE = new URL("../../schema/tacet.schema.json", import.meta.url);

/** `TACET_WRITE_SCHEMA=1 npx vitest run test/policy/editorSchema.test.ts` writes it anew. */
test("the schema for editors is the one that is checked", async () => {
  const made: unknown = JSON.parse(JSON.stringify(editorSchema(vendors)));
  if (process.env["TACET_WRITE_SCHEMA"] !== undefined) {
    await writeFile(FILE, `${JSON.stringify(made, null, 2)}\n`);
  }
  expect(JSON.parse(await readFile(FILE, "utf8"))).toEqual(made);
});
