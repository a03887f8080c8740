/** Logs to be pruned: calls a minute apart, what may go of them, and what is found afterwards. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { recheckAll } from "../../src/runtime/node/log/recheckPass.ts";
import { verifyCommand } from "../../src/runtime/node/verifyCommand.ts";
import { payment } from "./events.ts";

export const AT = 1_795_312_000_000;
export const atOf = (call: number) => AT + call * 60_000;

/** Old enough: the calls before this one. */
export const before = (call: number, last = Number.MAX_SAFE_INTEGER) => ({
  olderThan: atOf(call),
  months: 12,
  last,
});

/** Ten entries a call, and a head over the last, `headEvery` so many calls besides. */
export async function pay(
  log: NodeLog,
  from: number,
  to: number,
  headEvery = Infinity,
): Promise<void> {
  for (let call = from; call < to; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, atOf(call)));
    if (call % headEvery === 0) await log.checkpoint("acme");
  }
  await log.checkpoint("acme");
}

export async function eraseAll(log: NodeLog): Promise<void> {
  while (await log.erase("acme")) await log.checkpoint("acme");
}

export async function verified(folder: string): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  const code = await verifyCommand([folder], io);
  return { code, said: said.join("\n") };
}

export async function rechecked(folder: string) {
  const found = [];
  for await (const one of recheckAll({ folder, marks: new Map() }, () => undefined)) {
    found.push(one.verified);
  }
  return found;
}

/** Behind the log's back. */
export function change(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, "control-log.sqlite"));
  db.exec(sql);
  db.close();
}
