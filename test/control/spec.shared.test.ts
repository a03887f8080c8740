/** Targets that several calls claim, and what people silenced, in the whole core. */
import { describe, expect, test } from "vitest";
import { PAGE, tap, world } from "../simulation/world.ts";
import type { World } from "../simulation/world.ts";

const A = tap("a", "1");
const truth = (w: World) => w.recorders["a"]!.truth.get("1")?.status;
const resumes = (w: World) =>
  w.recorders["a"]!.commands.filter((one) => one.kind === "resume").length;

async function begun(): Promise<World> {
  const w = await world();
  w.recorders["a"]!.begin("1");
  return w;
}

describe("two calls, one target", () => {
  test.each([
    ["ivr", "page"],
    ["page", "ivr"],
  ])(
    "%s closes first: it stays silent while the other claims it, and the last one lets go",
    async (first, last) => {
      const w = await begun();
      void w.pause("ivr", "w-ivr", [A]);
      await w.clock.pass(100);
      void w.pause("page", "w-page", [A]);
      await w.clock.pass(100);
      expect([await w.word("ivr"), await w.word("page")]).toEqual(["secured", "secured"]);
      void w.resume(first, `w-${first}`);
      await w.clock.pass(5_000);
      expect(truth(w)).toBe("paused");
      expect(resumes(w)).toBe(0);
      expect([await w.word(first), await w.word(last)]).toEqual(["recording", "secured"]);
      void w.resume(last, `w-${last}`);
      await w.clock.pass(500);
      expect(truth(w)).toBe("recording");
      expect(await w.word(last)).toBe("recording");
    },
  );

  test("after a restart too: all claims are folded before the first resume is sent", async () => {
    const w = await begun();
    void w.pause("ivr", "w-ivr", [A]);
    void w.pause("page", "w-page", [A]);
    await w.clock.pass(200);
    w.recorders["a"]!.down = true;
    void w.resume("ivr", "w-ivr");
    await w.clock.pass(1);
    w.recorders["a"]!.down = false;
    await w.restart(500);
    await w.clock.pass(1_000);
    expect(resumes(w)).toBe(0);
    expect(truth(w)).toBe("paused");
    void w.resume("page", "w-page");
    await w.clock.pass(500);
    expect(truth(w)).toBe("recording");
  });

  test("one that was let go of, opened again and closed before it was heard does not drop its debt", async () => {
    const w = await begun();
    void w.pause("ivr", "w-ivr", [A]);
    void w.pause("page", "w-page", [A]);
    await w.clock.pass(500);
    w.log.delayMs = (_, callId) => (callId === "ivr" ? 100 : 1);
    void w.resume("ivr", "w-ivr");
    await w.clock.pass(20);
    void w.pause("ivr", "w-again");
    await w.clock.pass(110);
    void w.resume("ivr", "w-again");
    await w.clock.pass(5);
    // The desk looks at the target, and says once more that the page's call keeps it silent.
    void w.register("third", [A]);
    await w.clock.pass(30);
    void w.resume("page", "w-page");
    await w.clock.pass(10_000);
    expect(truth(w)).toBe("recording");
    expect([await w.word("ivr"), await w.word("page")]).toEqual(["recording", "recording"]);
  });

  test("a call that took the other's silence for somebody's keeps it, and lets it go in the end", async () => {
    const w = await begun();
    w.recorders["a"]!.byHand("1", "paused");
    void w.register("page", [A]);
    await w.clock.pass(100);
    w.recorders["a"]!.byHand("1", "recording");
    void w.pause("ivr", "w-ivr", [A]);
    await w.clock.pass(200);
    void w.pause("page", "w-page");
    await w.clock.pass(200);
    void w.resume("ivr", "w-ivr");
    await w.clock.pass(5_000);
    expect(resumes(w)).toBe(0);
    expect([await w.word("ivr"), await w.word("page")]).toEqual(["recording", "secured"]);
    void w.resume("page", "w-page");
    await w.clock.pass(500);
    expect(truth(w)).toBe("recording");
  });

  test("a pause that comes while the other call's resume is owed is not preceded by that resume", async () => {
    const w = await begun();
    void w.pause("ivr", "w-ivr", [A]);
    await w.clock.pass(200);
    void w.pause("page", "w-page", [A]);
    void w.resume("ivr", "w-ivr");
    await w.clock.pass(3_000);
    expect(resumes(w)).toBe(0);
    expect(await w.word("page")).toBe("secured");
  });

  test("the second call's drift pauses for both", async () => {
    const w = await begun();
    void w.pause("ivr", "w-ivr", [A]);
    void w.pause("page", "w-page", [A]);
    await w.clock.pass(200);
    w.recorders["a"]!.byHand("1", "recording");
    await w.clock.pass(1_200);
    expect([await w.word("ivr"), await w.word("page")]).toEqual(["secured", "secured"]);
    expect(truth(w)).toBe("paused");
  });
});

describe("what a person silenced", () => {
  test("is left as it was: no command, no resume, not at the end of the call, not after a restart", async () => {
    const w = await begun();
    w.recorders["a"]!.byHand("1", "paused");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    expect(await w.word("c")).toBe("secured");
    await w.restart(100);
    await w.clock.pass(200);
    expect(await w.word("c")).toBe("secured");
    void w.resume("c", "w1");
    await w.clock.pass(200);
    void w.end("c");
    await w.clock.pass(200);
    await w.restart(100);
    await w.clock.pass(5_000);
    expect(w.recorders["a"]!.commands).toEqual([]);
    expect(truth(w)).toBe("paused");
    expect(await w.word("c")).toBe("ended");
  });

  test("lifted inside a window, tacet silences it, and undoes that in the end", async () => {
    const w = await begun();
    w.recorders["a"]!.byHand("1", "paused");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    w.recorders["a"]!.byHand("1", "recording");
    await w.clock.pass(1_200);
    expect(truth(w)).toBe("paused");
    expect(await w.word("c")).toBe("secured");
    void w.resume("c", "w1");
    await w.clock.pass(500);
    expect(truth(w)).toBe("recording");
  });

  test("a mute after registration is found by the stale baseline's re-read", async () => {
    const w = await begun();
    void w.register("c", [A]);
    await w.clock.pass(100);
    w.recorders["a"]!.byHand("1", "paused");
    await w.clock.pass(60_000);
    void w.pause("c", "w1");
    await w.clock.pass(200);
    void w.resume("c", "w1");
    await w.clock.pass(1_000);
    expect(w.recorders["a"]!.commands).toEqual([]);
  });

  test("a baseline that cannot be read in time holds a pause up for baselineMs and no longer", async () => {
    const w = await begun();
    w.recorders["a"]!.faults = (kind) => (kind === "status" ? "request_lost" : "none");
    const asked = w.clock.now();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(1_000);
    expect(w.recorders["a"]!.commands[0]!.at - asked).toBeLessThanOrEqual(250 + 10);
    expect((await w.log.load("t", "c")).state.taps["a/1"]?.before).toBe("unknown");
  });

  test("the baseline is asked for beside the durable append, not after it", async () => {
    const w = await begun();
    w.log.delayMs = () => 40;
    void w.pause("c", "w1", [A]);
    await w.clock.pass(30);
    expect(w.recorders["a"]!.reads).toBe(1);
    expect(w.log.entries).toEqual([]);
  });
});

describe("one audio under two names", () => {
  const byNumber = tap("a", "1");
  const byExtension = tap("a", "1", { tapId: "a/extension", targetKey: "extension" });

  async function paused(callId: string, as: ReturnType<typeof tap>) {
    const w = await world({ recorders: { a: { capabilities: { aliases: true } } } });
    w.recorders["a"]!.begin("1");
    void w.register(callId, [as]);
    await w.clock.pass(50);
    void w.pause(callId, `${callId}-w`);
    await w.clock.pass(100);
    expect(await w.safe(callId, `${callId}-w`)).toBe(true);
    return w;
  }
  test("a call that is named anew inside its window stays silent, and is resumed after it", async () => {
    const w = await paused("c", byExtension);
    void w.register("c", [byNumber]);
    await w.clock.pass(5_000);
    expect(resumes(w)).toBe(0);
    expect(truth(w)).toBe("paused");
    expect(await w.safe("c", "c-w")).toBe(true);
    void w.resume("c", "c-w");
    await w.clock.pass(500);
    expect(await w.word("c")).toBe("recording");
    expect(truth(w)).toBe("recording");
  });

  test.each([
    ["the first", "x"],
    ["the second", "y"],
  ])("of two calls that name it differently, %s to end undoes nothing", async (_, first) => {
    const w = await paused("x", byNumber);
    void w.register("y", [byExtension]);
    await w.clock.pass(50);
    void w.pause("y", "y-w");
    await w.clock.pass(100);
    expect(await w.safe("y", "y-w")).toBe(true);
    void w.resume(first, `${first}-w`);
    await w.clock.pass(5_000);
    const other = first === "x" ? "y" : "x";
    expect(resumes(w)).toBe(0);
    expect(await w.safe(other, `${other}-w`)).toBe(true);
    expect(await w.word(first)).toBe("recording");
    void w.resume(other, `${other}-w`);
    await w.clock.pass(500);
    expect(truth(w)).toBe("recording");
  });

  test("a pause by one name waits for a resume by the other, then goes, and is not safe before it can no longer land", async () => {
    const w = await paused("x", byNumber);
    void w.register("y", [byExtension]);
    await w.clock.pass(50);
    w.recorders["a"]!.faults = (kind) => (kind === "resume" ? "hung_then_lands" : "none");
    void w.resume("x", "x-w");
    await w.clock.pass(20);
    void w.pause("y", "y-w");
    await w.clock.pass(600);
    const [resumed, paused2] = w.recorders["a"]!.commands.slice(-2);
    expect([resumed?.kind, paused2?.kind]).toEqual(["resume", "pause"]);
    // It goes when resumeMsMax has passed since the resume went, and no sooner.
    expect((paused2?.at ?? 0) - (resumed?.at ?? 0)).toBe(250);
    for (let ms = 0; ms < 6_000; ms += 50) {
      await w.clock.pass(50);
      const recording = truth(w) === "recording";
      if (recording) expect(await w.safe("y", "y-w")).toBe(false);
    }
    expect(await w.safe("y", "y-w")).toBe(true);
  });

  test("after a restart a debt under one name is not paid while the other name asks for silence", async () => {
    const w = await paused("x", byNumber);
    void w.register("y", [byExtension]);
    await w.clock.pass(50);
    void w.pause("y", "y-w");
    await w.clock.pass(100);
    w.recorders["a"]!.down = true;
    void w.keeper.execute("t", "x", { type: "CloseWindow", by: PAGE, windowId: "x-w" });
    await w.clock.pass(2);
    w.recorders["a"]!.down = false;
    await w.restart();
    await w.clock.pass(6_000);
    expect(truth(w)).toBe("paused");
    expect(await w.safe("y", "y-w")).toBe(true);
    void w.resume("y", "y-w");
    await w.clock.pass(6_000);
    expect(truth(w)).toBe("recording");
    expect([await w.word("x"), await w.word("y")]).toEqual(["recording", "recording"]);
  });

  test("a name that led nowhere is asked again before what has begun since is let go under another", async () => {
    const w = await world({ recorders: { a: { capabilities: { aliases: true } } } });
    void w.pause("y", "y-w", [byExtension]);
    await w.clock.pass(1_200);
    // The conversation begins right after the extension was found to lead nowhere.
    w.recorders["a"]!.begin("1");
    void w.pause("x", "x-w", [byNumber]);
    await w.clock.pass(100);
    expect(truth(w)).toBe("paused");
    void w.resume("x", "x-w");
    await w.clock.pass(3_000);
    expect(resumes(w)).toBe(0);
    expect(await w.safe("y", "y-w")).toBe(true);
    void w.resume("y", "y-w");
    await w.clock.pass(2_000);
    expect(truth(w)).toBe("recording");
  });

  test("a name that led nowhere before the recorder was away lets go of nothing that began meanwhile", async () => {
    const w = await paused("x", byExtension);
    w.recorders["a"]!.end("1");
    await w.clock.pass(1_200);
    w.recorders["a"]!.down = true;
    void w.resume("x", "x-w");
    // Another conversation begins there, and is to be silent under its number.
    w.recorders["a"]!.begin("1");
    await w.clock.pass(500);
    void w.pause("y", "y-w", [byNumber]);
    await w.clock.pass(50);
    const before = resumes(w);
    await w.clock.pass(3_000);
    w.recorders["a"]!.down = false;
    await w.clock.pass(6_000);
    expect(resumes(w)).toBe(before);
    expect(await w.safe("y", "y-w")).toBe(true);
    void w.resume("y", "y-w");
    await w.clock.pass(3_000);
    expect(truth(w)).toBe("recording");
    expect(await w.word("x")).toBe("recording");
  });

  test("a name that leads nowhere for good holds up no other name's resume", async () => {
    const w = await world({ recorders: { a: { capabilities: { aliases: true } } } });
    w.recorders["a"]!.begin("1");
    void w.pause("y", "y-w", [tap("a", "x9")]);
    await w.clock.pass(1_200);
    void w.pause("x", "x-w", [byNumber]);
    await w.clock.pass(100);
    expect(truth(w)).toBe("paused");
    void w.resume("x", "x-w");
    await w.clock.pass(2_000);
    expect(truth(w)).toBe("recording");
    expect(await w.word("x")).toBe("recording");
  });
});
