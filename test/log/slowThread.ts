/** A log's thread whose disk stands still, before each commit, while the gate it was given is shut. */
import { parentPort, workerData } from "node:worker_threads";
import { serveThread } from "../../src/runtime/node/log/serveThread.ts";
import type { ThreadData } from "../../src/runtime/node/log/threadProtocol.ts";

interface Gated extends ThreadData {
  readonly options: ThreadData["options"] & { readonly gate: Int32Array<SharedArrayBuffer> };
}

const data = workerData as Gated;
const { gate } = data.options;
if (parentPort !== null) {
  await serveThread(parentPort, data, { beforeCommit: () => void Atomics.wait(gate, 0, 1) });
}
