/**
 * Bodies and answers about evidence, as strict schemas.
 *
 * @module
 */
import { z } from "zod";

const epochMs = z.int().min(0).describe("Unix milliseconds");
const ms = z.number().min(0).describe("Milliseconds");
const DAY_MS = 86_400_000;

const range = z.strictObject({
  fromMs: z.number().min(0).max(DAY_MS).describe("From the file's first sample"),
  toMs: z.number().min(0).max(DAY_MS),
});
const stretch = z.strictObject({ from: epochMs, to: epochMs });
const verdict = z
  .enum(["silent", "consistent", "suspect", "missing", "unreachable"])
  .describe("silent only by sound; consistent: nothing that is known contradicts the log");
const cause = z.enum([
  "drift",
  "not_secured",
  "not_shortened",
  "shortened",
  "overlaps",
  "sound",
  "tones",
]);

const windowOnTap = z
  .strictObject({
    windowId: z.string(),
    tapId: z.string(),
    recorderId: z.string(),
    targetKey: z.string(),
    target: z.record(z.string(), z.unknown()),
    control: z.enum(["pause", "mute", "stop", "none"]),
    audio: z.enum(["gap", "silence", "new_file", "unknown"]),
    openedAt: epochMs,
    silentFrom: epochMs.describe("Absent: it never was confirmed silent").optional(),
    until: epochMs.describe("Absent: it is open").optional(),
    drift: z.array(stretch),
    exposed: z.array(stretch).optional(),
    recordsBy: epochMs.optional(),
  })
  .meta({ id: "WindowOnTap" });

const recording = z
  .strictObject({
    tapId: z.string(),
    recorderId: z.string(),
    recordingId: z.string().describe("The recorder's own; never a link"),
    startAt: epochMs,
    endAt: epochMs.optional(),
    durationMs: ms.describe("Of the audio in the file").optional(),
    withinMs: ms,
    closed: z.boolean(),
    modified: z.boolean().optional(),
    replyDigest: z.string().describe("SHA-256 of the reply that told it"),
  })
  .meta({ id: "Recording" });

const judgement = z
  .strictObject({
    windowId: z.string(),
    tapId: z.string(),
    recorderId: z.string(),
    recordingId: z.string().optional(),
    by: z.enum(["time", "sound"]),
    verdict,
    cause: cause.optional(),
    ranges: z.array(range).describe("Where in the file it is suspect"),
    toleranceMs: ms.describe("A leak that is no longer passes unseen when judged in this way"),
  })
  .meta({ id: "Judgement" });

export const evidenceAnswer = z
  .strictObject({
    callId: z.string(),
    state: z.enum(["waiting", "asking", "gathered", "no_witness"]),
    windows: z.array(windowOnTap),
    recordings: z.array(recording),
    judgements: z.array(judgement),
    unheard: z.array(z.string()).describe("Recordings whose file is still to be heard"),
    incidentIds: z.array(z.string()),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "CallEvidence" });

const name = z.string().min(1).max(512);
const heardJudgement = z.strictObject({
  windowId: z.string().min(1).max(128),
  tapId: name,
  recorderId: z.string().min(1).max(64),
  recordingId: name,
  by: z.literal("sound"),
  verdict: z.enum(["silent", "consistent", "suspect", "missing"]),
  cause: cause.optional(),
  ranges: z.array(range).max(100),
  toleranceMs: z.number().min(0).max(DAY_MS),
});

export const soundBody = z
  .strictObject({
    tapId: name,
    recorderId: z.string().min(1).max(64),
    recordingId: name,
    fileDigest: z.string().regex(/^[0-9a-f]{64}$/, "SHA-256 in hex"),
    codec: z.string().regex(/^[a-z][a-z0-9_.-]{0,31}$/, "a short name such as pcm_s16le"),
    sampleRateHz: z.int().min(1).max(384_000),
    channelCount: z.int().min(1).max(32),
    durationMs: z.number().min(0).max(DAY_MS),
    tones: z.strictObject({ count: z.int().min(0).max(100_000), ranges: z.array(range).max(100) }),
    judgements: z.array(heardJudgement).max(100),
  })
  .meta({ id: "SoundReport", description: "Counts and places only: no sample, and no digit" });

export const unheardQuery = z.strictObject({
  after: z.coerce.number().int().min(0).describe("The `next` of the page before").optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});

export const unheardAnswer = z
  .strictObject({
    calls: z.array(
      z.strictObject({
        callId: z.string(),
        recordings: z.array(
          z.strictObject({ recorderId: z.string(), tapId: z.string(), recordingId: z.string() }),
        ),
      }),
    ),
    next: z.int().describe("Give this as `after` for the next page; fewer may be on it").optional(),
    sandbox: z.literal(true).optional(),
  })
  .meta({ id: "Unheard" });
