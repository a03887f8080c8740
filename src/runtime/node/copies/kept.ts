/**
 * The logs before restores, as they are copied: beside the one that is written, each under its own
 * origin. They are read by a thread that is there only while something is asked.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../../control/ports.ts";
import { within } from "../../../control/within.ts";
import type { LogStore } from "../../../log/store.ts";
import { folderAt, keptGenerations } from "../log/folder.ts";
import { CopyFailed } from "./carrier.ts";
import type { KeptAsk, KeptFound, KeptLog, KeptPage } from "./keptRead.ts";
import type { KeptQuestion } from "./keptThread.ts";

/** What is copied is read from: the log that is written, or logs that were put aside. */
export type CopiedLog = Pick<
  LogStore,
  "read" | "origin" | "prunedTo" | "size" | "tenants" | "signedHead" | "verifierKey"
>;

export interface KeptLogs {
  /** One each; none until it is known which there are. */
  logs(): readonly CopiedLog[];
  stop(): Promise<void>;
}

/** A disk that takes longer is asked again later. */
const ANSWER_MS_MAX = 10_000;
const LIST_MS_MAX = 600_000;
const LIST_AGAIN_MS = 60_000;
/** With nothing to read the thread ends. */
const IDLE_MS = 5_000;
const HEAP_MB_MAX = 96;

export interface KeptOptions {
  readonly logFolder: string;
  readonly clock: Clock;
  /** Nothing can be read in this folder, or of them all. Never throws. */
  readonly failed: (folder: string) => void;
}

/** Returns at once; a folder where no log was put aside costs nothing. */
export function keptLogs({ clock, failed, logFolder }: KeptOptions): KeptLogs {
  const thread = keptThread(clock);
  let logs: readonly CopiedLog[] = [];
  let cancel: (() => void) | undefined;
  let stopped = false;

  async function list(): Promise<void> {
    try {
      const answer = await thread.ask({ kind: "list", logFolder }, LIST_MS_MAX);
      const found = answer as KeptFound;
      logs = found.logs.map((one) => copied(one, thread));
      found.unread.forEach(failed);
    } catch {
      if (stopped) return;
      failed("predecessor-*");
      cancel = clock.after(LIST_AGAIN_MS, () => void list());
    }
  }
  if (keptGenerations(folderAt(logFolder)).length > 0) void list();

  return {
    logs: () => logs,
    async stop() {
      stopped = true;
      cancel?.();
      await thread.end();
    },
  };
}

function copied(kept: KeptLog, thread: KeptThread): CopiedLog {
  const { folder, head, origin, prunedTo, size, tenant, verifierKey } = kept;
  return {
    origin: () => origin,
    prunedTo: () => prunedTo,
    size: () => size,
    tenants: () => [tenant],
    signedHead: () => Promise.resolve(head),
    ...(verifierKey === undefined ? {} : { verifierKey }),
    async read(_tenant, _filter, after, limit) {
      const ask: KeptAsk = { folder, tenant, after, count: limit };
      const page = await thread.ask({ kind: "read", ...ask }, ANSWER_MS_MAX);
      return { ...(page as KeptPage), indexedTo: size };
    },
  };
}

interface KeptThread {
  /** One at a time. Throws `CopyFailed` where there is no answer: that of one log, and of no other. */
  ask(question: KeptQuestion, msMax: number): Promise<unknown>;
  end(): Promise<void>;
}

function keptThread(clock: Clock): KeptThread {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let answer = Promise.withResolvers<unknown>();
  let idle: (() => void) | undefined;
  let ended = false;

  function begun(): Worker {
    if (worker !== undefined) return worker;
    const made = new Worker(new URL("./keptThread.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    made.unref();
    // What a thread says that was let go is nobody's answer.
    const isOurs = () => worker === made;
    made.on("message", (told) => isOurs() && answer.resolve(told));
    made.on("error", (error) => isOurs() && answer.reject(error));
    made.on("exit", () => {
      if (!isOurs()) return;
      worker = undefined;
      answer.reject(new Error("the thread ended"));
    });
    worker = made;
    return made;
  }

  async function letGo(): Promise<void> {
    const old = worker;
    worker = undefined;
    await old?.terminate();
  }

  async function askNow(question: KeptQuestion, msMax: number): Promise<unknown> {
    if (ended) throw notRead();
    idle?.();
    answer = Promise.withResolvers<unknown>();
    begun().postMessage(question);
    const answered = await within(clock, msMax, answer.promise);
    if (answered.kind === "in_time") {
      idle = clock.after(IDLE_MS, () => void letGo());
      return answered.value;
    }
    void letGo();
    throw notRead();
  }

  return {
    ask(question, msMax) {
      const asked = last.then(() => askNow(question, msMax));
      last = asked.catch(() => undefined);
      return asked;
    },
    async end() {
      ended = true;
      idle?.();
      await letGo();
    },
  };
}

/** Of this log alone: others are copied on. */
const notRead = () => new CopyFailed("log_not_read", { refused: true });
