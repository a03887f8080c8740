/** An agent's calls are found without looking at anybody else's. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { CallEvent } from "../../src/control/events.ts";
import { memoryLog } from "../../src/log/memory.ts";
import { PAYMENT, payment } from "./events.ts";
import { openTestLog, temporaryFolder } from "./rig.ts";

const AT = 1_795_312_000_000;
const of = (agentId: string, at = AT): CallEvent => ({
  type: "CallRegistered",
  at,
  by: PAYMENT,
  agentId,
  attributes: {},
});
const databaseOf = (folder: string): string => {
  const name = readdirSync(folder).find((one) => one.endsWith(".sqlite") && !/search/.test(one));
  return join(folder, name ?? "none");
};

test("an agent has the live calls registered to it last, newest first", async () => {
  for (const log of [
    await openTestLog(temporaryFolder()),
    memoryLog({ originBase: "tacet.example", clock: () => AT }),
  ]) {
    await log.append("acme", "first", 0, [of("a-1")]);
    await log.append("acme", "second", 0, [of("a-1")]);
    await log.append("acme", "passed-on", 0, [of("a-1")]);
    await log.append("acme", "passed-on", 1, [of("a-2", AT + 1)]);
    await log.append("acme", "ended", 0, payment("w1", AT));
    await log.append("other", "elsewhere", 0, [of("a-1")]);
    expect(await log.live("acme", 10, "newest", "a-1")).toEqual(["second", "first"]);
    expect(await log.live("acme", 10, "newest", "a-2")).toEqual(["passed-on"]);
    expect(await log.live("acme", 1, "newest", "a-1")).toEqual(["second"]);
    expect(await log.live("acme", 10, "newest", "a-204")).toEqual([]);
    expect(await log.live("acme", 10, "newest")).toHaveLength(3);
  }
});

test("a file of the version before, which kept no agents, is filled in when it is opened", async () => {
  const folder = temporaryFolder();
  const log = await openTestLog(folder);
  for (let call = 0; call < 1_201; call += 1) {
    await log.append("acme", `c${call}`, 0, [of(`a-${call}`)]);
  }
  await log.close();
  const db = new DatabaseSync(databaseOf(folder));
  db.exec("DROP INDEX calls_of_agent; ALTER TABLE calls DROP COLUMN agent_id");
  db.exec("UPDATE meta SET value = '1' WHERE name = 'format'");
  db.close();
  const again = await openTestLog(folder);
  for (const call of [0, 499, 500, 1_200]) {
    expect(await again.live("acme", 10, "newest", `a-${call}`)).toEqual([`c${call}`]);
  }
});
