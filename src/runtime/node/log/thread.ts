/** Where the log's thread starts. */
import { parentPort, workerData } from "node:worker_threads";
import { serveThread } from "./serveThread.ts";
import type { ThreadData } from "./threadProtocol.ts";

if (parentPort !== null) await serveThread(parentPort, workerData as ThreadData);
