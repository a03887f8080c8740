/**
 * Which entries a search asks for.
 *
 * @module
 */
import type { Json } from "../control/call.ts";
import type { Entry } from "./entry.ts";
import type { EntryFilter } from "./store.ts";

/** Whether every member of the filter fits the entry. A recording's id is `detail.recordingId`, an incident's `detail.incidentId`. */
export function matches(entry: Entry, filter: EntryFilter): boolean {
  return (
    (filter.from === undefined || entry.at >= filter.from) &&
    (filter.to === undefined || entry.at < filter.to) &&
    termsOfFilter(filter).every((term) => termsOf(entry).includes(term))
  );
}

/** What an entry can be found by, as one word each: the member's letter and its value. */
export function termsOf(entry: Entry): string[] {
  return words([
    ["c", entry.callId],
    ["w", entry.windowId],
    ["m", entry.detail?.recordingId],
    ["i", entry.detail?.incidentId],
    ["r", entry.recorderId],
    ["a", entry.actor.id],
    ["g", agentOf(entry)],
    ["t", entry.type],
    ["o", entry.outcome],
  ]);
}

/** The words an entry must have, the one that fewest entries share first. */
export function termsOfFilter(filter: EntryFilter): string[] {
  return words([
    ["c", filter.callId],
    ["w", filter.windowId],
    ["m", filter.recordingId],
    ["i", filter.incidentId],
    ["r", filter.recorderId],
    ["g", filter.agentId],
    ["a", filter.actor],
    ["t", filter.type],
    ["o", filter.outcome],
  ]);
}

function words(members: readonly (readonly [string, unknown])[]): string[] {
  return members.flatMap(([letter, value]) =>
    typeof value === "string" ? [`${letter}:${value}`] : [],
  );
}

/** The agent an entry names: whose call or window it is, or who acted. */
function agentOf({ actor, detail }: Entry): Json | undefined {
  if (detail?.agentId !== undefined) return detail.agentId;
  const by = detail?.by;
  if (typeof by === "object" && by !== null && "agentId" in by) return by.agentId;
  return actor.kind === "agent" ? actor.id : undefined;
}
