/**
 * Where logs are read again: a thread that works half of the time at most, so that nobody waits for it.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { type RecheckWork, recheckAll } from "./recheckPass.ts";

/** Rests as long as it worked, and a moment where it had hardly anything to do. */
const REST_MS_MIN = 1;

if (parentPort !== null) {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const rest = (workedMs: number): void => {
    Atomics.wait(sleeper, 0, 0, Math.max(REST_MS_MIN, workedMs));
  };
  for await (const found of recheckAll(workerData as RecheckWork, rest)) {
    parentPort.postMessage(found);
  }
}
