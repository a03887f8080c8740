/** Evidence over the API: who is answered what, and what is entered of it. */
import { expect, test } from "vitest";
import { bindWitness } from "../../src/adapters/witness.ts";
import { memoryRecorder } from "../../src/adapters/memory/index.ts";
import { kit, registered, type Kit } from "./kit.ts";

const NO_FILE = { kind: "refused", reason: "vendor_error", detail: "not here" } as const;

/** A call of one window, ended; its recorder has told of one recording that is as long as the call. */
async function evident(
  config: object = {},
): Promise<{ k: Kit; tapId: string; recordingId: string }> {
  const memory = memoryRecorder("main", { evidence: true });
  const bound = bindWitness(memory.recorder, () => Promise.reject(new Error("no network")));
  const k = await kit({
    evidence: {
      config,
      witness: (id) =>
        id === "main"
          ? {
              ...bound,
              evidence: (_target, span, ctx) =>
                bound.evidence?.({ reference: "c1" }, span, ctx) ?? Promise.resolve([]),
              audio: () => Promise.resolve(NO_FILE),
            }
          : undefined,
    },
  });
  const startAt = Date.now();
  await registered(k);
  await k.send("POST", "/v1/calls/c1/pause", "pay", { windowId: "w1" });
  await k.send("POST", "/v1/calls/c1/resume", "pay", { windowId: "w1" });
  await k.send("POST", "/v1/calls/c1/end", "cti", {});
  const recordingId = "rec-1";
  const endAt = Date.now();
  memory.tell("c1", [
    {
      recordingId,
      startAt,
      endAt,
      durationMs: endAt - startAt,
      withinMs: 0,
      closed: true,
      replyDigest: "ab".repeat(32),
    },
  ]);
  const { body } = await k.send("POST", "/v1/calls/c1/evidence", "cti");
  const [recording] = body["recordings"] as { tapId: string }[];
  return { k, recordingId, tapId: recording?.tapId ?? "" };
}

const sound = (tapId: string, more: object = {}) => ({
  tapId,
  recorderId: "main",
  recordingId: "rec-1",
  fileDigest: "ef".repeat(32),
  codec: "pcm_s16le",
  sampleRateHz: 8_000,
  channelCount: 1,
  durationMs: 1_000,
  tones: { count: 2, ranges: [{ fromMs: 100, toMs: 180 }] },
  judgements: [
    {
      windowId: "w1",
      tapId,
      recorderId: "main",
      recordingId: "rec-1",
      by: "sound",
      verdict: "silent",
      ranges: [],
      toleranceMs: 150,
    },
  ],
  ...more,
});

test("asking has the witnesses asked now, and answers what is in the log by then", async () => {
  const { k } = await evident();
  const asked = await k.send("POST", "/v1/calls/c1/evidence", "cti");
  expect(asked.status).toBe(200);
  expect(asked.body).toMatchObject({
    callId: "c1",
    state: "gathered",
    windows: [{ windowId: "w1", recorderId: "main" }],
    recordings: [{ recordingId: "rec-1", closed: true }],
    judgements: [{ windowId: "w1", by: "time", recordingId: "rec-1" }],
    unheard: ["rec-1"],
  });
  const types = (await k.entries()).map(({ type }) => type);
  expect(types).toContain("WitnessesAsked");
  expect(types).toContain("RecordingTestified");
  expect(types).toContain("EvidenceGathered");
  await k.keeper.stop();
});

test("reading answers the same without asking anybody, and is entered as a reading", async () => {
  const { k } = await evident();
  const asked = await k.send("POST", "/v1/calls/c1/evidence", "cti");
  const read = await k.send("GET", "/v1/calls/c1/evidence", "audit");
  expect(read.status).toBe(200);
  expect(read.body).toEqual(asked.body);
  const readings = (await k.entries("LogRead")).filter(({ reason }) => reason === "evidence");
  expect(readings).toMatchObject([
    { actor: { id: "audit" }, detail: { filter: { callId: "c1" } } },
  ]);
  await k.keeper.stop();
});

test("a call nobody knows is unknown, to whoever may ask", async () => {
  const { k } = await evident();
  for (const method of ["GET", "POST"]) {
    const answer = await k.send(method, "/v1/calls/nothing/evidence", "cti");
    expect([answer.status, answer.body["code"]]).toEqual([404, "call_unknown"]);
  }
  await k.keeper.stop();
});

test("recordings to be heard are listed until somebody reports what they heard", async () => {
  const { k, tapId } = await evident();
  const unheard = await k.send("GET", "/v1/evidence/unheard?limit=1", "cti");
  expect(unheard.body).toEqual({
    calls: [{ callId: "c1", recordings: [{ recorderId: "main", tapId, recordingId: "rec-1" }] }],
  });
  const behind = await k.send("GET", "/v1/evidence/unheard?after=1", "cti");
  expect(behind.body).toEqual({ calls: [] });
  const odd = await k.send("GET", "/v1/evidence/unheard?after=-1", "cti");
  expect([odd.status, odd.body["code"]]).toEqual([422, "query_invalid"]);
  const told = await k.send("POST", "/v1/calls/c1/evidence/sound", "cti", sound(tapId));
  expect(told.status).toBe(200);
  expect(told.body).toMatchObject({ unheard: [] });
  expect((await k.send("GET", "/v1/evidence/unheard", "cti")).body).toEqual({ calls: [] });
  const [heard] = await k.entries("SoundHeard");
  expect(heard).toMatchObject({ actor: { id: "cti" }, recorderId: "main", callId: "c1" });
  await k.keeper.stop();
});

test("a report is refused by name where it does not fit, and none of it is entered", async () => {
  const { k, tapId } = await evident();
  const tried = async (body: object) => {
    const answer = await k.send("POST", "/v1/calls/c1/evidence/sound", "cti", body);
    return [answer.status, answer.body["code"]];
  };
  const [judgement] = sound(tapId).judgements;
  expect(await tried(sound(tapId, { digits: "4111" }))).toEqual([422, "body_invalid"]);
  expect(await tried(sound(tapId, { fileDigest: "nothing" }))).toEqual([422, "body_invalid"]);
  expect(await tried(sound(tapId, { codec: "4111 1111 1111 1111" }))).toEqual([
    422,
    "cardholder_data_refused",
  ]);
  expect(await tried(sound(tapId, { recordingId: "rec-2" }))).toEqual([404, "recording_unknown"]);
  expect(await tried(sound(tapId, { recordingId: "4111111111111111" }))).toEqual([
    404,
    "recording_unknown",
  ]);
  const strange = { ...judgement, windowId: "other" };
  expect(await tried(sound(tapId, { judgements: [strange] }))).toEqual([422, "body_invalid"]);
  const byTime = { ...judgement, by: "time" };
  expect(await tried(sound(tapId, { judgements: [byTime] }))).toEqual([422, "body_invalid"]);
  const many = Array.from({ length: 101 }, () => judgement);
  expect(await tried(sound(tapId, { judgements: many }))).toEqual([422, "body_invalid"]);
  expect(await k.entries("SoundHeard")).toEqual([]);
  expect(JSON.stringify(await k.entries())).not.toContain("4111");
  await k.keeper.stop();
});

test("ids in a report are no card numbers, whatever their digits", async () => {
  const { k, tapId } = await evident();
  const answer = await k.send(
    "POST",
    "/v1/calls/c1/evidence/sound",
    "cti",
    sound(tapId, { fileDigest: `4111111111111111${"a".repeat(48)}` }),
  );
  expect(answer.status).toBe(200);
  await k.keeper.stop();
});

test("while sound is off nobody may report any, and nothing is to be heard", async () => {
  const { k, tapId } = await evident({ sound: false });
  const told = await k.send("POST", "/v1/calls/c1/evidence/sound", "cti", sound(tapId));
  expect([told.status, told.body["code"]]).toEqual([409, "sound_off"]);
  expect((await k.send("GET", "/v1/evidence/unheard", "cti")).body).toEqual({ calls: [] });
  await k.keeper.stop();
});

test("evidence of a call with more entries than are looked at is refused for that, and the log is not blamed", async () => {
  const { k, tapId } = await evident({ sound: true });
  const { read } = k.log;
  k.log.read = async (tenant, filter, after, limit) => {
    const page = await read(tenant, filter, after, limit);
    const [first] = page.entries;
    if (filter.callId !== "c1" || first === undefined) return page;
    const entries = Array.from({ length: 50_001 }, (_, at) => ({ ...first, position: at + 1 }));
    return { entries, indexedTo: page.indexedTo };
  };
  const path = "/v1/calls/c1/evidence";
  const answers = [
    await k.send("GET", path, "audit"),
    await k.send("POST", path, "cti"),
    await k.send("POST", `${path}/sound`, "cti", sound(tapId)),
  ];
  for (const { body, headers, status } of answers) {
    expect([status, body["code"]]).toEqual([409, "call_too_long"]);
    expect(headers.has("retry-after")).toBe(false);
  }
  expect(k.logged.map(({ sentence }) => sentence)).not.toContain("a request failed");
});
