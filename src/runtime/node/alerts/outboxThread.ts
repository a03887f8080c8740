/**
 * The outbox's file in a thread of its own: a disk that hangs, or a program that holds the file,
 * stops neither the recorders' guard nor a pause.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { type OutboxFile, openOutboxFile } from "./outboxFile.ts";
import type { Asked, Done } from "./outboxServe.ts";

/** What a stop waits for the last write; the thread is left behind then. */
const CLOSE_MS_MAX = 1_000;

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Read here and now, written there. A write that cannot be done rejects; once the thread has ended,
 * each one does.
 */
export function threadedOutboxFile(
  path: string,
  entry = new URL("./outboxServe.ts", import.meta.url),
): OutboxFile {
  const { close, marks, saved } = openOutboxFile(path);
  close();
  const worker = new Worker(entry, { workerData: path });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let ended: Error | undefined;

  function end(error: Error): void {
    ended ??= error;
    for (const one of waiting.values()) one.reject(error);
    waiting.clear();
  }
  worker.on("message", ({ id, error }: Done) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve();
    else one?.reject(error);
  });
  worker.on("error", (error) => end(error instanceof Error ? error : new Error("unknown")));
  worker.on("exit", () => end(new Error("the thread of the alerts' file has ended")));

  function ask(does: Asked["does"]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      const id = ++asked;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, does } satisfies Asked);
    });
  }
  return {
    saved,
    marks,
    write: (changes, positions) => ask({ type: "write", changes, marks: positions }),
    rewrite: (whole, positions) => ask({ type: "rewrite", whole, marks: positions }),
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS_MAX);
      });
      await Promise.race([late, ask({ type: "close" }).catch(() => undefined)]);
      clearTimeout(timer);
      worker.unref();
      void worker.terminate();
    },
  };
}
