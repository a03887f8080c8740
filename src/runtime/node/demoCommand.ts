/**
 * `tacet demo`: a payment played through the running service, over HTTP and WebSocket only, and
 * its log checked and then tampered with. Exits non-zero where any step is not as said.
 *
 * @module
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DemoClient } from "./demoClient.ts";
import { playPayment } from "./demoStory.ts";
import { type Help, usageOf } from "./help.ts";
import { nodeLogger } from "./logging.ts";
import { type Output, messageOf } from "./output.ts";
import { type Sandbox, startSandbox } from "./sandbox.ts";
import { verifyCommand } from "./verifyCommand.ts";

/** Short, so that nobody waits for a lease to end. */
const RULES = { confirmMsMax: 800, graceMs: 500, waitMsDefault: 1_500 };

export const DEMO_HELP: Help = {
  name: "demo",
  does: "Plays a payment through the sandbox, and says whether every step held.",
  usage: [""],
  terms: {},
  exit: { 0: "every step was as said", 1: "one was not", 2: "the arguments do not fit" },
  examples: ["tacet demo"],
};

export async function demoCommand(args: readonly string[], io: Output): Promise<number> {
  if (args.length > 0) {
    io.err(usageOf(DEMO_HELP));
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "tacet-demo-"));
  const startedAt = performance.now();
  const say = (who: string, line: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(2).padStart(6);
    io.out(`${seconds}s  ${who.padEnd(14)} ${line}`);
  };
  let sandbox: Sandbox | undefined;
  try {
    io.out("tacet SANDBOX demo: simulated recorders, real HTTP and WebSocket.");
    sandbox = await startSandbox({ folder, port: 0, logger: nodeLogger("fatal"), rules: RULES });
    const client = await DemoClient.connect(sandbox.service.api.url, sandbox.keys.payment, say);
    await playPayment(client, sandbox, say);
    client.close();
    await checkLog(sandbox, say);
    const { logFolder } = sandbox;
    await sandbox.stop("the demo is over");
    sandbox = undefined;
    await tamper(logFolder, join(folder, "copy"), say);
    io.out("Every step was as said.");
    return 0;
  } catch (error) {
    io.err(`NOT AS SAID: ${messageOf(error)}`);
    return 1;
  } finally {
    await sandbox?.stop("the demo failed");
    rmSync(folder, { recursive: true, force: true });
  }
}

type Say = (who: string, line: string) => void;

/** As an auditor would: over HTTP, with the key from elsewhere. */
async function checkLog({ keys, service }: Sandbox, say: Say): Promise<void> {
  const args = [service.api.url, "--key", service.log.verifierKey, "--api-key", keys.auditor];
  const { code, lines } = await verify(args);
  for (const line of lines) say("auditor", line);
  if (code !== 0) throw new Error("the log was to verify");
}

/** One bit of one entry of a copy: the verifier has to name that entry. */
async function tamper(logFolder: string, copy: string, say: Say): Promise<void> {
  cpSync(logFolder, copy, { recursive: true });
  const db = new DatabaseSync(join(copy, "control-log.sqlite"));
  const row = db
    .prepare(
      "SELECT tenant, position, bytes FROM entries WHERE tenant = 'sandbox' AND position = 7",
    )
    .get() as unknown as { tenant: string; position: number; bytes: Uint8Array } | undefined;
  if (row === undefined) throw new Error("the demo's log was to have a seventh entry");
  const bytes = Uint8Array.from(row.bytes);
  const at = Buffer.from(bytes).indexOf('"at":') + 8;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  db.prepare("UPDATE entries SET bytes = ? WHERE tenant = ? AND position = ?").run(
    bytes,
    row.tenant,
    row.position,
  );
  db.close();
  say("intruder", `flips one bit of entry ${row.position} in a copy of the log`);
  const { code, lines } = await verify([copy]);
  for (const line of lines) say("auditor", line);
  const named = lines.some((line) => line.includes(`ENTRY ${row.position} IS WRONG`));
  if (code !== 1 || !named) throw new Error(`the verifier was to name entry ${row.position}`);
}

async function verify(args: string[]) {
  const lines: string[] = [];
  const keep = (line: string) => void lines.push(line.trim());
  const code = await verifyCommand(args, { out: keep, err: keep });
  return { code, lines };
}
