/**
 * Facts of calls that the log could not take, kept where the next start finds them.
 *
 * @module
 */
import { rmSync } from "node:fs";
import type { CallId, TenantId } from "../../../control/call.ts";
import { SYSTEM } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import { canonical } from "../../../log/canonical.ts";
import type { EntryDraft } from "../../../log/entry.ts";
import { SYSTEM_TENANT } from "../../../log/store.ts";
import { eventsOfCall } from "./calls.ts";
import type { Statements } from "./database.ts";
import { appendFile, readIfThere } from "./folder.ts";
import type { Request } from "./writer.ts";

interface Spooled {
  readonly tenant: TenantId;
  readonly callId: CallId;
  readonly expectedVersion: number;
  readonly events: readonly CallEvent[];
}

/** A line a call's facts; durable on return. Throws where even that cannot be written. */
export function spoolTo(path: string, facts: Spooled): void {
  appendFile(path, spoolLine(facts));
}

export const spoolLine = (facts: Spooled): string => `${JSON.stringify(facts)}\n`;

export function emptySpool(path: string): void {
  rmSync(path, { force: true });
}

/**
 * What the spool asks to be written now. Facts that still follow their call are appended; facts that
 * are there already (the log took them later) are not asked for; others are entered as they are,
 * as `SpooledFact`, for people to read.
 */
export function requestsFromSpool(path: string, sql: Statements, at: number): Request[] {
  const lines = (readIfThere(path) ?? "").split("\n").filter((line) => line !== "");
  const versions = new Map<string, number>();
  return lines.flatMap((line): Request[] => {
    const facts = parse(line);
    if (facts === undefined) return [{ kind: "facts", drafts: [unreadable(line, at)] }];
    const { tenant, callId, expectedVersion, events } = facts;
    const key = `${tenant}\n${callId}`;
    const known = eventsOfCall(sql, tenant, callId).events;
    const version = versions.get(key) ?? known.length;
    if (isThere(known, expectedVersion, events)) return [];
    if (version !== expectedVersion) return [{ kind: "facts", drafts: events.map(late(facts)) }];
    versions.set(key, version + events.length);
    return [{ kind: "call", tenant, callId, expectedVersion, events, component: "spool" }];
  });
}

function isThere(known: readonly CallEvent[], from: number, events: readonly CallEvent[]): boolean {
  const there = known.slice(from, from + events.length);
  return there.length === events.length && canonical(there) === canonical(events);
}

const late =
  ({ tenant, callId, expectedVersion }: Spooled) =>
  (event: CallEvent): EntryDraft => ({
    at: event.at,
    tenant,
    type: "SpooledFact",
    callId,
    actor: { id: SYSTEM.id, kind: SYSTEM.kind },
    origin: { component: "spool" },
    outcome: "failure",
    reason: "call_went_on",
    detail: { expectedVersion, event: JSON.parse(JSON.stringify(event)) as never },
  });

const unreadable = (line: string, at: number): EntryDraft => ({
  at,
  tenant: SYSTEM_TENANT,
  type: "SpooledFact",
  actor: { id: SYSTEM.id, kind: SYSTEM.kind },
  origin: { component: "spool" },
  outcome: "failure",
  reason: "line_unreadable",
  detail: { characters: line.length },
});

function parse(line: string): Spooled | undefined {
  try {
    const value = JSON.parse(line) as Partial<Spooled>;
    const { tenant, callId, expectedVersion, events } = value;
    const whole =
      typeof tenant === "string" &&
      typeof callId === "string" &&
      typeof expectedVersion === "number" &&
      Array.isArray(events);
    return whole ? { tenant, callId, expectedVersion, events } : undefined;
  } catch {
    return undefined;
  }
}
