/** Session rules: waits, the alarm, the end, rest, restart, and the log that cannot be written. */
import { describe, expect, test } from "vitest";
import { safeToCollect } from "../../src/control/conclude.ts";
import type { DiskFault } from "../simulation/log.ts";
import { IVR, PAGE, tap, world } from "../simulation/world.ts";
import type { World } from "../simulation/world.ts";

const A = tap("a", "1");
const truth = (w: World) => w.recorders["a"]!.truth.get("1")?.status;

async function begun(options: Parameters<typeof world>[0] = {}): Promise<World> {
  const w = await world(options);
  w.recorders["a"]!.begin("1");
  return w;
}

/** What the wait found, or `undefined` while it waits. */
function waiting(w: World, windowId: string, waitMs: number, signal?: AbortSignal) {
  const box: { found?: string; at?: number } = {};
  const wait = w.keeper.waitSecured("t", "c", windowId, waitMs, signal);
  void wait.then((found) => Object.assign(box, { found, at: w.clock.now() }));
  return box;
}

describe("a waiting request is answered at the first of", () => {
  test("its own window secured", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(3);
    const wait = waiting(w, "w1", 3_000);
    await w.clock.pass(200);
    expect(wait.found).toBe("secured");
    expect(wait.at! - 1_000_000).toBeLessThan(100);
  });

  test("its window closed, its call ended, or never there", async () => {
    for (const how of ["close", "end", "never"] as const) {
      const w = await begun();
      w.recorders["a"]!.down = true;
      void w.pause("c", "w1", [A]);
      await w.clock.pass(10);
      const wait = waiting(w, how === "never" ? "w9" : "w1", 3_000);
      await w.clock.pass(10);
      if (how === "close") void w.resume("c", "w1");
      if (how === "end") void w.end("c");
      await w.clock.pass(10);
      expect(wait.found).toBe("gone");
    }
  });

  test("waitMs, and tacet keeps driving", async () => {
    const w = await begun();
    w.recorders["a"]!.down = true;
    void w.pause("c", "w1", [A]);
    const wait = waiting(w, "w1", 500);
    await w.clock.pass(500);
    expect(wait.found).toBe("gone");
    const again = waiting(w, "w1", 500);
    await w.clock.pass(500);
    expect(again.found).toBe("time");
    w.recorders["a"]!.down = false;
    await w.clock.pass(1_300);
    expect(await w.safe("c", "w1")).toBe(true);
  });

  test("log failure, unless policy protects", async () => {
    for (const whenLogFails of ["refuse", "protect"] as const) {
      const w = await begun({ whenLogFails });
      void w.register("c", [A]);
      await w.clock.pass(100);
      w.recorders["a"]!.down = true;
      void w.pause("c", "w1");
      await w.clock.pass(10);
      const wait = waiting(w, "w1", 3_000);
      w.log.disk = () => "failed_not_applied";
      void w.pause("c", "w2", [], IVR);
      await w.clock.pass(10);
      expect(wait.found).toBe(whenLogFails === "refuse" ? "log_failed" : undefined);
      w.recorders["a"]!.down = false;
      await w.clock.pass(1_500);
      if (whenLogFails === "protect") expect(wait.found).toBe("secured");
    }
  });

  test("stop: and no new window is taken after it", async () => {
    const w = await begun();
    w.recorders["a"]!.down = true;
    void w.pause("c", "w1", [A]);
    await w.clock.pass(10);
    const wait = waiting(w, "w1", 3_000);
    await w.clock.pass(1);
    void w.keeper.stop();
    await w.clock.pass(10);
    expect(wait.found).toBe("stopping");
    const later = waiting(w, "w1", 3_000);
    await w.clock.pass(1);
    expect(later.found).toBe("stopping");
    expect((await w.pause("c", "w2")).kind).toBe("stopping");
    expect((await w.pause("d", "w3", [A])).kind).toBe("stopping");
    const sent = w.recorders["a"]!.commands.length;
    await w.clock.pass(60_000);
    expect(w.recorders["a"]!.commands.length).toBe(sent);
  });

  test("a disconnect ends only the wait", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(3);
    const page = new AbortController();
    const wait = waiting(w, "w1", 3_000, page.signal);
    await w.clock.pass(1);
    page.abort();
    await w.clock.pass(1);
    expect(wait.found).toBe("disconnected");
    await w.clock.pass(200);
    expect(await w.safe("c", "w1")).toBe(true);
  });
});

describe("the alarm", () => {
  test("a lease ends, is let go graceMs later and the call ends itself, with nobody asking", async () => {
    const w = await begun({ rules: { callIdleMsMax: 60_000 } });
    void w.pause("c", "w1", [A], PAGE, 5_000);
    await w.clock.pass(7_100);
    const types = () => w.log.entries.map((one) => one.event.type);
    expect(types()).toContain("WindowReleased");
    await w.clock.pass(500);
    expect(truth(w)).toBe("recording");
    await w.clock.pass(60_000);
    expect(types().at(-1)).toBe("CallEnded");
  });

  test("a call at rest costs one alarm, and an ended one none", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    void w.resume("c", "w1");
    await w.clock.pass(10_000);
    expect(w.clock.armed).toBe(1);
    void w.end("c");
    await w.clock.pass(100);
    expect(w.clock.armed).toBe(0);
  });

  test("after every failed resume something wakes the call until it is undone", async () => {
    const w = await begun({ rules: { endMsMax: 5_000 } });
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    w.recorders["a"]!.faults = (kind) => (kind === "resume" ? "refused" : "none");
    void w.end("c");
    await w.clock.pass(300_000);
    expect(await w.word("c")).toBe("ended");
    expect(truth(w)).toBe("paused");
    w.recorders["a"]!.faults = () => "none";
    await w.clock.pass(31_000);
    expect(truth(w)).toBe("recording");
    expect((await w.log.load("t", "c")).state.taps["a/1"]?.touched).toBe(false);
  });

  test("an append that hangs spins nothing, and what waited for it is done when it ends", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.log.delayMs = () => 20_000;
    void w.pause("c", "w1");
    await w.clock.pass(19_000);
    w.log.delayMs = () => 1;
    await w.clock.pass(2_000);
    expect(await w.safe("c", "w1")).toBe(true);
  });
});

test("whatever is owed has an alarm, though no deadline is ahead and no desk knows the recorder", async () => {
  const w = await world({ rules: { endMsMax: 5_000 } });
  void w.pause("c", "w1", [tap("gone", "1")]);
  await w.clock.pass(500);
  void w.end("c");
  await w.clock.pass(60_000);
  expect(await w.word("c")).toBe("ended");
  expect(w.clock.armed).toBe(1);
});

describe("the log cannot be written", () => {
  test("a pause goes out when its intent is not durable within logMsMax", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.log.delayMs = () => 5_000;
    void w.pause("c", "w1");
    await w.clock.pass(230);
    expect(truth(w)).toBe("paused");
    expect(await w.log.load("t", "c").then((one) => one.state.windows)).toEqual({});
  });

  test.each<DiskFault>(["failed_not_applied", "failed_but_applied"])(
    "%s: silence goes out, nothing is safe, and what waited is written once",
    async (fault) => {
      const w = await begun();
      void w.register("c", [A]);
      await w.clock.pass(100);
      w.log.disk = () => fault;
      const asked = w.pause("c", "w1");
      await w.clock.pass(100);
      expect((await asked).kind).toBe("log_failed");
      expect(truth(w)).toBe("paused");
      expect(await w.safe("c", "w1")).toBe(false);
      await w.clock.pass(2_000);
      if (fault === "failed_not_applied") expect(await w.safe("c", "w1")).toBe(false);
      w.log.disk = () => "none";
      await w.clock.pass(31_000);
      expect(await w.safe("c", "w1")).toBe(true);
      const opened = w.log.entries.filter((one) => one.event.type === "WindowOpened");
      expect(opened).toHaveLength(1);
    },
  );

  test("nothing is resumed until it is durable, and a resume that cannot be kept is to be asked again", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    w.log.disk = () => "failed_not_applied";
    const asked = w.resume("c", "w1");
    await w.clock.pass(3_000);
    expect((await asked).kind).toBe("log_failed");
    expect(truth(w)).toBe("paused");
    const again = w.resume("c", "w1");
    await w.clock.pass(10);
    expect((await again).kind).toBe("log_failed");
    w.log.disk = () => "none";
    await w.clock.pass(31_000);
    void w.resume("c", "w1");
    await w.clock.pass(500);
    expect(truth(w)).toBe("recording");
  });

  test("a lease that ends while the log fails turns safe off, and lets go only afterwards", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A], PAGE, 3_000);
    await w.clock.pass(200);
    w.log.disk = () => "failed_not_applied";
    await w.clock.pass(20_000);
    expect(truth(w)).toBe("paused");
    expect(await w.safe("c", "w1")).toBe(false);
    w.log.disk = () => "none";
    await w.clock.pass(32_000);
    expect(truth(w)).toBe("recording");
    expect(await w.word("c")).toBe("recording");
  });

  test("a read during the failure answers at once with what waits, and says so", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.log.disk = () => "failed_not_applied";
    void w.pause("c", "w1", [], PAGE, 2_000);
    await w.clock.pass(2_100);
    const read = w.keeper.read("t", "c");
    await w.clock.pass(1);
    const view = await read;
    expect(view?.durable).toBe(false);
    expect(view?.state.windows["w1"]?.state).toBe("expired");
  });

  test("desktops are told to doubt what they show", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    expect(w.shown.has("c")).toBe(true);
    w.log.disk = () => "failed_not_applied";
    void w.pause("c", "w2");
    await w.clock.pass(10);
    expect(w.shown.has("c")).toBe(false);
  });

  test("a conflict loads what is there, and decides again", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    const { version } = (await w.log.load("t", "c")).state;
    const at = w.clock.now();
    const other = { type: "WindowForestalled", windowId: "w1", at } as const;
    const writing = w.log.append("t", "c", version, [other]);
    await w.clock.pass(2);
    await writing;
    const asked = w.pause("c", "w1");
    await w.clock.pass(50);
    expect(await asked).toMatchObject({ kind: "refused", refusal: "window_closed" });
  });

  test("a crash in the middle of it loses no silence: the spool is taken up at the start", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.log.disk = () => "failed_not_applied";
    void w.pause("c", "w1");
    await w.clock.pass(100);
    w.log.disk = () => "none";
    await w.restart(1_000);
    await w.clock.pass(2_500);
    expect(await w.safe("c", "w1")).toBe(true);
  });
});

describe("a restart", () => {
  test("same windows, same deadlines; what was confirmed before is asked again before anyone is told safe", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    const before = (await w.log.load("t", "c")).state.windows["w1"];
    w.recorders["a"]!.down = true;
    await w.restart(500);
    expect(await w.safe("c", "w1")).toBe(false);
    expect((await w.log.load("t", "c")).state.windows["w1"]).toEqual(before);
    w.recorders["a"]!.down = false;
    await w.clock.pass(2_500);
    expect(await w.safe("c", "w1")).toBe(true);
  });

  test("many calls keep a start no longer than one does, on a disk that takes its time", async () => {
    const w = await begun();
    for (let call = 0; call < 30; call += 1) void w.pause(`c${call}`, `w${call}`, [A]);
    await w.clock.pass(500);
    w.log.delayMs = () => 1_000;
    const started = w.clock.now();
    await w.restart(0);
    expect(w.clock.now() - started).toBeLessThan(5_000);
  });

  test("what the log says tacet silenced is released although the process died in between", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    void w.resume("c", "w1");
    await w.clock.pass(1);
    await w.restart(10_000);
    await w.clock.pass(500);
    expect(truth(w)).toBe("recording");
  });

  test("a pause that was under way when the process died is waited for before its target counts as let go", async () => {
    const w = await begun();
    w.recorders["a"]!.faults = (kind) => (kind === "pause" ? "hung_then_lands" : "none");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(30);
    w.recorders["a"]!.faults = () => "none";
    await w.restart(0);
    void w.resume("c", "w1");
    await w.clock.pass(1_000);
    expect(await w.word("c")).toBe("resuming");
    await w.clock.pass(10_000);
    expect(w.recorders["a"]!.journal.map((line) => line.status)).toContain("paused");
    expect(truth(w)).toBe("recording");
    expect(await w.word("c")).toBe("recording");
  });

  test("a resume that was under way when the process died is waited for before anything is secured", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    w.recorders["a"]!.faults = (kind) => (kind === "resume" ? "hung_then_lands" : "none");
    void w.resume("c", "w1");
    await w.clock.pass(30);
    void w.pause("c", "w2");
    await w.clock.pass(2);
    await w.restart(0);
    let early = false;
    await w.clock.pass(5_000, () => {
      const { state } = w.changes.at(-1)!;
      const landed = w.recorders["a"]!.journal.filter((line) => line.status === "recording");
      early ||= state.settlement.kind === "settled" && landed.length < 2;
    });
    expect(early).toBe(false);
    expect(await w.safe("c", "w2")).toBe(true);
  });

  test("a lease that ended while the process was down is let go after it", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A], PAGE, 5_000);
    await w.clock.pass(200);
    await w.restart(60_000);
    expect(await w.safe("c", "w1")).toBe(false);
    await w.clock.pass(3_000);
    expect(truth(w)).toBe("recording");
  });

  test("a call at rest costs nothing at start", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(1_000);
    await w.restart(100);
    expect(w.clock.armed).toBe(0);
    expect(w.recorders["a"]!.reads).toBe(1);
  });
});

describe("sessions", () => {
  test("a session in somebody's hands is not forgotten with a refused neighbour's", async () => {
    const w = await begun();
    // Both take hold of a call nobody knows, the second at every moment of the first's refusal.
    for (let turns = 0; turns < 40; turns += 1) {
      const callId = `c${turns}`;
      const refused = w.resume(callId, `${callId}-w1`);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const opened = w.pause(callId, `${callId}-w2`, [A]);
      await w.clock.pass(400);
      expect((await refused).kind).toBe("refused");
      expect((await opened).kind).toBe("done");
      expect(await w.safe(callId, `${callId}-w2`)).toBe(true);
    }
  });

  test("a target belongs to the call that has it now", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    expect(w.keeper.callOfTarget("t", "a", "1")).toBe("c");
    void w.register("c", [tap("a", "2")]);
    await w.clock.pass(100);
    expect(w.keeper.callOfTarget("t", "a", "1")).toBeUndefined();
    void w.end("c");
    await w.clock.pass(100);
    expect(w.keeper.callOfTarget("t", "a", "2")).toBeUndefined();
  });

  test("asking for a call nobody knows leaves nothing behind", async () => {
    const w = await begun();
    const { load } = w.log;
    let loads = 0;
    w.log.load = (...asked) => ((loads += 1), load(...asked));
    for (const ask of [() => w.keeper.read("t", "nobody"), () => w.resume("nobody", "w1")]) {
      loads = 0;
      void ask();
      await w.clock.pass(5);
      void ask();
      await w.clock.pass(5);
      expect(loads).toBe(2);
    }
    expect(w.log.entries).toEqual([]);
    expect(w.clock.armed).toBe(0);
  });

  test("commands that come together are decided in order and share one append", async () => {
    const w = await begun();
    let appends = 0;
    w.log.delayMs = () => (appends++, 1);
    void w.register("c", [A]);
    void w.pause("c", "w1");
    void w.pause("c", "w2", [], IVR);
    void w.resume("c", "w1");
    await w.clock.pass(1);
    expect(appends).toBe(1);
    await w.clock.pass(1);
    expect(w.log.entries.map((one) => one.event.type)).toEqual([
      "CallRegistered",
      "TapAdded",
      "WindowOpened",
      "WindowOpened",
      "WindowClosed",
    ]);
  });
});

describe("an append that hangs", () => {
  test("a pause of a call nobody registered goes out too, once its baseline is read", async () => {
    const w = await begun();
    w.log.delayMs = () => 60_000;
    void w.pause("c", "w1", [A]);
    await w.clock.pass(600);
    expect(truth(w)).toBe("paused");
    expect(w.log.entries).toEqual([]);
  });

  test("a crash meanwhile forgets no silence that went out: it is held, and let go at its lease's end", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.log.delayMs = () => 60_000;
    // The first append hangs; the pause stands behind it.
    void w.register("c", [A], "a2");
    await w.clock.pass(100);
    void w.pause("c", "w1", [], PAGE, 10_000);
    await w.clock.pass(300);
    expect(truth(w)).toBe("paused");
    w.log.delayMs = () => 1;
    await w.restart(1_000);
    await w.clock.pass(2_500);
    expect(await w.safe("c", "w1")).toBe(true);
    await w.clock.pass(15_000);
    expect(truth(w)).toBe("recording");
    expect(await w.word("c")).toBe("recording");
  });

  test("what was spooled meanwhile is not entered twice when the append came through after all", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.log.delayMs = () => 1_000;
    void w.pause("c", "w1");
    await w.clock.pass(3_000);
    w.log.delayMs = () => 1;
    await w.clock.pass(3_000);
    expect(w.log.spooled).not.toEqual([]);
    await w.restart(100);
    const opened = w.log.entries.filter(({ event }) => event.type === "WindowOpened");
    expect(opened).toHaveLength(1);
    expect(await w.safe("c", "w1")).toBe(true);
  });

  test("what comes behind it asks for silence too, and nothing is let go", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.log.delayMs = () => 60_000;
    void w.register("c", [A], "a2");
    await w.clock.pass(250);
    expect(truth(w)).toBe("recording");
    void w.pause("c", "w1");
    await w.clock.pass(50);
    expect(truth(w)).toBe("paused");
    void w.resume("c", "w1");
    await w.clock.pass(3_000);
    expect(truth(w)).toBe("paused");
  });

  test("nobody waits for it without end, and nobody is told safe by it", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    w.log.delayMs = () => 60_000;
    const renewed = w.keeper.execute("t", "c", {
      type: "RenewWindow",
      by: PAGE,
      windowId: "w1",
      leaseMs: 120_000,
    });
    const read = w.keeper.read("t", "c");
    await w.clock.pass(5_000);
    expect((await renewed).kind).toBe("log_failed");
    expect((await read)?.durable).toBe(false);
  });

  test("desktops are told to doubt what they last heard, within logMsMax, until it is written", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    expect(w.shown.has("c")).toBe(true);
    w.log.delayMs = () => 10_000;
    w.recorders["a"]!.byHand("1", "recording");
    // The guard sees it within a second; its entry hangs.
    await w.clock.pass(1_300);
    expect(w.shown.has("c")).toBe(false);
    w.log.delayMs = () => 1;
    await w.clock.pass(15_000);
    expect(w.shown.has("c")).toBe(true);
  });

  test("a wait begun while it is late ends at once: what is known may no longer hold", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    w.log.delayMs = () => 60_000;
    const lengthened = { type: "RenewWindow", by: PAGE, windowId: "w1", leaseMs: 120_000 } as const;
    void w.keeper.execute("t", "c", lengthened);
    await w.clock.pass(300);
    const waited = w.keeper.waitSecured("t", "c", "w1", 10_000);
    await w.clock.pass(1);
    expect(await waited).toBe("log_failed");
  });
});

test("a call is never answered as of a time before its own newest entry", async () => {
  const w = await begun();
  const at = w.clock.now() + 3_600_000;
  await Promise.all([
    w.log.append("t", "c", 0, [{ type: "CallRegistered", attributes: {}, by: PAGE, at }]),
    w.clock.pass(10),
  ]);
  const read = w.keeper.read("t", "c");
  await w.clock.pass(10);
  expect((await read)?.at).toBe(at);
});

describe("a log that cannot be read", () => {
  const unreadable = (w: World, how: "fails" | "hangs" = "fails") => {
    const { load } = w.log;
    let answer = (): void => {};
    const later = new Promise<void>((done) => (answer = done));
    w.log.load = async (...asked) => {
      if (how === "fails") throw new Error("unreadable");
      await later;
      return load(...asked);
    };
    w.log.delayMs = () => 60_000;
    return () => {
      w.log.load = load;
      w.log.delayMs = () => 1;
      answer();
    };
  };

  test.each(["fails", "hangs"] as const)(
    "and %s holds up no pause that names its targets; it is entered once it can be",
    async (how) => {
      const w = await begun();
      const readable = unreadable(w, how);
      const paused = w.pause("c", "w1", [A], PAGE, 20_000);
      await w.clock.pass(1_000);
      expect(truth(w)).toBe("paused");
      expect((await paused).kind).toBe("log_failed");
      const before = w.keeper.beforePause("t", "c", "w2");
      await w.clock.pass(300);
      expect(await before).toMatchObject({ kind: "known", view: { durable: false } });
      readable();
      await w.clock.pass(5_000);
      expect(await w.safe("c", "w1")).toBe(true);
      await w.clock.pass(20_000);
      expect(truth(w)).toBe("recording");
      expect(await w.word("c")).toBe("recording");
      expect(w.log.entries.filter(({ event }) => event.type === "WindowOpened")).toHaveLength(1);
    },
  );

  test("a call that it knew after all keeps what it was: the pause is entered behind it", async () => {
    const w = await begun();
    w.recorders["b"]!.begin("2");
    void w.register("c", [tap("b", "2")], "a1");
    await w.clock.pass(200);
    await w.restart(100);
    const readable = unreadable(w);
    void w.pause("c", "w1", [A], PAGE, 20_000);
    await w.clock.pass(1_000);
    expect(truth(w)).toBe("paused");
    readable();
    await w.clock.pass(5_000);
    const { state } = await w.log.load("t", "c");
    expect(state.agentId).toBe("a1");
    expect(Object.keys(state.taps)).toEqual(["b/2", "a/1"]);
    expect(await w.safe("c", "w1")).toBe(true);
    await w.clock.pass(20_000);
    expect(truth(w)).toBe("recording");
    expect(w.recorders["b"]!.truth.get("2")?.status).toBe("recording");
  });

  test.each([
    ["a call that was over", true],
    ["a window that was closed", false],
  ])(
    "whoever may collect without it is not recorded before their lease ends: %s",
    async (_, ended) => {
      const w = await begun({ whenLogFails: "protect" });
      void w.pause("c", "w1", [A]);
      await w.clock.pass(300);
      void w.resume("c", "w1");
      await w.clock.pass(500);
      if (ended) void w.end("c");
      await w.clock.pass(500);
      await w.restart(100);
      const readable = unreadable(w);
      void w.pause("c", "w1", [A], PAGE, 20_000);
      await w.clock.pass(2_000);
      const read = w.keeper.read("t", "c");
      await w.clock.pass(5);
      const view = await read;
      expect(view && safeToCollect(view.state, "w1", PAGE, view.at)).toBe(true);
      readable();
      await w.clock.pass(15_000);
      expect(truth(w)).toBe("paused");
      await w.clock.pass(10_000);
      expect(truth(w)).toBe("recording");
    },
  );

  test("a window that it knew as closed is not opened again: its silence is let go at once", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(300);
    void w.resume("c", "w1");
    await w.clock.pass(500);
    await w.restart(100);
    const readable = unreadable(w);
    void w.pause("c", "w1", [A], PAGE, 50_000);
    await w.clock.pass(1_000);
    expect(truth(w)).toBe("paused");
    readable();
    await w.clock.pass(5_000);
    expect(await w.safe("c", "w1")).toBe(false);
    expect(truth(w)).toBe("recording");
    expect((await w.log.load("t", "c")).state.windows["w1"]?.state).toBe("closed");
  });

  test("a call that had ended is not brought back to life with a window", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(300);
    void w.end("c");
    await w.clock.pass(500);
    await w.restart(100);
    const readable = unreadable(w);
    void w.pause("c", "w2", [A], PAGE, 50_000);
    await w.clock.pass(1_000);
    expect(truth(w)).toBe("paused");
    readable();
    await w.clock.pass(5_000);
    expect(truth(w)).toBe("recording");
    expect(await w.safe("c", "w2")).toBe(false);
  });

  test("whoever does not pause is told within seconds that it cannot be read", async () => {
    const w = await begun();
    void w.register("known", [A]);
    await w.clock.pass(200);
    const never = () => new Promise<never>(() => {});
    Object.assign(w.log, { load: never, live: never, callOfWindow: never });
    const by = PAGE;
    const asked = [
      w.keeper.read("t", "c"),
      w.keeper.live("t", 10),
      w.keeper.callOfWindow("t", "w1"),
      w.keeper.execute("t", "c", { type: "CloseWindow", by, windowId: "w1" }),
    ].map((one) => one.catch((error: unknown) => error));
    await w.clock.pass(6_000);
    for (const answer of await Promise.all(asked)) {
      expect(answer).toMatchObject({ code: "log_unavailable" });
    }
  });
});
