/** A log with calls, refusals and a signed head now and then, and a kit made of it. */
import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { KitFiles } from "../../client/kit/check.ts";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { kitCommand } from "../../src/runtime/node/kitCommand.ts";
import { payment } from "./events.ts";

export const AT = 1_795_312_000_000;

/** `calls` calls of acme, a minute apart, with a head after every tenth; gives the verifier key. */
export async function writeLog(folder: string, calls: number, name = "c"): Promise<string> {
  const log = await openLog({
    folder,
    originBase: "tacet.example",
    now: () => AT,
    ballastBytes: 0,
  });
  const denied = {
    at: AT,
    tenant: "acme",
    type: "AccessDenied",
    actor: { id: "<b>nobody</b>", kind: "system" },
    origin: { component: "http" },
    outcome: "denied",
  } as const;
  await log.enter([denied, { ...denied, tenant: "system" }]);
  for (let call = 0; call < calls; call += 1) {
    const windowId = name === "c" ? `w${call}` : `${name}-w${call}`;
    await log.append("acme", `${name}${call}`, 0, payment(windowId, AT + call * 60_000));
    if (call % 10 === 0) await log.checkpoint("acme");
  }
  await log.close();
  return log.verifierKey;
}

export async function makeKit(
  folder: string,
  out: string,
  ...more: readonly string[]
): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  const code = await kitCommand([folder, "--out", out, ...more], io);
  return { code, said: said.join("\n") };
}

/** The kit's files as its page gets them. */
export const filesIn = (folder: string): KitFiles => ({
  async read(path) {
    const full = join(folder, path);
    return existsSync(full) ? new Uint8Array(readFileSync(full)) : undefined;
  },
});
