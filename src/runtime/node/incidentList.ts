/**
 * A page of incidents: open ones from memory, closed ones from wherever they are.
 *
 * @module
 */
import type { Incident, IncidentPage, IncidentsAsked } from "../../evidence/incident.ts";
import type { Filed } from "../../evidence/incidentBook.ts";
import type { EntryFilter, LogStore } from "../../log/store.ts";
import { incidentInLog } from "./incidentLog.ts";
import type { IncidentRoom } from "./incidentRoom.ts";

/** Incidents one page looks through. Where few of them fit, it ends with a `next` and fewer. */
const LOOK_COUNT_MAX = 500;

export async function listIncidents(
  log: Pick<LogStore, "read" | "size">,
  room: IncidentRoom,
  asked: IncidentsAsked,
): Promise<IncidentPage> {
  const book = await room.book();
  const { callId } = asked;
  const named = callId === undefined ? [] : book.ofCall(callId);
  const ofCall = new Set(named.map(({ incidentId }) => incidentId));
  const fits = (incident: Incident): boolean =>
    isLike(incident, asked) &&
    (callId === undefined || incident.callId === callId || ofCall.has(incident.incidentId));
  const inMemory = book
    .all()
    .filter(({ incident, position }) => position > asked.after && fits(incident));
  if (asked.state === "open" || !book.forgets()) return pageOf(inMemory, asked.limit);

  const filter: EntryFilter = {
    type: "IncidentOpened",
    ...(asked.recorderId === undefined ? {} : { recorderId: asked.recorderId }),
    ...(callId === undefined ? {} : { callId }),
  };
  const page = await log.read(room.tenant, filter, asked.after, LOOK_COUNT_MAX);
  const opened = page.entries.flatMap(({ detail, position }) => {
    const incidentId = detail?.["incidentId"];
    return typeof incidentId === "string" ? [{ incidentId, position }] : [];
  });
  const seen = new Set(opened.map(({ incidentId }) => incidentId));
  // What was opened just now may be in memory alone: the search file comes behind.
  const to = page.next ?? Infinity;
  const fresh = inMemory
    .filter(({ incident, position }) => !seen.has(incident.incidentId) && position <= to)
    .map(({ incident: { incidentId }, position }) => ({ incidentId, position }));
  const found: Filed[] = [];
  for (const { incidentId, position } of merged(opened, fresh)) {
    const one = book.find(incidentId) ?? (await incidentInLog(log, room.tenant, incidentId));
    if (one !== undefined && fits(one.incident)) found.push({ ...one, position });
    if (found.length > asked.limit) break;
  }
  const cut = pageOf(found, asked.limit);
  return cut.next !== undefined || page.next === undefined ? cut : { ...cut, next: page.next };
}

const merged = <T extends { readonly position: number }>(...lists: readonly T[][]): T[] =>
  lists.flat().toSorted((a, b) => a.position - b.position);

const isLike = (incident: Incident, { recorderId, state }: IncidentsAsked): boolean =>
  (state === undefined || incident.state === state) &&
  (recorderId === undefined || incident.recorderId === recorderId);

function pageOf(inOrder: readonly Filed[], limit: number): IncidentPage {
  const page = inOrder.slice(0, limit);
  const last = page.at(-1);
  return {
    incidents: page.map(({ incident }) => incident),
    ...(inOrder.length > limit && last !== undefined ? { next: last.position } : {}),
  };
}
