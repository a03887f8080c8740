/** The system log of a folder, as `tacet log` prints it. */
import { join } from "node:path";
import { logCommand } from "../../src/runtime/node/logCommand.ts";
import type { Entry } from "./client.ts";

export async function systemEntries(place: string, type: string): Promise<readonly Entry[]> {
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => {} };
  await logCommand([join(place, "log"), "--tenant", "system", "--type", type], io);
  return lines.map((line) => JSON.parse(line) as Entry);
}
