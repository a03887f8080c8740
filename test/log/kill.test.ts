import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

/** Lets a process append for a while, kills it, and returns what it had acknowledged. */
async function killedAfter(folder: string, life: number, lines: number): Promise<string[]> {
  const script = fileURLToPath(new URL("./appendForever.ts", import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", script, folder, String(life)];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.split("\n").length > lines) child.kill("SIGKILL");
  });
  await once(child, "close");
  return said.split("\n").slice(0, -1);
}

test("whatever was acknowledged before a SIGKILL is there after it, and the log verifies", async () => {
  const folder = temporaryFolder();
  const acknowledged: string[] = [];
  for (let life = 0; life < 3; life += 1) {
    acknowledged.push(...(await killedAfter(folder, life, 40 + 37 * life)));
    // The killed process's lock is gone with it.
    const log = await openTestLog(folder);
    for (const line of acknowledged) {
      const [callId, version, position] = line.split(" ") as [string, string, string];
      const loaded = await log.load("acme", callId);
      expect(loaded.state.version).toBeGreaterThanOrEqual(Number(version));
      expect(loaded.position).toBeGreaterThanOrEqual(Number(position));
    }
    expect(log.size("acme")).toBeGreaterThanOrEqual(acknowledged.length);
    await log.close();
    const said: string[] = [];
    const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
    const code = await verifyCommand([folder], io);
    expect({ code, said }).toMatchObject({ code: 0 });
  }
}, 60_000);
