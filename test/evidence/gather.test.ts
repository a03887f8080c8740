/** When witnesses are asked, what is entered of it, and what survives a restart. */
import { expect, test } from "vitest";
import { CallTooLong } from "../../src/evidence/desk.ts";
import { history } from "./history.ts";
import { AT, CONFIG, recorded, rig } from "./rig.ts";

/** A call of 30 s with a window of 10 s that was silent from 5.2 s to 15 s. */
const aCall = () =>
  history()
    .registered(AT)
    .tap(AT)
    .baselined(AT + 10, "recording")
    .opened(AT + 5_000, "w")
    .reported(AT + 5_200, "paused")
    .closed(AT + 15_000, "w")
    .reported(AT + 15_200, "recording");
const ended = () =>
  aCall()
    .ending(AT + 30_000)
    .ended(AT + 30_000);
const gap = recorded({ durationMs: 20_100 });
const HOUR_MS = 3_600_000;

test("after a call's end its witness is asked, and what it told is entered and judged", async () => {
  const r = rig();
  r.main.tell("a", [gap]);
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs - 1_000);
  expect(r.main.askedCount("a")).toBe(0);
  await r.clock.pass(2_000);
  expect(await r.entered()).toEqual([
    "RecordingTestified",
    "WindowJudged consistent",
    "EvidenceGathered",
  ]);
  const [testified] = await r.entries("RecordingTestified");
  expect(testified).toMatchObject({
    callId: "c",
    recorderId: "main",
    outcome: "success",
    detail: {
      tapId: "main:a",
      recordingId: "rec-1",
      startAt: AT,
      endAt: AT + 30_000,
      durationMs: 20_100,
      withinMs: 0,
      closed: true,
      replyDigest: gap.replyDigest,
    },
  });
  expect(await r.evidence().read("t", "c")).toMatchObject({
    state: "gathered",
    windows: [{ windowId: "w", silentFrom: AT + 5_200, until: AT + 15_000 }],
    recordings: [{ recordingId: "rec-1" }],
    judgements: [{ windowId: "w", verdict: "consistent", by: "time" }],
    unheard: [],
  });
  await r.clock.pass(HOUR_MS);
  expect(r.main.askedCount("a")).toBe(1);
});

test("a suspect recording is told as a suspicion, with its ranges, and again until it is taken", async () => {
  const r = rig();
  r.main.tell("a", [recorded()]);
  r.incidents.taking = false;
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect(await r.entered()).toEqual(["RecordingTestified", "WindowJudged suspect"]);
  r.incidents.taking = true;
  await r.clock.pass(HOUR_MS);
  expect(r.suspicions).toMatchObject([
    {
      tenant: "t",
      callId: "c",
      recorderId: "main",
      recordingId: "rec-1",
      windowIds: ["w"],
      by: "time",
      cause: "not_shortened",
      ranges: [{ fromMs: expect.any(Number), toMs: expect.any(Number) }],
    },
  ]);
  const [judged] = await r.entries("WindowJudged");
  expect(judged).toMatchObject({ outcome: "failure", windowId: "w", detail: { by: "time" } });
  expect((await r.entered()).at(-1)).toBe("EvidenceGathered");
});

test("a recording that goes on is asked for again, and judged when it is closed", async () => {
  const r = rig();
  r.main.tell("a", [recorded({ closed: false, durationMs: 5_000 })]);
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 100_000);
  // It only goes on: that is no news.
  r.main.tell("a", [recorded({ closed: false, durationMs: 9_000, endAt: AT + 90_000 })]);
  await r.clock.pass(100_000);
  expect(r.main.askedCount("a")).toBeGreaterThan(3);
  expect(await r.entered()).toEqual(["RecordingTestified"]);
  expect((await r.evidence().read("t", "c"))?.state).toBe("asking");
  r.main.tell("a", [gap]);
  await r.clock.pass(CONFIG.retryMsMax + 1_000);
  expect(await r.entered()).toEqual([
    "RecordingTestified",
    "RecordingTestified",
    "WindowJudged consistent",
    "EvidenceGathered",
  ]);
});

test("a witness that does not answer is entered once, asked again, and heard when it is back", async () => {
  const r = rig();
  r.main.tell("a", { kind: "unreachable" });
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 300_000);
  expect(r.main.askedCount("a")).toBeGreaterThan(4);
  expect(await r.entered()).toEqual(["WitnessUnreachable unreachable"]);
  expect(await r.evidence().read("t", "c")).toMatchObject({
    state: "asking",
    judgements: [{ windowId: "w", verdict: "unreachable" }],
  });
  r.main.tell("a", [gap]);
  await r.clock.pass(CONFIG.retryMsMax + 1_000);
  expect((await r.evidence().read("t", "c"))?.judgements).toMatchObject([
    { windowId: "w", verdict: "consistent" },
  ]);
});

test("one that never answers is given up, with an entry, and then no longer asked", async () => {
  const r = rig();
  r.main.tell("a", "hangs");
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + CONFIG.giveUpMs + 100_000);
  expect(await r.entered()).toEqual([
    "WitnessUnreachable in_doubt",
    "WitnessUnreachable in_doubt",
    "WindowJudged unreachable",
    "EvidenceGathered",
  ]);
  const given = (await r.entries("WitnessUnreachable")).map(({ detail }) => detail);
  expect(given).toEqual([{ givenUp: false }, { givenUp: true }]);
  expect((await r.entries("EvidenceGathered"))[0]).toMatchObject({
    outcome: "failure",
    detail: { unanswered: ["main"] },
  });
  const count = r.main.askedCount("a");
  await r.clock.pass(24 * HOUR_MS);
  expect(r.main.askedCount("a")).toBe(count);
  // Somebody asks, and it is back.
  r.main.tell("a", [gap]);
  const by = { id: "audit", kind: "auditor", owner: "audit" } as const;
  expect(await r.evidence().ask("t", "c", by)).toMatchObject({
    state: "gathered",
    judgements: [{ verdict: "consistent" }],
  });
  expect((await r.entries("EvidenceGathered")).at(-1)).toMatchObject({ outcome: "success" });
});

test("a recorder that says when to ask again is not asked before, by anybody", async () => {
  const r = rig();
  r.main.tell("a", { kind: "unreachable", retryAfterMs: 120_000 });
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect(r.main.askedCount("a")).toBe(1);
  const by = { id: "audit", kind: "auditor", owner: "audit" } as const;
  await r.evidence().ask("t", "c", by);
  await r.clock.pass(118_000);
  expect(r.main.askedCount("a")).toBe(1);
  await r.clock.pass(CONFIG.retryMsMax + 5_000);
  expect(r.main.askedCount("a")).toBeGreaterThan(1);
});

test("a recorder that says it is too early for one conversation is asked about another", async () => {
  const r = rig();
  r.main.tell("a", { kind: "unreachable", retryAfterMs: 120_000, isOfTargetAlone: true });
  const both = history().registered(AT).tap(AT).tap(AT, "b");
  await r.play(both.ending(AT + 30_000).ended(AT + 30_000));
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect([r.main.askedCount("a"), r.main.askedCount("b")]).toEqual([1, 1]);
  expect(await r.entered()).not.toContain("WitnessUnreachable unreachable");
  await r.clock.pass(110_000);
  expect(r.main.askedCount("a")).toBe(1);
  await r.clock.pass(CONFIG.retryMsMax + 20_000);
  expect(r.main.askedCount("a")).toBeGreaterThan(1);
});

test.each([
  ["target_not_found", 1],
  ["target_ambiguous", 1],
  ["not_authorized", 0],
] as const)(
  "what a recorder says of one conversation keeps nobody from asking it about another: %s",
  async (reason, asked) => {
    const r = rig();
    r.main.tell("a", { kind: "refused", reason, detail: "" });
    const both = history().registered(AT).tap(AT).tap(AT, "b");
    await r.play(both.ending(AT + 30_000).ended(AT + 30_000));
    await r.clock.pass(CONFIG.afterEndMs + 1_000);
    expect([r.main.askedCount("a"), r.main.askedCount("b")]).toEqual([1, asked]);
    expect(await r.entered()).toContain(`WitnessUnreachable ${reason}`);
  },
);

test("where nothing changed, asking again enters nothing", async () => {
  const r = rig();
  r.main.tell("a", [gap]);
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  const size = r.log.size("t");
  const by = { id: "audit", kind: "auditor", owner: "audit" } as const;
  for (let count = 0; count < 5; count += 1) await r.evidence().ask("t", "c", by);
  r.main.tell("a", [{ ...gap, replyDigest: "cd".repeat(32) }]);
  await r.evidence().ask("t", "c", by);
  expect(r.main.askedCount("a")).toBe(7);
  expect(r.log.size("t")).toBe(size);
});

test("where there should be a recording and is none, it is missing, and asked for until it comes", async () => {
  const r = rig();
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect(await r.entered()).toEqual(["WindowJudged missing"]);
  r.main.tell("a", [gap]);
  await r.clock.pass(CONFIG.retryMsMax + 1_000);
  expect((await r.evidence().read("t", "c"))?.judgements).toMatchObject([
    { verdict: "consistent", recordingId: "rec-1" },
  ]);
});

test("a call that goes on is asked about a while after its last window, not while one is open", async () => {
  const r = rig();
  r.main.tell("a", [
    recorded({ closed: false }),
    recorded({ recordingId: "rec-0", endAt: AT + 4_000, durationMs: 4_000 }),
  ]);
  const h = aCall();
  await r.play(h);
  await r.clock.pass(CONFIG.afterWindowMs - 20_000);
  await r.play(h.opened(AT + 50_000, "v").reported(AT + 50_100, "paused"));
  await r.clock.pass(CONFIG.afterWindowMs * 2);
  expect(r.main.askedCount("a")).toBe(0);
  await r.play(h.closed(r.clock.now(), "v"));
  await r.clock.pass(CONFIG.afterWindowMs + 1_000);
  expect(r.main.askedCount("a")).toBe(1);
  expect(await r.entered()).toEqual(["RecordingTestified", "RecordingTestified"]);
  // A recording goes on as long as the call does: nobody asks for its end.
  await r.clock.pass(HOUR_MS);
  expect(r.main.askedCount("a")).toBe(1);
});

test("a recorder's own word that it is over has its witness asked at once", async () => {
  const r = rig();
  r.main.tell("a", [gap]);
  await r.play(ended());
  r.evidence().askSoon("t", "c");
  await r.clock.pass(2_000);
  expect(await r.entered()).toContain("EvidenceGathered");
});

test("a process that ends loses nothing: calls ended, and windows closed, are found in the log", async () => {
  const r = rig();
  r.main.tell("a", [gap]);
  r.main.tell("b", [recorded({ recordingId: "rec-b" })]);
  await r.play(ended());
  await r.play(
    history()
      .registered(AT)
      .tap(AT, "b")
      .baselined(AT, "recording", "b")
      .opened(AT + 1, "x")
      .closed(AT + 2, "x"),
    "on",
  );
  await r.restart();
  await r.clock.pass(CONFIG.afterEndMs + CONFIG.afterWindowMs + 1_000);
  expect(await r.entered("c")).toContain("EvidenceGathered");
  expect(await r.entered("on")).toContain("RecordingTestified");
  const asked = r.main.askedCount("a");
  await r.restart();
  await r.clock.pass(HOUR_MS / 60);
  // What was gathered is not asked for again.
  expect(r.main.askedCount("a")).toBe(asked);
});

test("what was left before a long weekend is found after it, and asked for more than once", async () => {
  const r = rig();
  r.main.tell("a", { kind: "unreachable" });
  await r.play(ended());
  await r.evidence().stop();
  await r.clock.pass(90 * HOUR_MS);
  expect(r.main.askedCount("a")).toBe(0);
  await r.restart();
  await r.clock.pass(60_000);
  r.main.tell("a", [gap]);
  await r.clock.pass(CONFIG.giveUpMs);
  expect((await r.entries("WitnessUnreachable")).map(({ detail }) => detail)).toEqual([
    { givenUp: false },
  ]);
  expect(await r.entered()).toContain("EvidenceGathered");
});

test("a process that ends between a judgement and its suspicion tells the suspicion after all", async () => {
  const r = rig();
  r.main.tell("a", [recorded()]);
  r.incidents.taking = false;
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect(await r.entered()).toContain("WindowJudged suspect");
  await r.restart();
  r.incidents.taking = true;
  await r.clock.pass(60_000);
  expect(r.suspicions).toHaveLength(1);
});

test("a log that takes nothing now is told later, and nothing is told that it did not take", async () => {
  const r = rig();
  r.main.tell("a", [recorded()]);
  await r.play(ended());
  r.log.fail(true);
  await r.clock.pass(CONFIG.afterEndMs + 20_000);
  expect(await r.entered()).toEqual([]);
  expect(r.suspicions).toEqual([]);
  expect((await r.evidence().read("t", "c"))?.recordings).toEqual([]);
  r.log.fail(false);
  await r.clock.pass(CONFIG.retryMsMax + 1_000);
  expect(await r.entered()).toContain("EvidenceGathered");
});

test("other conversations on the same line are neither entered nor waited for", async () => {
  const r = rig();
  const earlier = recorded({ recordingId: "earlier", startAt: AT - 60_000, endAt: AT - 100 });
  const next = recorded({
    recordingId: "next",
    startAt: AT + 30_300,
    endAt: AT + 90_000,
    closed: false,
  });
  r.main.tell("a", [earlier, gap, next]);
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect(
    (await r.entries("RecordingTestified")).map(({ detail }) => detail?.["recordingId"]),
  ).toEqual(["rec-1"]);
  expect(await r.entered()).toContain("EvidenceGathered");
});

test("a recorder that wants to be left alone for years is asked once an hour all the same", async () => {
  const r = rig();
  r.main.tell("a", { kind: "unreachable", retryAfterMs: 10 * 365 * 24 * HOUR_MS });
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  r.main.tell("a", [gap]);
  await r.clock.pass(HOUR_MS + CONFIG.retryMsMax + 5_000);
  expect(await r.entered()).toContain("EvidenceGathered");
});

test("a recorder's id that a terminal would obey is entered as its fingerprint", async () => {
  const r = rig();
  r.main.tell("a", [{ ...gap, recordingId: "rec\u001b[2J\r\n1" }]);
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  const ids = (await r.entries("RecordingTestified")).map(({ detail }) => detail?.["recordingId"]);
  expect(ids).toEqual([expect.stringMatching(/^sha256:/)]);
});

test("a recorder's id that could be a card number or a link is entered as its fingerprint", async () => {
  const r = rig();
  const pan = "4111 1111 1111 1111";
  const link = "https://rec.example/play/1";
  r.main.tell("a", [{ ...gap, recordingId: pan }, recorded({ recordingId: link })]);
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  const all = JSON.stringify((await r.log.read("t", {}, 0, 1_000)).entries);
  expect(all).not.toContain("4111");
  expect(all).not.toContain("rec.example");
  const ids = (await r.entries("RecordingTestified")).map(({ detail }) => detail?.["recordingId"]);
  expect(ids).toEqual([expect.stringMatching(/^sha256:/), expect.stringMatching(/^sha256:/)]);
});

test("a call without a witness is not asked about, and says so", async () => {
  const r = rig({ testifies: false });
  await r.play(ended());
  await r.clock.pass(HOUR_MS);
  expect(await r.entered()).toEqual([]);
  expect(r.main.askedCount("a")).toBe(0);
  expect((await r.evidence().read("t", "c"))?.state).toBe("no_witness");
  expect(await r.evidence().read("t", "nowhere")).toBeUndefined();
});

test("what finds no room in the queue is found in the log once there is", async () => {
  const r = rig({ waitingCountMax: 2 });
  for (let count = 0; count < 6; count += 1) {
    r.main.tell(`t${count}`, [recorded({ recordingId: `rec-${count}` })]);
    const h = history().registered(AT).tap(AT, `t${count}`).baselined(AT, "recording", `t${count}`);
    await r.play(h.ending(AT + 30_000).ended(AT + 30_000), `call-${count}`);
    expect(r.evidence().waitingCount()).toBeLessThanOrEqual(2);
  }
  await r.clock.pass(HOUR_MS / 6);
  for (let count = 0; count < 6; count += 1) {
    expect(await r.entered(`call-${count}`)).toContain("EvidenceGathered");
  }
});

test("a stop waits for no recorder, and calls none unreachable for it", async () => {
  const r = rig();
  r.main.tell("a", "hangs");
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 500);
  expect(r.main.askedCount("a")).toBe(1);
  const stopped = r.evidence().stop();
  await r.clock.pass(200);
  await stopped;
  expect(await r.entered()).toEqual([]);
});

test("an id that starts anew has only its new life's evidence", async () => {
  const r = rig();
  r.main.tell("a", [gap]);
  const h = ended();
  await r.play(h);
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  await r.play(h.registered(r.clock.now()).tap(r.clock.now(), "b"));
  expect(await r.evidence().read("t", "c")).toMatchObject({
    state: "waiting",
    windows: [],
    recordings: [],
    judgements: [],
  });
});

test("of more recordings than one conversation has, so many are taken", async () => {
  const r = rig();
  const many = Array.from({ length: 250 }, (_, count) => recorded({ recordingId: `rec-${count}` }));
  r.main.tell("a", many);
  await r.play(ended());
  await r.clock.pass(CONFIG.afterEndMs + 1_000);
  expect(await r.entries("RecordingTestified")).toHaveLength(200);
});

test("what is entered of one call is entered in parts, and none is lost where one part is not", async () => {
  const r = rig();
  const h = history().registered(AT).tap(AT).baselined(AT, "recording");
  for (let count = 0; count < 450; count += 1) {
    const at = AT + 10 * count;
    h.opened(at, `w${count}`).closed(at + 5, `w${count}`);
  }
  r.main.tell("a", [recorded()]);
  await r.play(h.ending(AT + 30_000).ended(AT + 30_000));
  const { enter } = r.log;
  const sizes: number[] = [];
  let failing = 1;
  r.log.enter = (drafts) => {
    sizes.push(drafts.length);
    const fails = sizes.length === 2 && failing-- > 0;
    return fails ? Promise.resolve({ kind: "failed", detail: "" }) : enter(drafts);
  };
  await r.clock.pass(CONFIG.afterEndMs + CONFIG.retryMsMax + 1_000);
  expect(Math.max(...sizes)).toBe(200);
  const ofType = async (type: string) => (await r.log.read("t", { type }, 0, 1_000)).entries;
  expect(await ofType("WindowJudged")).toHaveLength(450);
  expect(await ofType("EvidenceGathered")).toHaveLength(1);
});

/** From now on the call has as many more entries as it takes to be too long; counts its readings. */
function grown(r: ReturnType<typeof rig>): { readonly count: () => number } {
  const { read } = r.log;
  let count = 0;
  r.log.read = async (tenant, filter, after, limit) => {
    const page = await read(tenant, filter, after, limit);
    const [first] = page.entries;
    if (filter.callId !== "c" || filter.type !== undefined || after > 0) return page;
    count += 1;
    if (first === undefined) return page;
    const more = Array.from({ length: 50_001 }, (_, index) => ({ ...first, position: index + 1 }));
    return { ...page, entries: more };
  };
  return { count: () => count };
}

test("a call of more entries than are looked at is given up once, in an entry that is no good word", async () => {
  const r = rig();
  r.main.tell("a", [gap]);
  await r.play(ended());
  const readings = grown(r);
  const given = async () => (await r.log.read("t", { type: "EvidenceGathered" }, 0, 10)).entries;
  r.log.fail(true);
  await r.clock.pass(HOUR_MS);
  expect(await given()).toEqual([]);
  r.log.fail(false);
  await r.clock.pass(HOUR_MS);
  expect(await given()).toMatchObject([
    { callId: "c", outcome: "failure", reason: "call_too_long" },
  ]);
  expect(r.logged).toContainEqual({ component: "evidence", tenant: "t", callId: "c" });
  const before = readings.count();
  await r.clock.pass(24 * HOUR_MS);
  await r.restart();
  await r.clock.pass(24 * HOUR_MS);
  expect(await given()).toHaveLength(1);
  expect(readings.count()).toBe(before);
  // Whoever asks is told of no window and no judgement, and asking enters nothing.
  await expect(r.evidence().read("t", "c")).rejects.toBeInstanceOf(CallTooLong);
  const by = { id: "ann", kind: "operator", owner: "ann" } as const;
  await expect(r.evidence().ask("t", "c", by)).rejects.toBeInstanceOf(CallTooLong);
  expect(await given()).toHaveLength(1);
  expect(r.main.askedCount("a")).toBe(0);
});

test("a call that goes on and is too long is looked at again at its end, and then given up", async () => {
  const r = rig();
  const h = aCall();
  await r.play(h);
  const readings = grown(r);
  await r.clock.pass(CONFIG.afterWindowMs + HOUR_MS);
  const given = async () => (await r.log.read("t", { type: "EvidenceGathered" }, 0, 10)).entries;
  expect(readings.count()).toBe(1);
  expect(await given()).toEqual([]);
  const at = r.clock.now();
  await r.play(h.ending(at).ended(at));
  await r.clock.pass(HOUR_MS);
  expect(readings.count()).toBe(2);
  expect(await given()).toMatchObject([{ reason: "call_too_long" }]);
});

test("a call that was given up is not taken for gathered, should it be read after all", async () => {
  const r = rig();
  await r.play(ended());
  const { read } = r.log;
  grown(r);
  await r.clock.pass(HOUR_MS);
  r.log.read = read;
  expect(await r.entered()).toEqual(["EvidenceGathered call_too_long"]);
  expect((await r.evidence().read("t", "c"))?.state).toBe("waiting");
});

test("a call names the incident of a recording that it shares, which another call's window opened", async () => {
  const r = rig();
  await r.play(aCall());
  await r.enter({ type: "IncidentGrew", detail: { incidentId: "i1", recordingId: "rec-1" } });
  expect((await r.evidence().read("t", "c"))?.incidentIds).toEqual(["i1"]);
});
