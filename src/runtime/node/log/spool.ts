/**
 * Facts of calls that the log could not take, kept where the next start finds them.
 *
 * @module
 */
import { rmSync } from "node:fs";
import type { CallId, TenantId } from "../../../control/call.ts";
import { SYSTEM } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import { fold } from "../../../control/evolve.ts";
import { rebased } from "../../../control/rebase.ts";
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
  const requests: Request[] = [];
  const calls = new Map<string, Spooled[]>();
  for (const line of lines) {
    const facts = parse(line);
    if (facts === undefined) {
      requests.push({ kind: "facts", drafts: [unreadable(line, at)] });
      continue;
    }
    const key = `${facts.tenant}\n${facts.callId}`;
    const known = calls.get(key);
    if (known === undefined) calls.set(key, [facts]);
    else known.push(facts);
  }
  return [...requests, ...[...calls.values()].flatMap((spooled) => requestsOf(spooled, sql))];
}

function requestsOf(spooled: readonly Spooled[], sql: Statements): Request[] {
  const requests: Request[] = [];
  const [first] = spooled;
  if (first === undefined) return requests;
  const { callId, tenant } = first;
  const { events: known } = eventsOfCall(sql, tenant, callId);
  const { after, left } = follow(known, spooled);
  const events = after.slice(known.length);
  const expectedVersion = known.length;
  const component = "spool";
  if (events.length > 0)
    requests.push({ kind: "call", tenant, callId, expectedVersion, events, component });
  for (const facts of left) requests.push({ kind: "facts", drafts: facts.events.map(late(facts)) });
  return requests;
}

/** The call with what was spooled behind what is known of it, and what has no place there. */
function follow(known: readonly CallEvent[], spooled: readonly Spooled[]) {
  const left: Spooled[] = [];
  let after = known;
  /** What was decided without knowing the call, and what it comes behind. */
  let blind:
    | { readonly facts: readonly CallEvent[]; readonly base: readonly CallEvent[] }
    | undefined;
  for (const line of spooled) {
    const { events, expectedVersion } = line;
    const begins = expectedVersion === 0 && known.length > 0 && alike(known, 0, events) === 0;
    if (begins) blind = { facts: [], base: after };
    if (blind !== undefined && expectedVersion <= blind.facts.length) {
      const facts = put(blind.facts, expectedVersion, events);
      blind = { ...blind, facts };
      after = isEntered(facts, known) ? blind.base : [...blind.base, ...behind(facts, blind.base)];
      continue;
    }
    const count = alike(after, expectedVersion, events);
    const isLate = count < events.length && expectedVersion + count < known.length;
    if (isLate || expectedVersion > after.length) left.push(line);
    else after = put(after, expectedVersion, events);
  }
  return { after, left };
}

/** What policy let pages be told then is not known here: they may have been told to collect. */
const behind = (facts: readonly CallEvent[], base: readonly CallEvent[]) =>
  rebased(facts, fold(base), true);

/** The log could be read again, and took them behind what it held, before the process ended. */
function isEntered(facts: readonly CallEvent[], known: readonly CallEvent[]): boolean {
  const there = new Set(known.map((event) => canonical(event)));
  const own = facts.filter(({ type }) => type !== "CallRegistered");
  return own.every((event) => there.has(canonical(event)));
}

/** What was decided later for the same place counts; what stands there already stays. */
function put(
  events: readonly CallEvent[],
  from: number,
  more: readonly CallEvent[],
): readonly CallEvent[] {
  const count = alike(events, from, more);
  if (count === more.length) return events;
  return [...events.slice(0, from + count), ...more.slice(count)];
}

/** How many of `more` stand in `events` from there on. */
function alike(events: readonly CallEvent[], from: number, more: readonly CallEvent[]): number {
  const differs = more.findIndex((event, index) => {
    const there = events[from + index];
    return there === undefined || canonical(there) !== canonical(event);
  });
  return differs < 0 ? more.length : differs;
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
