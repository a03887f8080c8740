/**
 * The control log in a thread of its own: a disk that hangs stops what waits for it, and neither the
 * recorders' guard nor a pause.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { AppendResult } from "../../../control/ports.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";
import { originOf } from "../../../log/origin.ts";
import { folderAt } from "./folder.ts";
import type { NodeLog } from "./openLog.ts";
import { spoolFile } from "./spoolFile.ts";
import type { Answer, Ask, FromThread, Method, Opened } from "./threadProtocol.ts";
import {
  type ThreadData,
  type ThreadLogOptions,
  fromThread,
  encoded,
  errorOf,
  valueOf,
} from "./threadProtocol.ts";

/** A log that has not answered for this long is not healthy. */
const ANSWER_MS_MAX = 5_000;

export interface ThreadedLogOptions extends ThreadLogOptions {
  readonly now: () => EpochMs;
  readonly clockState?: () => Entry["clock"];
  readonly measured?: (ms: number, entries: number) => void;
  /** For tests: another start of the thread. */
  readonly entry?: URL;
}

interface Waiting {
  readonly askedAt: number;
  readonly answer: (answer: Answer) => void;
}

/** Opens the log as `openLog` does, and throws as it does. A fault of the thread ends the process. */
export async function openThreadedLog(options: ThreadedLogOptions): Promise<NodeLog> {
  const { now, clockState = () => "unknown", measured, entry, ...given } = options;
  const workerData: ThreadData = { options: given, at: now(), clock: clockState() };
  const worker = new Worker(entry ?? new URL("./thread.ts", import.meta.url), { workerData });
  const opened = await firstWord(worker);

  const waiting = new Map<number, Waiting>();
  const sizes = new Map(opened.sizes);
  const pruned = new Map(opened.pruned);
  const spool = spoolFile(folderAt(options.folder));
  let healthy = opened.healthy;
  let asks: Ask[] = [];
  let asked = 0;
  let closing: Promise<void> | undefined;
  let isOver = false;

  worker.on("message", (message: string) => {
    const told = fromThread(message);
    if (told.kind !== "told") return;
    healthy = told.healthy;
    for (const [ms, entries] of told.measured) measured?.(ms, entries);
    for (const answer of told.answers) {
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      one?.answer(answer);
    }
  });

  // A thread that ends owes no answers: what it was asked may or may not have been done.
  worker.once("exit", () => {
    isOver = true;
    const error = { name: "Error", message: "the log's thread has ended" };
    for (const [id, one] of waiting) one.answer({ id, ok: false, error });
    waiting.clear();
  });

  /** What is asked in one turn of the loop goes in one message: a message costs more than an ask. */
  function flush(): void {
    const message = { asks, at: now(), clock: clockState() };
    asks = [];
    worker.postMessage(encoded(message));
  }
  function ask<M extends Method>(
    method: M,
    ...args: Parameters<NodeLog[M]>
  ): Promise<Awaited<ReturnType<NodeLog[M]>>> {
    if (isOver) return Promise.reject(new Error("the log's thread has ended"));
    return new Promise((resolve, reject) => {
      const id = ++asked;
      waiting.set(id, {
        askedAt: performance.now(),
        answer: (answer) =>
          answer.ok ? resolve(valueOf(answer) as never) : reject(errorOf(answer.error)),
      });
      // JSON has no undefined: what is left out at the end stays left out.
      const last = args.findLastIndex((arg) => arg !== undefined);
      asks.push({ id, method, args: args.slice(0, last + 1) });
      if (asks.length === 1) setImmediate(flush);
    });
  }
  function isAnswering(): boolean {
    const [oldest] = waiting.values();
    return oldest === undefined || performance.now() - oldest.askedAt < ANSWER_MS_MAX;
  }
  function grown(tenant: TenantId, position: number | undefined): void {
    if (position !== undefined && position > (sizes.get(tenant) ?? 0)) sizes.set(tenant, position);
  }
  async function close(): Promise<void> {
    try {
      await ask("close");
    } finally {
      await worker.terminate();
    }
  }

  const closed = { kind: "failed", detail: "the log is closed" } as const;
  return {
    ...opened.facts,
    async append(tenant, callId, expectedVersion, events): Promise<AppendResult> {
      if (closing !== undefined) return closed;
      const result = await ask("append", tenant, callId, expectedVersion, events).catch(failedOf);
      if (result.kind === "appended") {
        grown(tenant, result.positions.at(-1));
        spool.reached(tenant, callId, expectedVersion + events.length);
      }
      return result;
    },
    load: (...args) => ask("load", ...args),
    spool: (...args) => spool.add(...args),
    unrested: () => ask("unrested"),
    live: (...args) => ask("live", ...args),
    callOfWindow: (...args) => ask("callOfWindow", ...args),
    async enter(drafts: readonly EntryDraft[]) {
      if (closing !== undefined) return closed;
      const result = await ask("enter", drafts).catch(failedOf);
      if (result.kind === "entered") {
        drafts.forEach(({ tenant }, index) => grown(tenant, result.positions[index]));
      }
      return result;
    },
    read: (...args) => ask("read", ...args),
    readBack: (...args) => ask("readBack", ...args),
    checkpoint: (...args) => ask("checkpoint", ...args),
    signedHead: (...args) => ask("signedHead", ...args),
    hashes: (...args) => ask("hashes", ...args),
    bundle: (...args) => ask("bundle", ...args),
    origin: (tenant) => originOf(options.originBase, tenant, opened.facts.generation),
    size: (tenant) => sizes.get(tenant) ?? 0,
    prunedTo: (tenant) => pruned.get(tenant) ?? 0,
    async prune(tenant, asked) {
      const step = await ask("prune", tenant, asked).catch(failedOf);
      if (step.kind !== "pruned") return step;
      pruned.set(tenant, step.to);
      grown(tenant, step.entry);
      return step;
    },
    erase: (...args) => ask("erase", ...args),
    tenants: () => [...sizes.keys()],
    healthy: () => healthy && !isOver && isAnswering(),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const failedOf = (error: unknown) =>
  ({ kind: "failed", detail: error instanceof Error ? error.message : "unknown" }) as const;

/** What the thread says of the opening. A thread that dies before it says anything is an error. */
async function firstWord(worker: Worker): Promise<Opened> {
  const first = await new Promise<FromThread>((resolve, reject) => {
    worker.once("message", (message: string) => resolve(fromThread(message)));
    worker.once("error", reject);
  });
  worker.removeAllListeners("error");
  if (first.kind === "opened") return first;
  await worker.terminate();
  throw first.kind === "refused" ? errorOf(first.error) : new Error("The log's thread was mute.");
}
