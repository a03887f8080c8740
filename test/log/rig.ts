/**
 * A log in a folder of its own for one test, and the signing clock it runs on.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type NodeLog, type OpenLogOptions, openLog } from "../../src/runtime/node/log/openLog.ts";

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tacet-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function openTestLog(
  folder: string,
  options: Partial<OpenLogOptions> = {},
): Promise<NodeLog> {
  const log = await openLog({
    folder,
    originBase: "tacet.example",
    now: () => 1_795_312_000_000,
    ballastBytes: 0,
    ...options,
  });
  onTestFinished(() => log.close());
  return log;
}
