/**
 * A process that appends to a log until it is killed, and says each position only once it was
 * acknowledged.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { openLog } from "../../src/runtime/node/log/openLog.ts";
import { payment } from "./events.ts";

const log = await openLog({
  folder: process.argv[2] as string,
  originBase: "tacet.example",
  now: () => 1_795_312_000_000,
  ballastBytes: 0,
  signMs: 20,
});
const life = process.argv[3] as string;
for (let call = 0; ; call += 1) {
  const events = payment(`w${life}-${call}`, 1_795_312_000_000 + call);
  for (const [version, event] of events.entries()) {
    const answer = await log.append("acme", `c${life}-${call}`, version, [event]);
    if (answer.kind === "appended")
      writeSync(1, `c${life}-${call} ${version + 1} ${answer.positions[0]}\n`);
  }
}
