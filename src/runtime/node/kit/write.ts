/**
 * Writes an auditor's kit into a folder.
 *
 * @module
 */
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type KitMade, kitFiles } from "./files.ts";
import type { KitSource } from "./source.ts";

/** Whose the log is may read it, until they hand it over. */
const OWN = 0o600;

/** `out`: a folder that is there and empty. Throws `NoKit`; what was written is left to the caller. */
export async function writeKit(source: KitSource, out: string): Promise<KitMade> {
  const kit = await kitFiles(source);
  for (const { parts, path } of kit.files()) {
    const whole = join(out, path);
    mkdirSync(dirname(whole), { recursive: true, mode: 0o700 });
    const file = openSync(whole, "wx", OWN);
    try {
      for (const part of parts) writeFileSync(file, part);
    } finally {
      closeSync(file);
    }
  }
  return kit;
}
