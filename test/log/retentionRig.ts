/** Logs of entries that are older than they are kept, and a clock by which looks come soon. */
import type { Clock } from "../../src/control/ports.ts";
import { monthsBefore } from "../../src/policy/configRetention.ts";
import type { NodeLog } from "../../src/runtime/node/log/openLog.ts";
import { payment } from "./events.ts";
import { openTestLog } from "./rig.ts";

export const MINUTE = 60_000;
/** The present of these tests; and fourteen months before it. */
export const NOW = 1_795_312_000_000;
export const OLD = monthsBefore(NOW, 14);

/** What waits for ten seconds and more waits for some ms: looks come one after the other. */
export const clock: Clock = {
  now: () => NOW,
  random: Math.random,
  after(ms, run) {
    const timer = setTimeout(run, ms >= 10_000 ? 20 : ms);
    return () => clearTimeout(timer);
  },
};

/** Ten entries a call, a minute apart, fourteen months old. */
export async function oldCalls(folder: string, calls = 100): Promise<NodeLog> {
  const log = await openTestLog(folder, { now: () => NOW });
  for (let call = 0; call < calls; call += 1) {
    await log.append("acme", `c${call}`, 0, payment(`w${call}`, OLD + call * MINUTE));
  }
  await log.checkpoint("acme");
  return log;
}
