import { expect, test } from "vitest";
import { exchange } from "../../src/control/exchange.ts";
import { settle, VirtualClock } from "../simulation/clock.ts";

test.each([{}, undefined, null, { kind: "fine" }])(
  "an adapter's answer %j is of no known kind, and so a failure",
  async (answer) => {
    const ended: unknown[] = [];
    exchange<{ kind: string }>({
      clock: new VirtualClock(),
      msMax: 100,
      ask: () => Promise.resolve(answer as { kind: string }),
      failed: (detail) => ({ kind: "unreachable", detail }),
      end: (one) => ended.push(one),
      late: () => ended.push("late"),
    });
    await settle();
    expect(ended).toEqual([{ kind: "unreachable", detail: "no answer of a known kind" }]);
  },
);
