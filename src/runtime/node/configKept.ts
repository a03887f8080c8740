/**
 * The configuration of the last start, without its secrets, kept beside the log so that a change
 * can be entered with the paths that changed.
 *
 * @module
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../../control/call.ts";

const NAME = "configuration.json";

/** Undefined at the first start, or where what was kept cannot be read. */
export async function readKept(folder: string): Promise<Json | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, NAME), "utf8")) as Json;
  } catch {
    return undefined;
  }
}

export async function replaceKept(folder: string, document: Json): Promise<void> {
  const path = join(folder, NAME);
  await writeFile(`${path}.new`, `${JSON.stringify(document, null, 1)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
