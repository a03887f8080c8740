/** What a conformance run shows of simulators that are as they should be, and of planted faults. */
import { afterAll, describe, expect, test } from "vitest";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import {
  anywherenowBench,
  conform,
  CORRELATION,
  notShownOf,
  SALT,
  tidy,
  vsloggerBench,
} from "./kit.ts";
import { instead, latePushes, lyingStatus } from "./planted.ts";

afterAll(tidy);

const CHANNEL = "5";
const QUICK = ["--yes", "--rounds", "2", "--confirm-ms", "5000"];

function vslogger() {
  const simulator = vsloggerSimulator({ hash: { type: "SHA-256", salt: SALT } });
  simulator.begin(CHANNEL, { session_id: "session-1" });
  return simulator;
}

function anywherenow() {
  const simulator = anywherenowSimulator();
  simulator.begin(CORRELATION);
  return simulator;
}

/** Does by hand what the run asks for. */
const byHand = (simulator: ReturnType<typeof vslogger>) => (line: string) => {
  if (line.includes("NOW: hang up")) simulator.end(CHANNEL);
  if (line.includes("NOW: place another")) simulator.begin(CHANNEL, { session_id: "session-2" });
};

describe.concurrent("where nothing is amiss", () => {
  test("everything that can be shown of a VSLogger is shown, to the next call", async () => {
    const simulator = vslogger();
    const ran = await conform(await vsloggerBench(simulator), {
      args: [...QUICK, "--next-call"],
      heard: byHand(simulator),
    });
    expect(ran.verdicts).toMatchObject({
      found: "shown",
      pause_answered: "shown",
      pause_confirmed: "shown",
      pause_stays: "shown",
      pause_again: "shown",
      survey: "shown",
      resume_answered: "shown",
      resume_confirmed: "shown",
      resume_again: "shown",
      second_pause: "shown",
      second_resume: "shown",
      pauses_at_once: "shown",
      rounds: "shown",
      pushed: "not_tried",
      push_in_time: "not_tried",
      ended: "shown",
      told_apart: "shown",
      silence_ends: "shown",
      file: "shown",
      file_as_told: "shown",
    });
    expect(notShownOf(ran)).toEqual([]);
    expect(ran.what("file")).toContain("WAV (pcm16), 8000 Hz, mono");
    expect(ran.what("file_as_told")).toContain("silence: nothing is heard in");
    expect(ran.code).toBe(0);
    expect(simulator.heard(CHANNEL)).toBe("recording");
  });

  test("everything that can be shown of an AnywhereNow is shown, its pushes too", async () => {
    const simulator = anywherenow();
    const ran = await conform(await anywherenowBench(simulator, 20_000), { args: QUICK });
    expect(ran.verdicts).toMatchObject({
      second_resume: "shown",
      rounds: "shown",
      pushed: "shown",
      push_in_time: "shown",
      ended: "not_tried",
      file: "not_tried",
    });
    expect(notShownOf(ran)).toEqual([]);
    expect(ran.what("pushed")).toBe("4 changes");
    expect(simulator.heard(CORRELATION)).toBe("recording");
  });
});

test.concurrent("of a VSLogger by record it is shown that each silence ends one file and begins another", async () => {
  const simulator = vslogger();
  const ran = await conform(await vsloggerBench(simulator, { silenceBy: "record" }), {
    args: [...QUICK, "--hang-up"],
    heard: byHand(simulator),
  });
  expect(notShownOf(ran)).toEqual([]);
  expect(ran.verdicts.file_as_told).toBe("shown");
  expect(ran.what("file_as_told")).toMatch(/^[4-9] recordings, 0 of them over a silence$/);
});

describe.concurrent("a planted fault is told in its own row, and in no other", () => {
  test("VSLogger says yes to every order and does none", async () => {
    const simulator = vslogger();
    simulator.faults.set({ name: "ack-and-ignore" });
    const ran = await conform(await vsloggerBench(simulator), { args: QUICK });
    expect(notShownOf(ran)).toEqual(["pause_confirmed"]);
    expect(ran.what("pause_confirmed")).toBe("it says `recording`");
    expect(ran.what("resume_answered")).toBe("nothing was seen silenced");
    expect(ran.code).toBe(1);
    expect(simulator.heard(CHANNEL)).toBe("recording");
  });

  test("VSLogger ignores the second mute of a recording, and unmute mutes then", async () => {
    const simulator = vslogger();
    const served = instead(simulator, (command) => {
      if (command === "unmute") simulator.faults.set({ name: "second-mute-ignored", times: 1 });
      return undefined;
    });
    const ran = await conform(await vsloggerBench(served), { args: QUICK });
    expect(notShownOf(ran)).toEqual(["second_pause"]);
    expect(ran.verdicts.rounds).toBe("not_tried");
    // The unmute that would mute is not sent to what records.
    expect(simulator.heard(CHANNEL)).toBe("recording");
    expect(ran.out).toContain("The call was left recording");
  });

  test("VSLogger keeps a mute beyond the end of its call", async () => {
    const simulator = vslogger();
    simulator.faults.set({ name: "channel-reuse" });
    const ran = await conform(await vsloggerBench(simulator), {
      args: [...QUICK, "--next-call"],
      heard: byHand(simulator),
    });
    expect(notShownOf(ran)).toEqual(["silence_ends"]);
    expect(ran.verdicts.told_apart).toBe("shown");
    // The next call is not left silent by it.
    expect(simulator.heard(CHANNEL)).toBe("recording");
  });

  test("VSLogger lets it record again by itself", async () => {
    const simulator = vslogger();
    simulator.faults.set({ name: "manual-unpause", times: 1, ms: 2_500 });
    const ran = await conform(await vsloggerBench(simulator), { args: [...QUICK, "--hold", "5"] });
    expect(notShownOf(ran)).toEqual(["pause_stays"]);
  });

  test("VSLogger takes a repeated mute for the opposite", async () => {
    const simulator = vslogger();
    const served = instead(simulator, (command) => {
      if (command !== "mute" || simulator.channel(5)?.mute !== true) return undefined;
      simulator.poke(5, { mute: false });
      return "done";
    });
    const ran = await conform(await vsloggerBench(served), { args: QUICK });
    expect(notShownOf(ran)).toEqual(["pause_again"]);
    expect(ran.verdicts.pauses_at_once).toBe("not_tried");
    expect(ran.verdicts.rounds).toBe("shown");
  });

  test("VSLogger says that it is muted and its file goes on", async () => {
    const simulator = vslogger();
    simulator.faults.set({ name: "records-through-mute" });
    const ran = await conform(await vsloggerBench(simulator), {
      args: [...QUICK, "--hang-up"],
      heard: byHand(simulator),
    });
    expect(notShownOf(ran)).toEqual(["file_as_told"]);
    expect(ran.what("file_as_told")).toMatch(/^sound is heard in \d+ of \d+ silenced stretches$/);
  });

  test("AnywhereNow's state lies: what it says was paused was never pushed", async () => {
    const simulator = anywherenow();
    const ran = await conform(await anywherenowBench(lyingStatus(simulator), 20_000), {
      args: QUICK,
    });
    expect(notShownOf(ran)).toEqual(["pushed"]);
    expect(ran.what("pushed")).toContain("asked, it says `paused`, and nothing was pushed");
  });

  test("AnywhereNow pushes later than it is asked anyway", async () => {
    const simulator = anywherenow();
    const served = latePushes(simulator, 2_500);
    const ran = await conform(await anywherenowBench(served, 1_000), { args: QUICK });
    expect(notShownOf(ran)).toEqual(["push_in_time"]);
  });
});
