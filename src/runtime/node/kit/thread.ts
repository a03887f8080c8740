/**
 * Where a kit for the console is made: a thread that works half of the time at most, a block whenever
 * one is asked for.
 *
 * @module
 */
import { once } from "node:events";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type KitFiles, kitFiles } from "./files.ts";
import { NoKit } from "./noKit.ts";
import type { KitThreadWork, KitTold } from "./office.ts";
import { openKit } from "./source.ts";
import { zipOf } from "./zip.ts";

const BLOCK_BYTES = 256 << 10;
/** After so much work it rests as long. */
const SLICE_MS = 5;

if (parentPort !== null) await serve(parentPort, workerData as KitThreadWork);

async function serve(port: MessagePort, { folder, madeAt, wish }: KitThreadWork): Promise<void> {
  const tell = (told: KitTold, move: ArrayBuffer[] = []) => port.postMessage(told, move);
  const step = paced();
  try {
    const source = await openKit(wish);
    const kit: KitFiles = await kitFiles(source, step);
    kit.hold();
    const { entryCount, first, last } = kit;
    tell({ kind: "ready", entryCount, first, last });
    const options = { blockBytes: BLOCK_BYTES, folder, madeAt };
    for (const bytes of zipOf(kit.files(), options)) {
      await once(port, "message");
      tell({ kind: "block", bytes }, [bytes.buffer as ArrayBuffer]);
    }
    await once(port, "message");
    tell({ kind: "end" });
  } catch (error) {
    if (!(error instanceof NoKit)) throw error;
    tell({ kind: "none", reason: error.reason });
  }
  port.close();
}

function paced(): () => void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  let since = performance.now();
  return () => {
    const workedMs = performance.now() - since;
    if (workedMs < SLICE_MS) return;
    Atomics.wait(sleeper, 0, 0, workedMs);
    since = performance.now();
  };
}
