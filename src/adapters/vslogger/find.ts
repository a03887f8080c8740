/**
 * Which recordings are a target's: what is searched for, and which of those that are found. Pure.
 * Every search is narrowed here again, so nothing rests on how the vendor combines its parameters.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { VsloggerRecording } from "./recording.ts";
import type { Search } from "./search.ts";
import type { Sighting } from "./sightings.ts";
import type { VsloggerTarget } from "./target.ts";

export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}
type Question = Pick<Search, "channels" | "and" | "or">;

/** Each is asked; what any of them finds is looked at. */
export function questionsFor(
  target: VsloggerTarget,
  seen: readonly Sighting[],
): readonly Question[] {
  const [channel, ...channels] = [...new Set(seen.map((one) => one.channel))].sort((a, b) => a - b);
  const beside: readonly Question[] =
    channel === undefined ? [] : [{ channels: [channel, ...channels] }];
  if ("channel" in target) return [{ channels: [target.channel] }];
  // The vendor has no search by agent: where it was not seen, all of the span are looked through.
  if ("agentId" in target) return channel === undefined ? [{}] : beside;
  if ("extension" in target) {
    return [{ and: [{ fld: "extension", val: target.extension, op: "equals" }] }, ...beside];
  }
  const [id, ...more] = sessionsOf(target, seen).map(
    (val) => ({ fld: "sessionid", val, op: "equals" }) as const,
  );
  if (id === undefined) return beside;
  return [more.length === 0 ? { and: [id] } : { or: [id, ...more] }, ...beside];
}

/** Whether it is a recording of this target, and of the conversation it carried in this span. */
export function isOf(
  recording: VsloggerRecording,
  target: VsloggerTarget,
  seen: readonly Sighting[],
): boolean {
  // Seen on this very channel while it was recorded.
  if (seen.some((one) => one.channel === recording.channel && overlaps(recording, one)))
    return true;
  if ("extension" in target) return recording.extension === target.extension;
  if ("agentId" in target) return recording.agentId === target.agentId;
  const sessions = sessionsOf(target, seen);
  if (!("channel" in target)) return sessions.includes(recording.sessionId);
  if (recording.channel !== target.channel) return false;
  // Another conversation on the channel: only where both have a session to be told apart by.
  return (
    recording.sessionId === "" || sessions.length === 0 || sessions.includes(recording.sessionId)
  );
}

/** Ids that the conversation's recordings may carry. A SIP call's own is one of them: inferred. */
function sessionsOf(target: VsloggerTarget, seen: readonly Sighting[]): readonly string[] {
  const own =
    "sipCallId" in target ? [target.sipCallId] : "sessionId" in target ? [target.sessionId] : [];
  return [...new Set([...own, ...seen.flatMap(({ sessionId }) => sessionId ?? [])])];
}

/** What goes on has no end yet. One that tells no end is taken to last as long as it says. */
export function overlaps(recording: VsloggerRecording, { from, to }: Span): boolean {
  const { startAt, endAt, durationMs, closed } = recording;
  const end = closed ? (endAt ?? startAt + (durationMs ?? 0)) : Number.POSITIVE_INFINITY;
  return startAt <= to && end >= from;
}
