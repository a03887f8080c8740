/** Tells the stories of the seeds it is given, one after the other, and reports each. */
import { parentPort } from "node:worker_threads";
import { tell } from "./story.ts";

export interface Told {
  readonly seed: number;
  readonly wrong: readonly string[];
  readonly cpuMs: number;
  readonly counts: Readonly<Record<string, number>>;
}

parentPort?.on("message", (asked: { seed: number; callCount?: number }) => {
  const began = process.threadCpuUsage();
  void tell(asked.seed, asked).then(({ counts, wrong }) => {
    const { system, user } = process.threadCpuUsage(began);
    const told: Told = {
      seed: asked.seed,
      wrong,
      cpuMs: (system + user) / 1_000,
      counts: { ...counts },
    };
    parentPort?.postMessage(told);
    return undefined;
  });
});
