/** What hearing a recording told: of what it is taken, what it enters, and what is left to hear. */
import { expect, test } from "vitest";
import type { Judgement, SoundReport } from "../../src/evidence/evidence.ts";
import { history } from "./history.ts";
import { AT, CONFIG, recorded, rig, type Rig, type Wish } from "./rig.ts";

const by = { id: "ears", kind: "system", owner: "ears" } as const;
const about = { tapId: "main:a", recorderId: "main", recordingId: "rec-1" } as const;
const judgement = (more: Partial<Judgement> = {}): Judgement => ({
  windowId: "w",
  ...about,
  by: "sound",
  verdict: "silent",
  ranges: [],
  toleranceMs: 150,
  ...more,
});
const report = (...judgements: readonly Judgement[]): SoundReport => ({
  ...about,
  fileDigest: "ef".repeat(32),
  codec: "pcm_s16le",
  sampleRateHz: 8_000,
  channelCount: 1,
  durationMs: 20_100,
  tones: { count: 0, ranges: [] },
  judgements,
});

async function gathered(wish: Wish = {}): Promise<Rig> {
  const r = rig({ hasFile: true, config: { sound: true }, ...wish });
  r.main.tell("a", [recorded({ durationMs: 20_100 })]);
  const h = history()
    .registered(AT)
    .tap(AT)
    .baselined(AT + 10, "recording")
    .opened(AT + 5_000, "w")
    .reported(AT + 5_200, "paused")
    .closed(AT + 15_000, "w")
    .reported(AT + 15_200, "recording");
  await r.play(h.ending(AT + 30_000).ended(AT + 30_000));
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  return r;
}
const ALL = { after: 0, limit: 10 };
const UNHEARD = [{ callId: "c", recordings: [about] }];

test("a finished recording of a window is to be heard, until it was", async () => {
  const r = await gathered();
  expect(r.evidence().unheard("t", ALL).calls).toEqual(UNHEARD);
  expect((await r.evidence().read("t", "c"))?.unheard).toEqual(["rec-1"]);
  const told = await r.evidence().report("t", "c", report(judgement()), by);
  expect(told).toMatchObject({ kind: "entered", evidence: { unheard: [] } });
  expect(r.evidence().unheard("t", ALL).calls).toEqual([]);
  expect((await r.entered()).slice(-2)).toEqual(["SoundHeard", "WindowJudged silent"]);
  const [heard] = await r.entries("SoundHeard");
  expect(heard).toMatchObject({
    actor: { id: "ears" },
    recorderId: "main",
    detail: { recordingId: "rec-1", fileDigest: "ef".repeat(32), tones: { count: 0 } },
  });
});

test("what is still to be heard is known after a restart, and what was heard is not", async () => {
  const r = await gathered();
  await r.restart();
  await r.clock.pass(1_000);
  expect(r.evidence().unheard("t", ALL).calls).toEqual(UNHEARD);
  expect(r.evidence().unheard("another", ALL).calls).toEqual([]);
  await r.evidence().report("t", "c", report(judgement()), by);
  await r.restart();
  await r.clock.pass(1_000);
  expect(r.evidence().unheard("t", ALL).calls).toEqual([]);
});

test("both ways of judging stand beside one another, and sound in a window is a suspicion", async () => {
  const r = await gathered();
  const loud = judgement({
    verdict: "suspect",
    cause: "sound",
    ranges: [{ fromMs: 5_400, toMs: 5_900 }],
  });
  const told = await r.evidence().report("t", "c", report(loud), by);
  expect(told).toMatchObject({
    evidence: {
      judgements: [
        { by: "time", verdict: "consistent" },
        { by: "sound", verdict: "suspect", cause: "sound" },
      ],
    },
  });
  expect(r.suspicions).toMatchObject([
    { by: "sound", cause: "sound", recordingId: "rec-1", ranges: [{ fromMs: 5_400 }] },
  ]);
});

test("nobody hears while sound is off, and nothing is to be heard", async () => {
  const r = await gathered({ config: { sound: false } });
  expect(r.evidence().unheard("t", ALL).calls).toEqual([]);
  expect(await r.evidence().report("t", "c", report(judgement()), by)).toEqual({ kind: "off" });
  expect(await r.entered()).not.toContain("SoundHeard");
});

test("a recorder whose files cannot be fetched has nothing to be heard", async () => {
  const r = await gathered({ hasFile: false });
  expect(r.evidence().unheard("t", ALL).calls).toEqual([]);
});

test("a report of anything but this call's own is not entered", async () => {
  const r = await gathered();
  const size = r.log.size("t");
  const reported = async (callId: string, one: SoundReport) =>
    (await r.evidence().report("t", callId, one, by)).kind;
  const sound = report(judgement());
  expect(await reported("nowhere", sound)).toBe("call_unknown");
  expect(await reported("c", { ...sound, recordingId: "rec-2" })).toBe("recording_unknown");
  expect(await reported("c", { ...sound, recorderId: "other" })).toBe("recording_unknown");
  expect(await reported("c", { ...sound, tapId: "main:b" })).toBe("recording_unknown");
  const strangers = [
    judgement({ windowId: "x" }),
    judgement({ recordingId: "rec-2" }),
    judgement({ tapId: "main:b" }),
    judgement({ recorderId: "other" }),
  ];
  for (const one of strangers) {
    const told = await r.evidence().report("t", "c", report(judgement(), one), by);
    expect(told).toEqual({ kind: "unfit", judgement: 1 });
  }
  expect(r.log.size("t")).toBe(size);
});

test("a recording that goes on is not to be heard, nor reported of", async () => {
  const r = rig({ hasFile: true, config: { sound: true } });
  r.main.tell("a", [recorded({ closed: false })]);
  const h = history()
    .registered(AT)
    .tap(AT)
    .baselined(AT, "recording")
    .opened(AT + 1, "w");
  await r.play(
    h
      .closed(AT + 2, "w")
      .ending(AT + 30_000)
      .ended(AT + 30_000),
  );
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect(await r.entered()).toContain("RecordingTestified");
  expect(r.evidence().unheard("t", ALL).calls).toEqual([]);
  const told = await r.evidence().report("t", "c", report(judgement()), by);
  expect(told).toEqual({ kind: "recording_unknown" });
});

test("a report that the log did not take, or whose suspicion it did not, is no report", async () => {
  const r = await gathered();
  r.log.fail(true);
  const sound = report(judgement({ verdict: "suspect", cause: "tones" }));
  await expect(r.evidence().report("t", "c", sound, by)).rejects.toThrow("entered");
  r.log.fail(false);
  expect(await r.entered()).not.toContain("SoundHeard");
  r.incidents.taking = false;
  await expect(r.evidence().report("t", "c", sound, by)).rejects.toThrow("incident");
  r.incidents.taking = true;
  await r.evidence().report("t", "c", sound, by);
  expect(r.suspicions).toHaveLength(1);
});

test("of more calls with files to hear than are remembered, the oldest is left out until a start", async () => {
  const r = rig({ hasFile: true, config: { sound: true }, unheardCallCountMax: 2 });
  for (const name of ["a", "b", "c"]) {
    r.main.tell(name, [recorded({ recordingId: `rec-${name}`, durationMs: 25_000 })]);
    const h = history()
      .registered(AT)
      .tap(AT, name)
      .baselined(AT, "recording", name)
      .opened(AT + 5_000, name)
      .reported(AT + 5_000, "paused", name)
      .closed(AT + 10_000, name);
    await r.play(h.ending(AT + 30_000).ended(AT + 30_000), name);
    await r.clock.pass(CONFIG.afterEndMs + 1_000);
  }
  expect(
    r
      .evidence()
      .unheard("t", ALL)
      .calls.map(({ callId }) => callId),
  ).toEqual(["b", "c"]);
});
