/** Facts that nobody waits for: bounded while the log cannot be written, in order when it can. */
import { expect, test } from "vitest";
import type { EntryDraft } from "../../src/log/entry.ts";
import { enterLater } from "../../src/runtime/node/enterLater.ts";

test("while the log fails, the newest thousand facts wait, and are entered in order afterwards", async () => {
  const entered: EntryDraft[] = [];
  let failing = true;
  const timers: (() => void)[] = [];
  const later = enterLater(
    {
      enter: (drafts) => {
        if (failing) return Promise.resolve({ kind: "failed", detail: "full" });
        entered.push(...drafts);
        return Promise.resolve({ kind: "entered", positions: [1] });
      },
    },
    {
      now: () => 1,
      random: () => 0,
      after: (_ms, run) => {
        timers.push(run);
        return () => undefined;
      },
    },
  );
  for (let at = 1; at <= 1_500; at += 1) {
    later.enter({ type: "T", at, component: "test", outcome: "success", detail: {} });
  }
  await expect.poll(() => timers.length).toBeGreaterThan(0);
  failing = false;
  timers.at(-1)?.();
  await expect.poll(() => entered.length).toBe(1_000);
  expect(entered.map(({ at }) => at)).toEqual(Array.from({ length: 1_000 }, (_, at) => 501 + at));
  await later.stop();
  expect(entered).toHaveLength(1_000);
});
