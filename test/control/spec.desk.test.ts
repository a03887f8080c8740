/** Desk rules: one command in flight, reads, retries, doubt, overtaking, surveys, pushes. */
import { describe, expect, test } from "vitest";
import type { Fault } from "../simulation/recorder.ts";
import { tap, world } from "../simulation/world.ts";
import type { World, WorldOptions } from "../simulation/world.ts";

const A = tap("a", "1");

/** A registered, secured call on target 1 of recorder a. */
async function secured(options: WorldOptions = {}): Promise<World> {
  const w = await world(options);
  w.recorders["a"]!.begin("1");
  void w.register("c", [A]);
  await w.clock.pass(100);
  void w.pause("c", "w1");
  await w.clock.pass(200);
  expect(await w.word("c")).toBe("secured");
  return w;
}

/** The next requests of this kind meet these faults, then none. */
function faults(w: World, kind: "pause" | "resume" | "status", ...next: Fault[]): void {
  w.recorders["a"]!.faults = (asked) => (asked === kind ? (next.shift() ?? "none") : "none");
}

const sentOf = (w: World, ref = "1") =>
  w.recorders["a"]!.commands.filter((one) => one.target === ref).map((one) => one.kind);

describe("a pause and a resume", () => {
  test("a pause waits at most resumeMsMax for a resume in flight, then abandons it and goes", async () => {
    const w = await secured();
    faults(w, "resume", "hung_then_lands");
    void w.resume("c", "w1");
    await w.clock.pass(50);
    const asked = w.clock.now();
    void w.pause("c", "w2");
    await w.clock.pass(300);
    const pause = w.recorders["a"]!.commands.findLast((one) => one.kind === "pause")!;
    expect(pause.at - asked).toBeLessThanOrEqual(250);
    expect(sentOf(w)).toEqual(["pause", "resume", "pause"]);
  });

  test("until settleMs after an abandoned resume the target is re-read and never confirmed", async () => {
    const w = await secured();
    faults(w, "resume", "hung_then_lands");
    void w.resume("c", "w1");
    await w.clock.pass(50);
    void w.pause("c", "w2");
    const begun = w.clock.now();
    let first: number | undefined;
    await w.clock.pass(6_000, () => {
      if (w.changes.at(-1)?.state.settlement.kind === "settled") first ??= w.clock.now();
    });
    expect(first! - begun).toBeGreaterThanOrEqual(2_000);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("paused");
    expect(await w.safe("c", "w2")).toBe(true);
  });

  test("a pause in doubt does not make the abandoned resume forgotten", async () => {
    const w = await secured();
    w.recorders["a"]!.faults = (kind) => (kind === "resume" ? "hung_then_lands" : "none");
    void w.resume("c", "w1");
    await w.clock.pass(50);
    faults(w, "pause", "reply_lost");
    void w.pause("c", "w2");
    const begun = w.clock.now();
    let first: number | undefined;
    await w.clock.pass(6_000, () => {
      if (w.changes.at(-1)?.state.settlement.kind === "settled") first ??= w.clock.now();
    });
    expect(first! - begun).toBeGreaterThanOrEqual(2_000);
  });

  test("a resume that is answered in time is waited for, and its pause follows", async () => {
    const w = await secured();
    void w.resume("c", "w1");
    await w.clock.pass(6);
    void w.pause("c", "w2");
    await w.clock.pass(200);
    expect(sentOf(w)).toEqual(["pause", "resume", "pause"]);
    expect(await w.word("c")).toBe("secured");
  });

  test("what a recorder only acknowledged is never secured, and is driven again", async () => {
    const w = await world();
    w.recorders["a"]!.begin("1");
    faults(w, "pause", ...Array<Fault>(4).fill("ignored"));
    void w.pause("c", "w1", [A]);
    await w.clock.pass(200);
    expect(await w.safe("c", "w1")).toBe(false);
    await w.clock.pass(10_000);
    expect(sentOf(w)).toHaveLength(5);
    expect(await w.word("c")).toBe("secured");
  });

  test("a read asked before the command's end counts for nothing", async () => {
    // The read's answer is on its way while the pause goes; the recorder ignores the pause.
    const w = await secured();
    faults(w, "status", "slow");
    await w.clock.pass(1_000);
    void w.resume("c", "w1");
    await w.clock.pass(20);
    expect(await w.word("c")).toBe("resuming");
    faults(w, "pause", "ignored");
    void w.pause("c", "w2");
    await w.clock.pass(15);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
    let early = false;
    await w.clock.pass(1_000, () => {
      const { state } = w.changes.at(-1)!;
      if (state.settlement.kind !== "settled" || state.windows["w2"]?.state !== "open") return;
      early ||= w.recorders["a"]!.truth.get("1")?.status === "recording";
    });
    expect(early).toBe(false);
  });
});

describe("turns", () => {
  test("a read asked in an older turn confirms nothing in a newer one, though no command lies between", async () => {
    const w = await secured();
    faults(w, "status", "slow");
    await w.clock.pass(900);
    // Closed and opened in one moment: the target stays silent, and a guard's read is on its way.
    void w.resume("c", "w1");
    void w.pause("c", "w2");
    await w.clock.pass(2_000);
    expect(await w.safe("c", "w2")).toBe(true);
    const { turnAt, taps } = (await w.log.load("t", "c")).state;
    expect(taps["a/1"]!.askedAt).toBeGreaterThanOrEqual(turnAt);
    expect(sentOf(w)).toEqual(["pause"]);
  });
});

describe("trouble", () => {
  test("in doubt, the recorder is asked first, and the pause is not repeated where it took effect", async () => {
    const w = await world();
    w.recorders["a"]!.begin("1");
    faults(w, "pause", "reply_lost");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(300);
    expect(sentOf(w)).toEqual(["pause"]);
    expect(await w.word("c")).toBe("secured");
  });

  test("in doubt and seen not done, the pause is repeated at once", async () => {
    const w = await world();
    w.recorders["a"]!.begin("1");
    faults(w, "pause", "request_lost");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(100);
    expect(sentOf(w)).toEqual(["pause", "pause"]);
    expect(await w.word("c")).toBe("secured");
  });

  test("in doubt and nobody to ask, the pause is repeated without end", async () => {
    const w = await world({
      recorders: { a: { capabilities: { status: false } } },
    });
    w.recorders["a"]!.begin("1");
    faults(w, "pause", "request_lost", "request_lost", "request_lost");
    void w.pause("c", "w1", [tap("a", "1", { acceptAcknowledged: true })]);
    await w.clock.pass(400 + 800 + 1_600 + 300);
    expect(sentOf(w)).toHaveLength(4);
    expect(await w.word("c")).toBe("secured");
  });

  test("retries have full jitter, are never more than 30 s apart and never stop", async () => {
    const w = await world({ rules: { leaseMsMax: 3_600_000, windowMsMax: 3_600_000 } });
    w.recorders["a"]!.begin("1");
    w.recorders["a"]!.faults = (kind) => (kind === "pause" ? "refused" : "none");
    void w.pause("c", "w1", [A], undefined, 3_600_000);
    await w.clock.pass(1_800_000);
    const sent = w.recorders["a"]!.commands.map((one) => one.at);
    const gaps = sent.slice(1).map((at, index) => at - sent[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000 + 50);
    expect(sent.at(-1)!).toBeGreaterThan(w.clock.now() - 30_100);
    expect(new Set(gaps.slice(-20)).size).toBeGreaterThan(10);
    // Backed off: half of the bound in the mean, not the least of it.
    expect(sent.length).toBeLessThan(400);
  });

  test("a recorder that answers reads and fails every command is backed off from", async () => {
    for (const fault of ["not_sent", "request_lost"] as const) {
      const w = await world({ rules: { leaseMsMax: 600_000 } });
      w.recorders["a"]!.begin("1");
      w.recorders["a"]!.faults = (kind) => (kind === "pause" ? fault : "none");
      void w.pause("c", "w1", [A], undefined, 600_000);
      await w.clock.pass(300_000);
      expect(w.recorders["a"]!.commands.length).toBeLessThan(100);
      expect(w.recorders["a"]!.commands.length).toBeGreaterThan(10);
    }
  });

  test("a recorder that asks for an hour is asked again within 30 s: no breaker skips a pause", async () => {
    const w = await world();
    const recorder = w.recorders["a"]!;
    recorder.begin("1");
    recorder.retryAfterMs = 3_600_000;
    faults(w, "pause", "not_sent");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(30_100);
    expect(sentOf(w).length).toBeGreaterThan(1);
  });

  test("a recorder that is back is driven at once, however long it was gone", async () => {
    const w = await world({ rules: { leaseMsMax: 600_000 } });
    const recorder = w.recorders["a"]!;
    recorder.begin("1");
    recorder.down = true;
    void w.pause("c", "w1", [A], undefined, 600_000);
    await w.clock.pass(300_000);
    recorder.down = false;
    await w.clock.pass(1_200);
    expect(await w.word("c")).toBe("secured");
  });

  test("an adapter that throws is in doubt, and nothing stops", async () => {
    const w = await world();
    const recorder = w.recorders["a"]!;
    recorder.begin("1");
    let thrown = 0;
    recorder.faults = (kind) => {
      if (kind !== "pause" || ++thrown > 2) return "none";
      throw new Error("a bug of the adapter's own");
    };
    void w.pause("c", "w1", [A]);
    await w.clock.pass(3_000);
    expect(await w.word("c")).toBe("secured");
  });
});

describe("guard", () => {
  test("a hand that resumes is caught within guardMs, shown unsecured, and driven back", async () => {
    const w = await secured();
    w.recorders["a"]!.byHand("1", "recording");
    await w.clock.pass(1_100);
    expect(w.changes.map((one) => one.events[0]?.type)).toContain("RecorderReported");
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("paused");
    expect(await w.word("c")).toBe("secured");
    expect((await w.log.load("t", "c")).state.unsecuredMs).toBeGreaterThan(0);
  });

  test("re-reads are memory, not entries", async () => {
    const w = await secured();
    const entries = w.log.entries.length;
    const reads = w.recorders["a"]!.reads;
    await w.clock.pass(20_000);
    expect(w.recorders["a"]!.reads - reads).toBeGreaterThan(15);
    expect(w.log.entries.length).toBe(entries);
    expect(await w.word("c")).toBe("secured");
  });

  test("a recorder that falls silent secures nothing after confirmAgeMsMax", async () => {
    const w = await secured();
    w.recorders["a"]!.down = true;
    await w.clock.pass(5_100);
    expect(await w.word("c")).toBe("unsecured");
    expect(w.log.entries.at(-1)?.event.type).not.toBe("ConfirmationOverdue");
  });

  test("absent: the guard keeps looking, and a recording that starts later is paused promptly", async () => {
    const w = await world();
    void w.pause("c", "w1", [A]);
    await w.clock.pass(20_000);
    expect(await w.safe("c", "w1")).toBe(false);
    w.recorders["a"]!.begin("1");
    await w.clock.pass(1_100);
    expect(w.recorders["a"]!.truth.get("1")?.status).toBe("paused");
    expect(await w.word("c")).toBe("secured");
  });

  test("one survey a guardMs re-reads every claimed target of a recorder", async () => {
    const w = await world({ recorders: { a: { survey: true } } });
    const refs = ["1", "2", "3", "4"];
    for (const ref of refs) w.recorders["a"]!.begin(ref);
    void w.pause(
      "c",
      "w1",
      refs.map((ref) => tap("a", ref)),
    );
    await w.clock.pass(3_000);
    const surveys = w.recorders["a"]!.surveys;
    await w.clock.pass(10_000);
    expect(w.recorders["a"]!.surveys - surveys).toBe(10);
    expect(await w.word("c")).toBe("secured");
  });

  test("a read is not a command: one in flight delays no pause", async () => {
    const w = await secured();
    void w.resume("c", "w1");
    await w.clock.pass(300);
    faults(w, "status", "request_lost");
    void w.register("c", [A, tap("a", "2")]);
    const before = w.clock.now();
    void w.pause("c", "w2");
    await w.clock.pass(100);
    expect(w.recorders["a"]!.commands.at(-1)).toMatchObject({ kind: "pause" });
    expect(w.recorders["a"]!.commands.at(-1)!.at - before).toBeLessThan(50);
  });
});

describe("pushes", () => {
  const watch = { capabilities: { watch: true } } as const;

  test("a pushed `recording` counts at once", async () => {
    const w = await secured({ recorders: { a: watch } });
    w.recorders["a"]!.byHand("1", "recording");
    w.recorders["a"]!.push("1", "recording");
    await w.clock.pass(3);
    expect(await w.safe("c", "w1")).toBe(false);
    expect(w.log.entries.at(-1)?.event).toMatchObject({ confirmedBy: "pushed" });
    await w.clock.pass(100);
    expect(await w.word("c")).toBe("secured");
  });

  test("a pushed `recording` counts at once although a command is in flight", async () => {
    const w = await world({ recorders: { a: watch } });
    w.recorders["a"]!.begin("1");
    faults(w, "pause", "slow");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(100);
    w.recorders["a"]!.push("1", "recording");
    await w.clock.pass(3);
    expect(w.log.entries.at(-1)?.event).toMatchObject({
      status: "recording",
      confirmedBy: "pushed",
      goal: "paused",
    });
    await w.clock.pass(1_000);
    expect(await w.word("c")).toBe("secured");
  });

  test("a pushed `paused` only causes a read", async () => {
    const w = await world({ recorders: { a: watch }, seed: 4_711, desk: { retryMsMin: 29_000 } });
    w.recorders["a"]!.begin("1");
    faults(w, "pause", "ignored", "ignored", "ignored");
    void w.pause("c", "w1", [A]);
    await w.clock.pass(100);
    const reads = w.recorders["a"]!.reads;
    w.recorders["a"]!.push("1", "paused");
    await w.clock.pass(12);
    expect(w.recorders["a"]!.reads).toBe(reads + 1);
    expect(await w.safe("c", "w1")).toBe(false);
  });

  test("a connection that was lost causes a read of every claimed target", async () => {
    const w = await secured({ recorders: { a: watch } });
    const reads = w.recorders["a"]!.reads;
    w.recorders["a"]!.reconnect();
    await w.clock.pass(15);
    expect(w.recorders["a"]!.reads).toBe(reads + 1);
  });

  test("an acknowledgement confirms nothing where the recorder pushes its state", async () => {
    const w = await world({ recorders: { a: { capabilities: { status: false, watch: true } } } });
    w.recorders["a"]!.begin("1");
    void w.pause("c", "w1", [tap("a", "1", { acceptAcknowledged: true })]);
    await w.clock.pass(1_000);
    expect(await w.safe("c", "w1")).toBe(false);
  });
});

describe("a recorder that only acknowledges", () => {
  test("is secured only where policy accepts it, and let go all the same", async () => {
    for (const acceptAcknowledged of [false, true]) {
      const w = await world({ recorders: { a: { capabilities: { status: false } } } });
      w.recorders["a"]!.begin("1");
      void w.pause("c", "w1", [tap("a", "1", { acceptAcknowledged })]);
      await w.clock.pass(1_000);
      expect(await w.safe("c", "w1")).toBe(acceptAcknowledged);
      void w.resume("c", "w1");
      await w.clock.pass(1_000);
      expect(sentOf(w)).toEqual(["pause", "resume"]);
      expect(await w.word("c")).toBe("recording");
    }
  });
});

test("another conversation on the target is not protection", async () => {
  const w = await secured();
  w.recorders["a"]!.truth.set("1", { status: "paused", session: "the next caller's" });
  await w.clock.pass(1_100);
  expect(await w.word("c")).toBe("unsecured");
  expect(await w.safe("c", "w1")).toBe(false);
});

test("the judge of secured is what the recorder did, with commands in flight", async () => {
  for (const fault of [
    "slow",
    "reply_lost",
    "request_lost",
    "ignored",
    "hung_then_lands",
  ] as const) {
    const w = await world();
    w.recorders["a"]!.begin("1");
    faults(w, "pause", fault);
    void w.pause("c", "w1", [A]);
    await w.clock.pass(8_000, () => {
      if (w.shown.get("c")?.state.settlement.kind !== "settled") return;
      if (w.shown.get("c")?.state.windows["w1"] === undefined) return;
      expect(w.recorders["a"]!.truth.get("1")?.status).toBe("paused");
    });
    expect(await w.word("c")).toBe("secured");
  }
});
