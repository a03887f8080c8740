import { expect, test } from "vitest";
import {
  askClock,
  readChrony,
  readTimedatectl,
  watchClock,
} from "../../src/runtime/node/clockState.ts";
import { until } from "../service/client.ts";

test("the system's word for its clock is read, and whatever else it says tells nothing", () => {
  expect(["yes\n", "no\n", "", "n/a\n", undefined].map(readTimedatectl)).toEqual([
    "synced",
    "unsynced",
    undefined,
    undefined,
    undefined,
  ]);
  const tracking = (status: string) =>
    `A9FEA97B,169.254.169.123,4,1795312000.0,0.000001,0.000002,0.00001,-1.0,0.0,0.01,0.0002,0.0003,16.1,${status}\n`;
  expect(
    [
      tracking("Normal"),
      tracking("Not synchronised"),
      "506 Cannot talk to daemon\n",
      undefined,
    ].map(readChrony),
  ).toEqual(["synced", "unsynced", undefined, undefined]);
});

test("the first who knows is believed; where nobody does, it is unknown", async () => {
  const says = (state: "synced" | "unsynced" | undefined) => () => Promise.resolve(state);
  expect(await askClock([says(undefined), says("unsynced"), says("synced")])).toBe("unsynced");
  expect(await askClock([says(undefined)])).toBe("unknown");
  expect(["synced", "unsynced", "unknown"]).toContain(await askClock());
});

test("a change is told once, and the first answer is none", async () => {
  const answers = ["synced", "synced", "unsynced", "unsynced"] as const;
  let asked = 0;
  const changes: string[] = [];
  const watch = watchClock(
    (before, after) => changes.push(`${before} ${after}`),
    () => Promise.resolve(answers[Math.min(asked++, 3)] ?? "unknown"),
    1,
  );
  await watch.first;
  expect(watch.state()).toBe("synced");
  await until(
    () => asked,
    (count) => count > 5,
  );
  watch.stop();
  expect(changes).toEqual(["synced unsynced"]);
});
