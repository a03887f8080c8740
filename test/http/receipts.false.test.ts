/** A receipt that would not verify is not given out. */
import { expect, test } from "vitest";
import { createReceipts } from "../../src/http/receipts.ts";
import { memoryLog } from "../../src/log/memory.ts";

test("of a tree that is not the one that was signed there is no receipt", async () => {
  const log = memoryLog({ originBase: "tacet.example", clock: () => 1 });
  const actor = { id: "t", kind: "system" } as const;
  const fact = { at: 1, tenant: "acme", type: "T", actor, origin: { component: "t" } } as const;
  await log.enter(Array.from({ length: 600 }, () => ({ ...fact, outcome: "success" as const })));
  await log.checkpoint("acme");
  expect(await createReceipts(log).of("acme", 300, 0)).toMatchObject({ kind: "receipt" });
  const changed = {
    ...log,
    async hashes(tenant: string, level: number, from: number, count: number) {
      const bytes = await log.hashes(tenant, level, from, count);
      return level === 0 ? bytes : bytes.fill(1);
    },
  };
  await expect(createReceipts(changed).of("acme", 300, 0)).rejects.toThrow("not the one");
});
