import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { backupCommand } from "../../src/runtime/node/backupCommand.ts";
import { payment } from "./events.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;

async function backup(...args: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const io = {
    out: (line: string) => void said.push(line),
    err: (line: string) => void said.push(line),
  };
  const code = await backupCommand(args, io);
  return { code, said: said.join("\n") };
}

test("a copy taken while the log is written is whole, starts as a log, and has no secret in it", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.append("acme", "c1", 0, payment("pay-1", AT));
  await log.checkpoint("acme");
  await log.append("acme", "c2", 0, payment("pay-2", AT));
  const copy = join(temporaryFolder(), "copy");
  const { code, said } = await backup(folder, copy);
  expect(code).toBe(0);
  expect(said).toContain("tacet.example/acme: INTACT, 20 entries");
  expect(readdirSync(copy).filter((name) => /signing|secret|retired/.test(name))).toEqual([]);
  await log.append("acme", "c3", 0, payment("pay-3", AT));
  const { copyFileSync } = await import("node:fs");
  copyFileSync(join(folder, "signing.key"), join(copy, "signing.key"));
  const again = await openTestLog(copy);
  expect(again.size("acme")).toBe(20);
  expect((await again.load("acme", "c2")).state).toEqual((await log.load("acme", "c2")).state);
});

test("a copy of a log that is not what was signed says so, and is kept", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.append("acme", "c1", 0, payment("pay-1", AT));
  await log.close();
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec("UPDATE entries SET bytes = x'7b7d' WHERE position = 4");
  db.close();
  const copy = join(temporaryFolder(), "copy");
  const { code, said } = await backup(folder, copy);
  expect(code).toBe(1);
  expect(said).toContain("ENTRY 4 IS WRONG");
  expect(existsSync(join(copy, "control-log.sqlite"))).toBe(true);
});

test("nothing is written over, and where there is no log nothing is copied", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  await log.append("acme", "c1", 0, payment("pay-1", AT));
  await log.close();
  const full = temporaryFolder();
  writeFileSync(join(full, "mine"), "");
  expect(await backup(folder, full)).toMatchObject({ code: 1, said: `${full} is not empty.` });
  expect((await backup(temporaryFolder(), join(full, "x"))).code).toBe(1);
  expect(existsSync(join(full, "x"))).toBe(false);
  expect((await backup(folder)).code).toBe(2);
});
