/**
 * One plain sentence for each entry of the control log. A type that this table does not know is
 * told by its own name.
 *
 * @module
 */
import type { Json } from "../../control/call.ts";
import type { Entry } from "../../log/entry.ts";
import type { Say } from "../say.ts";
import { en, type Key } from "../strings/en.ts";

export const hasKey = (key: string): key is Key => Object.hasOwn(en, key);

/** The word for a value such as `status.paused`; the value itself where there is none. */
export function wordFor(say: Say, kind: string, value: Json | undefined): string {
  const text = textOf(value);
  const key = `${kind}.${text}`;
  return hasKey(key) ? say(key) : text;
}

export function sentenceOf(entry: Entry, say: Say): string {
  const { detail = {}, recorderId, reason, type, windowId } = entry;
  const sentence = say(keyOf(entry), {
    type,
    window: windowId ?? "",
    recorder: recorderId ?? "",
    reason: reason ?? "",
    status: wordFor(say, "status", detail["status"]),
    how: wordFor(say, "how", detail["confirmedBy"]),
    verdict: wordFor(say, "verdict", reason),
    protection: wordFor(say, "protection", detail["protection"]),
    recording: textOf(detail["recordingId"]),
    incident: textOf(detail["incidentId"]),
    target: targetOf(detail["tap"]),
  });
  const { count } = detail;
  return typeof count === "number" ? say("entry.counted", { sentence, count }) : sentence;
}

/** Whether it tells of something that is not as it should be. */
export const isTrouble = (entry: Entry): boolean =>
  entry.outcome === "failure" ||
  (entry.type === "RecorderReported" && variantOf(entry) === "drift");

function keyOf(entry: Entry): Key {
  const variant = variantOf(entry);
  const keys = [`entry.${entry.type}.${variant}`, `entry.${entry.type}`];
  return keys.find(hasKey) ?? "entry.unknown";
}

/** What tells entries of one type apart. */
function variantOf({ detail = {}, outcome, reason, type }: Entry): string | undefined {
  switch (type) {
    case "WindowExpired":
      return detail["releaseAt"] === undefined ? "kept" : undefined;
    case "RecorderReported":
      return reportOf(detail["goal"], detail["status"], reason);
    case "RecorderFailed":
      return textOf(detail["outcome"]);
    case "ConfirmationOverdue":
      return textOf(detail["goal"]);
    case "ConfirmationLapsed":
    case "CallEnding":
    case "TapReleased":
      return reason;
    case "CallEnded":
      return outcome === "failure" ? "outstanding" : undefined;
    case "WitnessUnreachable":
      return detail["givenUp"] === true ? "givenUp" : undefined;
    case "EvidenceGathered":
      if (outcome !== "failure") return undefined;
      return reason === "call_too_long" ? "tooLong" : "unanswered";
    case "RecordingFlagged":
      return outcome === "failure" ? "not" : undefined;
    default:
      return undefined;
  }
}

function reportOf(goal: Json | undefined, status: Json | undefined, reason: string | undefined) {
  if (reason === "other_conversation") return "other";
  if (status === "recording") return goal === "paused" ? "drift" : "recording";
  if (status === "paused") return goal === "paused" ? "silent" : "stillPaused";
  return status === "absent" ? "absent" : "unknown";
}

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

function targetOf(tap: Json | undefined): string {
  const isMembers = typeof tap === "object" && tap !== null && !Array.isArray(tap);
  return isMembers ? textOf((tap as Readonly<Record<string, Json>>)["targetKey"]) : "";
}
