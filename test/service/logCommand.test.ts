import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { logCommand } from "../../src/runtime/node/logCommand.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folderWithEntries(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tacet-log-"));
  folders.push(folder);
  const log = await openLog({ folder, originBase: "tacet.example", now: () => 5 });
  const fact = { at: 5, actor: { id: "os:ops", kind: "operator" }, outcome: "success" } as const;
  const origin = { component: "service" };
  await log.enter([
    { ...fact, tenant: "system", type: "LogStarted", origin },
    { ...fact, tenant: "system", type: "KeyCreated", origin },
    { ...fact, tenant: "acme", type: "AccessDenied", outcome: "denied", origin },
  ]);
  await log.close();
  return folder;
}

async function printed(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await logCommand(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
  });
  return { code, err, types: out.map((line) => (JSON.parse(line) as { type: string }).type) };
}

test("an auditor with the folder reads the system's log and every tenant's", async () => {
  const folder = await folderWithEntries();
  expect(await printed(folder, "--tenant", "system")).toMatchObject({
    code: 0,
    types: ["LogStarted", "KeyCreated"],
  });
  expect((await printed(folder)).types).toHaveLength(3);
  expect((await printed(folder, "--outcome", "denied")).types).toEqual(["AccessDenied"]);
  expect((await printed(folder, "--from", "2020-01-01T00:00:00Z")).types).toEqual([]);
});

test("what it cannot find or read it says, and ends with 2", async () => {
  const folder = await folderWithEntries();
  const strange = await printed(folder, "--tenant", "nobody");
  expect(strange).toMatchObject({ code: 2, types: [] });
  expect(strange.err.join()).toMatch(/acme, system/);
  expect((await printed()).code).toBe(2);
  expect((await printed(folder, "--from", "noon")).err.join()).toMatch(/--from takes a time/);
});
