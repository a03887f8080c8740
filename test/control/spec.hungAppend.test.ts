/** What a call is while an append of it hangs, and once it no longer does. */
import { expect, test } from "vitest";
import { protection, safeToCollect } from "../../src/control/conclude.ts";
import { PAGE, tap, world } from "../simulation/world.ts";

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

test("where pages may collect while the log fails, a recorder that records behind a hung append is safe to nobody", async () => {
  const w = await world({ whenLogFails: "protect" });
  w.recorders["a"]?.begin("1");
  void w.pause("c", "w1", [tap("a", "1")]);
  await w.clock.pass(500);
  w.log.delayMs = () => 60_000;
  void w.register("c", [tap("a", "1")], "a2");
  await w.clock.pass(300);
  const safe = async () => {
    const read = w.keeper.read("t", "c");
    await w.clock.pass(6_000);
    const view = await read;
    return view !== undefined && safeToCollect(view.state, "w1", PAGE, view.at);
  };
  expect(await safe()).toBe(true);
  w.recorders["a"]!.faults = () => "request_lost";
  w.recorders["a"]?.byHand("1", "recording");
  expect(await safe()).toBe(false);
});

test("a confirmation that grew too old while an append hung is entered, although it was given again since", async () => {
  const w = await world();
  w.recorders["a"]?.begin("1");
  void w.pause("c", "w1", [tap("a", "1")]);
  await w.clock.pass(500);
  w.log.delayMs = () => 12_000;
  void w.register("c", [tap("a", "1")], "a2");
  await w.clock.pass(300);
  w.log.delayMs = () => 1;
  w.recorders["a"]!.faults = () => "request_lost";
  await w.clock.pass(8_000);
  w.recorders["a"]!.faults = () => "none";
  await w.clock.pass(10_000);
  const entered = w.log.entries.map(({ event }) => event.type);
  expect(entered).toContain("ConfirmationLapsed");
  // So what was spooled meanwhile is in the log, and is not entered once more at a start.
  const spooled = w.log.spooled.flatMap(({ events }) => events.map(({ type }) => type));
  expect(entered.slice(-spooled.length)).toEqual(spooled);
});
