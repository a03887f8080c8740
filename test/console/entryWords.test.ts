/** One plain sentence for each entry of the control log, in every language. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sentenceOf } from "../../src/console/calls/entryWords.ts";
import { LANGUAGES, type Language, sayIn } from "../../src/console/say.ts";
import type { Entry } from "../../src/log/entry.ts";

const entry = (type: string, more: Partial<Entry> = {}): Entry => ({
  v: 1,
  position: 1,
  at: 0,
  clock: "synced",
  tenant: "acme",
  type,
  callId: "c-1",
  windowId: "w-1",
  recorderId: "rec-1",
  actor: { id: "tacet", kind: "system" },
  origin: { component: "core" },
  outcome: "success",
  reason: "some_reason",
  detail: {},
  salt: "s",
  ...more,
});
/** As the log has them: these types come in several forms. */
const usual = (type: string): Entry =>
  entry(type, {
    reason: { ConfirmationLapsed: "started", CallEnding: "asked" }[type] ?? "some_reason",
    detail: { outcome: "refused", goal: "paused" },
  });
const documented = [
  ...new Set(
    readFileSync(new URL("../../docs/control-log.md", import.meta.url), "utf8")
      .split("## The tree")[0]
      ?.split("### Events of a call")[1]
      ?.split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((line) =>
        [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, type]) => type ?? ""),
      ),
  ),
];
const languages = Object.keys(LANGUAGES) as Language[];

test("every type that the log's own description names has a sentence, in all five languages", () => {
  expect(documented.length).toBeGreaterThan(40);
  for (const language of languages) {
    const told = documented.filter((type) => sentenceOf(usual(type), sayIn(language)) === type);
    expect(told, language).toEqual([]);
  }
});

test("a type that nobody knows is told by its name", () => {
  for (const language of languages) {
    expect(sentenceOf(entry("SomethingNew"), sayIn(language))).toBe("SomethingNew");
    expect(sentenceOf(entry("constructor"), sayIn(language))).toBe("constructor");
  }
});

test("what differs within a type is said differently, and nothing is left as a hole", () => {
  const report = (status: string, goal: string, more: Partial<Entry> = {}) =>
    entry("RecorderReported", { detail: { status, goal, confirmedBy: "read_back" }, ...more });
  const variants: readonly Entry[] = [
    report("paused", "paused"),
    report("recording", "paused"),
    report("recording", "recording"),
    report("paused", "recording"),
    report("absent", "paused"),
    report("unknown", "paused"),
    report("recording", "recording", { reason: "other_conversation" }),
    entry("WindowExpired"),
    entry("WindowExpired", { detail: { releaseAt: 5 } }),
    entry("RecorderFailed", { detail: { outcome: "refused" } }),
    entry("RecorderFailed", { detail: { outcome: "unreachable" } }),
    entry("RecorderFailed", { detail: { outcome: "in_doubt" } }),
    entry("ConfirmationOverdue", { detail: { goal: "paused" } }),
    entry("ConfirmationOverdue", { detail: { goal: "recording" } }),
    entry("ConfirmationLapsed", { reason: "started" }),
    entry("ConfirmationLapsed", { reason: "silent" }),
    entry("CallEnding", { reason: "asked" }),
    entry("CallEnding", { reason: "idle" }),
    entry("CallEnded"),
    entry("CallEnded", { outcome: "failure" }),
    entry("WindowJudged", { reason: "suspect" }),
    entry("WindowJudged", { reason: "silent" }),
    entry("WitnessUnreachable"),
    entry("WitnessUnreachable", { detail: { givenUp: true } }),
    entry("EvidenceGathered"),
    entry("EvidenceGathered", { outcome: "failure" }),
    entry("EvidenceGathered", { outcome: "failure", reason: "call_too_long" }),
    entry("RecordingFlagged"),
    entry("RecordingFlagged", { outcome: "failure" }),
    entry("LogRead", { detail: { count: 3 } }),
    entry("LogRead"),
    entry("DesktopShown", { detail: { protection: "secured" } }),
  ];
  for (const language of languages) {
    const said = variants.map((one) => sentenceOf(one, sayIn(language)));
    expect(new Set(said).size, language).toBe(variants.length);
    for (const sentence of said) expect(sentence).not.toMatch(/[{}]|undefined|^\w+$/);
  }
});

test("an entry of an odd form is told without failing", () => {
  const odd = entry("RecorderReported", {
    detail: { status: { a: 1 }, goal: null, confirmedBy: [] },
  });
  expect(sentenceOf(odd, sayIn("en"))).toContain("rec-1 could not say");
  const { detail: _, ...bare } = entry("TapAdded");
  expect(sentenceOf(bare, sayIn("en"))).toContain("rec-1 joined the call");
});
