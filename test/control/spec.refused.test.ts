/** Recorders that can only be told, and refuse: what was never silenced is not started. */
import { describe, expect, test } from "vitest";
import { DEFAULT_DESK_RULES } from "../../src/control/commands.ts";
import { Desk } from "../../src/control/desk.ts";
import { tap, world } from "../simulation/world.ts";
import type { World } from "../simulation/world.ts";
import type { Fault } from "../simulation/recorder.ts";

const A = tap("a", "1", { control: "stop", acceptAcknowledged: true });

/** A recorder that cannot be asked, whose pauses meet these faults in turn, and then none. */
async function begun(...faults: readonly Fault[]): Promise<World> {
  const w = await world({ recorders: { a: { capabilities: { control: "stop", status: false } } } });
  w.recorders["a"]!.begin("1");
  meet(w, ...faults);
  return w;
}
function meet(w: World, ...faults: readonly Fault[]): void {
  const left = [...faults];
  w.recorders["a"]!.faults = (kind) => (kind === "pause" ? (left.shift() ?? "none") : "none");
}
const always = (fault: Fault): readonly Fault[] => Array<Fault>(1_000).fill(fault);
const sent = (w: World) => w.recorders["a"]!.commands.map(({ kind }) => kind);
const resumes = (w: World) => sent(w).filter((kind) => kind === "resume").length;
const events = (w: World, type: string) =>
  w.changes.flatMap((change) => change.events).filter((event) => event.type === type);
const released = { recorderId: "a", reason: "never_silenced" };

describe("a recorder that can only be told", () => {
  test.each(["refused", "not_sent"] as const)(
    "whose every pause was %s is not resumed, and the log says why",
    async (fault) => {
      const w = await begun(...always(fault));
      void w.pause("c", "w1", [A]);
      await w.clock.pass(5_000);
      expect(await w.safe("c", "w1")).toBe(false);
      expect(sent(w).length).toBeGreaterThan(1);
      void w.resume("c", "w1");
      await w.clock.pass(60_000);
      expect(resumes(w)).toBe(0);
      expect(events(w, "TapReleased")).toMatchObject([released]);
      expect(await w.word("c")).toBe("recording");
      void w.end("c");
      await w.clock.pass(1_000);
      expect(await w.word("c")).toBe("ended");
      expect(events(w, "CallEnded")).toMatchObject([{ outstanding: [] }]);
    },
  );

  test.each(["none", "reply_lost", "request_lost", "lands_late", "unreadable"] as const)(
    "is resumed where one of its pauses may have worked (%s), whatever it refused besides",
    async (fault) => {
      const w = await begun("refused", fault, ...always("refused"));
      void w.pause("c", "w1", [A]);
      await w.clock.pass(9_000);
      void w.resume("c", "w1");
      await w.clock.pass(9_000);
      expect(resumes(w)).toBe(1);
      expect(events(w, "TapReleased")).toEqual([]);
      expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
    },
  );

  test("is resumed where the window ends while its only pause is under way", async () => {
    const w = await begun("slow");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(300);
    void w.resume("c", "w1");
    await w.clock.pass(5_000);
    expect(sent(w)).toEqual(["pause", "resume"]);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
  });

  test("is not resumed where that one is refused in the end", async () => {
    const w = await begun("refused");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(2);
    void w.resume("c", "w1");
    await w.clock.pass(5_000);
    expect(sent(w)).toEqual(["pause"]);
    expect(await w.word("c")).toBe("recording");
  });

  test("is resumed after a restart: what the process before did is not known", async () => {
    const w = await begun(...always("refused"));
    void w.pause("c", "w1", [A]);
    await w.clock.pass(1_000);
    await w.restart(500);
    await w.clock.pass(1_000);
    void w.resume("c", "w1");
    await w.clock.pass(5_000);
    expect(resumes(w)).toBe(1);
  });

  test("is resumed after a restart with the resume owed", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(1_000);
    w.recorders["a"]!.down = true;
    void w.resume("c", "w1");
    await w.clock.pass(100);
    await w.restart(500);
    w.recorders["a"]!.down = false;
    await w.clock.pass(60_000);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
    expect(await w.word("c")).toBe("recording");
  });

  test("is let go once the log works again, where its lease ended while the log failed", async () => {
    const w = await begun(...always("refused"));
    void w.pause("c", "w1", [A], undefined, 3_000);
    await w.clock.pass(1_000);
    w.log.disk = () => "failed_not_applied";
    await w.clock.pass(20_000);
    expect(events(w, "TapReleased")).toEqual([]);
    w.log.disk = () => "none";
    await w.clock.pass(60_000);
    expect(events(w, "TapReleased")).toMatchObject([released]);
    expect(resumes(w)).toBe(0);
    expect(await w.word("c")).toBe("recording");
  });

  test("has each window judged by itself: one that silenced it, and one that did not", async () => {
    const w = await begun();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(1_000);
    void w.resume("c", "w1");
    await w.clock.pass(1_000);
    expect(resumes(w)).toBe(1);
    meet(w, ...always("refused"));
    void w.pause("c", "w2");
    await w.clock.pass(1_000);
    void w.resume("c", "w2");
    await w.clock.pass(5_000);
    expect(resumes(w)).toBe(1);
    meet(w);
    void w.pause("c", "w3");
    await w.clock.pass(1_000);
    expect(await w.word("c")).toBe("secured");
    void w.resume("c", "w3");
    await w.clock.pass(1_000);
    expect(resumes(w)).toBe(2);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
  });

  test("is not let go for what was said of the window before, where the next one silenced it", async () => {
    const w = await begun();
    void w.pause("c", "w0", [A]);
    await w.clock.pass(500);
    void w.resume("c", "w0");
    await w.clock.pass(500);
    meet(w, ...always("refused"));
    void w.pause("c", "w1");
    await w.clock.pass(30);
    w.log.delayMs = (_, callId) => (callId === "c" ? 100 : 1);
    void w.resume("c", "w1");
    await w.clock.pass(20);
    void w.pause("c", "w2");
    await w.clock.pass(110);
    meet(w);
    void w.resume("c", "w2");
    await w.clock.pass(10);
    // The desk looks at the target, and says once more what it said of w1.
    void w.register("another", [A]);
    await w.clock.pass(10_000);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
    expect(await w.word("c")).toBe("recording");
  });

  test.each(["lands_late", "broken_then_lands", "hung_then_lands"] as const)(
    "is resumed once no pause that was given up can land behind the resume (%s)",
    async (fault) => {
      const w = await begun(fault);
      void w.pause("c", "w1", [A]);
      await w.clock.pass(20);
      void w.resume("c", "w1");
      await w.clock.pass(10_000);
      expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
      expect(resumes(w)).toBe(1);
      expect(await w.word("c")).toBe("recording");
    },
  );

  test.each(["lands_late", "broken_then_lands", "hung_then_lands"] as const)(
    "is not confirmed while a resume that was given up can land behind the pause (%s)",
    async (fault) => {
      const w = await begun();
      const { faults } = w.recorders["a"]!;
      void w.pause("c", "w1", [A]);
      await w.clock.pass(500);
      w.recorders["a"]!.faults = (kind) => (kind === "resume" ? fault : "none");
      void w.resume("c", "w1");
      await w.clock.pass(10);
      w.recorders["a"]!.faults = faults;
      void w.pause("c", "w2");
      for (let passed = 0; passed < 3_000; passed += 10) {
        await w.clock.pass(10);
        const recorded = w.recorders["a"]!.truth.get("1")?.status === "recording";
        expect(recorded && (await w.safe("c", "w2"))).toBe(false);
      }
      expect(await w.safe("c", "w2")).toBe(true);
    },
  );

  test("that another call silenced is that call's to resume, though this one's pauses were refused", async () => {
    const w = await begun();
    void w.pause("ivr", "w-ivr", [A]);
    await w.clock.pass(1_000);
    meet(w, ...always("refused"));
    void w.pause("page", "w-page", [A]);
    await w.clock.pass(1_000);
    void w.resume("ivr", "w-ivr");
    await w.clock.pass(1_000);
    expect(resumes(w)).toBe(0);
    void w.resume("page", "w-page");
    await w.clock.pass(5_000);
    expect(resumes(w)).toBe(1);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
  });
});

test("a resume that is owed before anything was sent is sent: the silence is another process's", async () => {
  const w = await begun();
  w.recorders["a"]!.byHand("1", "paused");
  const desk = new Desk(w.recorders["a"]!, DEFAULT_DESK_RULES, w.clock, () => {});
  desk.open();
  const { recorderId, tapId, target, targetKey } = A;
  const claim = { tapId, recorderId, targetKey, target, turn: 2, turnAt: 0, touched: true };
  desk.sync("t\nc", [{ ...claim, want: "recording" }]);
  await w.clock.pass(100);
  desk.stop();
  expect(sent(w)).toEqual(["resume"]);
});

test("a recorder that can be asked is resumed by what it shows, whatever it answered", async () => {
  const w = await world();
  const a = tap("a", "1");
  w.recorders["a"]!.begin("1");
  meet(w, ...always("refused"));
  void w.pause("c", "w1", [a]);
  await w.clock.pass(1_000);
  w.recorders["a"]!.byHand("1", "paused");
  await w.clock.pass(2_000);
  void w.resume("c", "w1");
  await w.clock.pass(2_000);
  expect(resumes(w)).toBe(1);
});
