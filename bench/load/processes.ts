/**
 * The load's processes: each is told one thing at a time, answers it, and ends when the load lets go.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import type { CrowdAnswer, CrowdOrder, Heard, Looked, Settled } from "./orders.ts";

interface Process {
  ask(order: object): Promise<unknown>;
  stop(): Promise<void>;
}

interface Forked {
  readonly process: Process;
  /** The first thing it said. */
  readonly told: unknown;
}

/** Rejects where the process ends before it is ready. */
async function start(
  file: URL,
  args: readonly string[],
  execArgv: readonly string[] = [],
): Promise<Forked> {
  const child = fork(file, args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [...process.execArgv, ...execArgv],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const told = await answerOf(child, file.pathname);
  return {
    told,
    process: {
      ask(order) {
        const answer = answerOf(child, file.pathname);
        child.send(order);
        return answer;
      },
      stop() {
        if (child.connected) child.disconnect();
        return ended;
      },
    },
  };
}

function answerOf(child: ChildProcess, file: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`${file} ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}

export interface LoadService {
  readonly url: string;
  readonly key: string;
  look(): Promise<Looked>;
  stop(): Promise<void>;
}

export async function startService(
  args: readonly string[],
  profile: string | undefined,
): Promise<LoadService> {
  const profiled = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const { process, told } = await start(new URL("./service.ts", import.meta.url), args, profiled);
  const { key, url } = told as { url: string; key: string };
  return {
    key,
    url,
    look: async () => (await process.ask({ do: "look" })) as Looked,
    stop: () => process.stop(),
  };
}

export interface Crowd {
  order(order: CrowdOrder): Promise<void>;
  take(): Promise<Heard>;
  storm(calls: number): Promise<Settled>;
  stop(): Promise<void>;
}

export async function startCrowd(url: string, key: string): Promise<Crowd> {
  const { process } = await start(new URL("./crowd.ts", import.meta.url), [url, key]);
  const ask = (order: CrowdOrder) => process.ask(order) as Promise<CrowdAnswer>;
  return {
    order: async (order) => void (await ask(order)),
    async take() {
      const answer = await ask({ do: "take" });
      if (answer.kind !== "taken") throw new Error("the crowd answered something else");
      return answer;
    },
    async storm(calls) {
      const answer = await ask({ do: "storm", calls });
      if (answer.kind !== "settled") throw new Error("the crowd answered something else");
      return answer;
    },
    stop: () => process.stop(),
  };
}
