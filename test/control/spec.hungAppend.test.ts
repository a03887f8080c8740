/** What a call is while an append of it hangs, and once it no longer does. */
import { expect, test } from "vitest";
import { protection } from "../../src/control/conclude.ts";
import { tap, world } from "../simulation/world.ts";

test("a pause that went out beside a hung append is entered, although the lease it renewed is over", async () => {
  const w = await world();
  for (const ref of ["1", "2"]) w.recorders["a"]?.begin(ref);
  void w.pause("c", "w1", [tap("a", "1")], undefined, 3_000);
  await w.clock.pass(500);
  w.log.delayMs = () => 8_000;
  void w.register("c", [tap("a", "1")], "a2");
  await w.clock.pass(10);
  // The same window again, with one target more.
  void w.pause("c", "w1", [tap("a", "1"), tap("a", "2")]);
  await w.clock.pass(1_000);
  expect(w.recorders["a"]?.truth.get("2")?.status).toBe("paused");
  w.log.delayMs = () => 1;
  await w.clock.pass(30_000);
  expect(w.recorders["a"]?.truth.get("2")?.status).toBe("recording");
});

test("what was undone while an append hung is not shown secured when it ends", async () => {
  const w = await world();
  w.recorders["a"]?.begin("1");
  void w.pause("c", "w1", [tap("a", "1")]);
  await w.clock.pass(500);
  expect(await w.word("c")).toBe("secured");
  w.log.delayMs = () => 7_000;
  void w.register("c", [tap("a", "1")], "a2");
  await w.clock.pass(100);
  w.recorders["a"]!.faults = () => "request_lost";
  w.recorders["a"]?.byHand("1", "recording");
  const told: { at: number; word: string }[] = [];
  const tell = (word: string) => void told.push({ at: w.clock.now(), word });
  w.onPublish = ({ state }) => tell(protection(state));
  w.onDoubt = () => tell("doubt");
  await w.clock.pass(20_000);
  const at = told.findIndex(({ word }) => word === "secured");
  expect(at).toBeGreaterThanOrEqual(0);
  expect(told[at + 1]).toEqual({ at: told[at]?.at, word: "doubt" });
});

test("of two names of one audio, the one that is let go does not undo what comes with it", async () => {
  const w = await world({ recorders: { a: { capabilities: { aliases: true } } } });
  w.recorders["a"]?.begin("1");
  void w.pause("c", "w1", [tap("a", "1")]);
  await w.clock.pass(500);
  w.log.delayMs = () => 2_000;
  void w.register("c", [tap("a", "1")], "a2");
  await w.clock.pass(10);
  void w.register("c", [tap("a", "x1")], "a2");
  await w.clock.pass(1_900);
  w.log.delayMs = () => 1;
  const resumes = () => w.recorders["a"]?.commands.filter(({ kind }) => kind === "resume").length;
  await w.clock.pass(5_000);
  expect(resumes()).toBe(0);
});

test("so is one that came only just before the append ended", async () => {
  const w = await world();
  for (const ref of ["1", "2"]) w.recorders["a"]?.begin(ref);
  void w.pause("c", "w1", [tap("a", "1")], undefined, 3_000);
  await w.clock.pass(500);
  w.log.delayMs = () => 2_550;
  void w.register("c", [tap("a", "1")], "a2");
  await w.clock.pass(2_450);
  // 50 ms before the lease ends, 100 ms before the append does.
  void w.pause("c", "w1", [tap("a", "1"), tap("a", "2")]);
  w.log.delayMs = () => 1;
  await w.clock.pass(30_000);
  const heard = w.recorders["a"]?.journal.filter(({ target }) => target === "2");
  expect(heard?.map(({ status }) => status)).toContain("paused");
  expect(heard?.at(-1)?.status).toBe("recording");
});
