/**
 * The thread's side: it opens the log, does what is asked in the order it was asked, and answers
 * together what became done together.
 *
 * @module
 */
import type { MessagePort } from "node:worker_threads";
import { type NodeLog, type OpenLogOptions, openLog } from "./openLog.ts";
import type { Answer, Ask, FromThread, LogFacts, Moment, ThreadData } from "./threadProtocol.ts";
import { answerWith, encoded, threadError, toThread } from "./threadProtocol.ts";

/** A log that recovers by itself, with nobody asking, is told of this soon. */
const LOOK_MS = 1_000;

/** Serves the log on `port` until it is closed. `faults` are for tests. */
export async function serveThread(
  port: MessagePort,
  data: ThreadData,
  faults: OpenLogOptions["faults"] = {},
): Promise<void> {
  let moment: Moment = data;
  let heardAt = performance.now();
  let measured: [number, number][] = [];
  let answers: Answer[] = [];
  let told = true;
  const say = (message: FromThread) => port.postMessage(encoded(message));

  let log: NodeLog;
  try {
    log = await openLog({
      ...data.options,
      now: () => Math.floor(moment.at + (performance.now() - heardAt)),
      clockState: () => moment.clock,
      faults,
      measured: (ms, entries) => void measured.push([ms, entries]),
    });
  } catch (error) {
    say({ kind: "refused", error: threadError(error) });
    return port.close();
  }
  say({
    kind: "opened",
    facts: factsOf(log),
    healthy: (told = log.healthy()),
    sizes: log.tenants().map((tenant) => [tenant, log.size(tenant)] as const),
    pruned: log.tenants().map((tenant) => [tenant, log.prunedTo(tenant)] as const),
  });

  /** What is answered in one turn goes in one message. */
  function answer(one: Answer): void {
    answers.push(one);
    if (answers.length === 1) queueMicrotask(flush);
  }
  function flush(): void {
    told = log.healthy();
    say({ kind: "told", answers, healthy: told, measured });
    answers = [];
    measured = [];
  }
  async function perform({ id, method, args }: Ask): Promise<void> {
    try {
      const does = log[method] as (...args: readonly unknown[]) => Promise<unknown>;
      answer(answerWith(id, await does(...args)));
    } catch (error) {
      answer({ id, ok: false, error: threadError(error) });
    }
    // The port stays open: whoever closed the log ends the thread.
    if (method === "close") clearInterval(look);
  }

  const look = setInterval(() => {
    if (log.healthy() !== told) flush();
  }, LOOK_MS);
  port.on("message", (text: string) => {
    const message = toThread(text);
    moment = message;
    heardAt = performance.now();
    for (const ask of message.asks) void perform(ask);
  });
}

function factsOf(log: NodeLog): LogFacts {
  const facts = Object.entries(log).filter(([, value]) => typeof value !== "function");
  return Object.fromEntries(facts) as unknown as LogFacts;
}
