/**
 * Incidents on Node: opened by suspicions, worked through by people, each change durable before it
 * is told. What is in memory is a fold of the log; whatever is in doubt is read from it again.
 *
 * @module
 */
import { Gauge, type Registry } from "prom-client";
import type { WitnessPort } from "../../adapters/witness.ts";
import type { AlertSink } from "../../alerts/alert.ts";
import type { RecorderId, TenantId } from "../../control/call.ts";
import type { Clock } from "../../control/ports.ts";
import { LogUnavailable, told } from "../../control/within.ts";
import type { Filed } from "../../evidence/incidentBook.ts";
import {
  type IncidentFact,
  isKnown,
  NOTE_COUNT_MAX,
  suspectedOf,
} from "../../evidence/incidentFacts.ts";
import type {
  Incident,
  Incidents,
  IncidentWork,
  Said,
  Suspicion,
  Worked,
} from "../../evidence/incident.ts";
import type { Logger } from "../../http/deps.ts";
import type { LogStore } from "../../log/store.ts";
import { type Flag, type Flagged, startFlags } from "./incidentFlags.ts";
import { incidentInLog, newestInLog } from "./incidentLog.ts";
import { listIncidents } from "./incidentList.ts";
import { type IncidentRoom, incidentRooms } from "./incidentRoom.ts";

/** Open incidents of a tenant. Beyond it suspicions are not taken: they are told again, and again. */
const OPEN_COUNT_MAX = 10_000;

/** How often a log that could not be read, or written in time, is looked at again. */
const LOOK_AGAIN_MS = 2_000;

export interface IncidentsOptions {
  readonly log: Pick<LogStore, "enter" | "read" | "size">;
  readonly clock: Clock;
  /** A fresh id. */
  readonly ids: () => string;
  /** Whether recorders' own records are marked, where they can be. */
  readonly flag: boolean;
  readonly witness: (recorderId: RecorderId) => Pick<WitnessPort, "flag"> | undefined;
  readonly logger: Pick<Logger, "error" | "warn">;
  /** Is told of each while it is open. */
  readonly sink?: AlertSink;
  readonly openCountMax?: number;
  readonly closedCountMax?: number;
}

export interface IncidentService extends Incidents, IncidentWork {
  /** Reads what earlier processes left, and marks what is still to be marked. Nobody waits for it. */
  begin(tenants: readonly TenantId[]): void;
  /** Every open one of the tenant. Rejects where the log cannot say. */
  open(tenant: TenantId): Promise<readonly Filed[]>;
  /** Of the tenants whose incidents are known by now. */
  openCounts(): ReadonlyMap<TenantId, number>;
  stop(): Promise<void>;
}

export function createIncidents(options: IncidentsOptions): IncidentService {
  const { clock, ids, log, logger, sink } = options;
  const openCountMax = options.openCountMax ?? OPEN_COUNT_MAX;
  const rooms = incidentRooms(options);
  const flags = startFlags({ clock, witness: options.witness, flagged });
  const cancels = new Map<TenantId, () => void>();
  const unread = new Set<TenantId>();
  let stopped = false;

  function want(tenant: TenantId, { flagged: marked, state, ...incident }: Incident): void {
    if (!options.flag || state === "closed" || marked === true) return;
    const { incidentId, recorderId, recordingId } = incident;
    flags.want({ tenant, incidentId, recorderId, recordingId });
  }

  /** Asking again changes nothing: what an earlier process did not come to is made good. */
  function alert(tenant: TenantId, { closedAt, incidentId, openedAt, recorderId }: Incident): void {
    const condition = { kind: "incident_open", tenant, incidentId } as const;
    if (closedAt !== undefined) sink?.resolve(condition, closedAt);
    else sink?.raise({ ...condition, recorderId, since: openedAt });
  }

  /** One entry for the first that failed, one when it is done. */
  async function flagged(flag: Flag, { done, reason }: Flagged): Promise<boolean> {
    const { incidentId, tenant } = flag;
    const written = await rooms.of(tenant).inTurn(async (room) => {
      const known = (await room.book()).find(incidentId)?.incident;
      if (known === undefined || (!done && known.flagged !== undefined)) return true;
      const { callId } = known;
      const fact = { type: "RecordingFlagged", incidentId, callId, at: clock.now(), done } as const;
      return (await enter(room, known, fact, reason === undefined ? {} : { reason })) !== undefined;
    });
    return written === true;
  }

  async function enter(
    room: IncidentRoom,
    { recorderId, recordingId }: Pick<Incident, "recorderId" | "recordingId">,
    fact: IncidentFact,
    more: { readonly by?: Said["by"]; readonly reason?: string } = {},
  ): Promise<Incident | undefined> {
    const entered = await room.enter(fact, { recorderId, recordingId, ...more });
    // It may be there all the same, and then nobody was alerted and nothing is marked.
    if (entered === undefined) lookAgain(room.tenant);
    return entered;
  }

  async function suspectIn(room: IncidentRoom, suspicion: Suspicion): Promise<string | undefined> {
    const { callId, recorderId, recordingId, tenant } = suspicion;
    const book = await room.book();
    const known: Filed | undefined =
      book.ofRecording(recorderId, recordingId) ??
      (book.forgets() ? await newestInLog(log, tenant, recorderId, recordingId) : undefined);
    const suspected = suspectedOf(suspicion);
    const before = known?.incident;
    if (before !== undefined && isKnown(before, suspected)) return before.incidentId;
    const at = clock.now();
    if (before?.state === "open") {
      const { incidentId } = before;
      const fact = { type: "IncidentGrew", incidentId, callId, at, ...suspected } as const;
      return (await enter(room, before, fact))?.incidentId;
    }
    if (book.openCount() >= openCountMax) {
      logger.error({ count: openCountMax }, "too many incidents are open: close some");
      return undefined;
    }
    const incident = await enter(room, suspicion, {
      type: "IncidentOpened",
      incidentId: ids(),
      callId,
      at,
      recorderId,
      recordingId,
      ...suspected,
      ...(before === undefined ? {} : { earlier: before.incidentId }),
    });
    if (incident !== undefined) {
      want(tenant, incident);
      alert(tenant, incident);
    }
    return incident?.incidentId;
  }

  async function work(
    type: "IncidentNoted" | "IncidentClosed",
    tenant: TenantId,
    incidentId: string,
    said: Said,
  ): Promise<Worked> {
    const { by, foundCause, text } = said;
    const worked = await rooms.of(tenant).inTurn(async (room): Promise<Worked> => {
      const incident = await findIn(room, incidentId);
      if (incident === undefined) return { kind: "unknown" };
      if (incident.state === "closed") return { kind: "closed", incident };
      if (type === "IncidentNoted" && incident.notes.length >= NOTE_COUNT_MAX) {
        return { kind: "full" };
      }
      const { callId } = incident;
      const fact = { type, incidentId, callId, at: clock.now(), who: by.id, text };
      const found = foundCause === undefined ? {} : { foundCause };
      const changed = await enter(room, incident, { ...fact, ...found }, { by });
      if (changed === undefined) return { kind: "log_failed" };
      if (changed.state === "closed") {
        flags.drop(changed);
        alert(tenant, changed);
      }
      return { kind: "done", incident: changed };
    });
    return worked ?? { kind: "log_failed" };
  }

  async function findIn(room: IncidentRoom, incidentId: string): Promise<Incident | undefined> {
    const book = await room.book();
    const known = book.find(incidentId);
    if (known !== undefined || !book.forgets()) return known?.incident;
    return (await incidentInLog(log, room.tenant, incidentId))?.incident;
  }

  /** Until it could be read: the search file may be being made anew. */
  async function load(tenant: TenantId): Promise<void> {
    cancels.delete(tenant);
    try {
      const book = await rooms.of(tenant).book();
      for (const { incident } of book.all()) {
        if (incident.state === "closed") flags.drop(incident);
        want(tenant, incident);
        alert(tenant, incident);
      }
    } catch (error) {
      // Once: a log that is damaged stays so until somebody has done something about it.
      if (!(error instanceof LogUnavailable) && !unread.has(tenant)) {
        unread.add(tenant);
        logger.warn({ err: error }, "the incidents could not be read from the log yet");
      }
      lookAgain(tenant);
    }
  }

  function lookAgain(tenant: TenantId): void {
    if (stopped || cancels.has(tenant)) return;
    const cancel = clock.after(LOOK_AGAIN_MS, () => void load(tenant));
    cancels.set(tenant, cancel);
  }

  return {
    async suspect(suspicion) {
      try {
        return await rooms.of(suspicion.tenant).inTurn((room) => suspectIn(room, suspicion));
      } catch (error) {
        logger.warn({ err: error }, "a suspicion could not be entered yet");
        return undefined;
      }
    },
    of: (tenant, callId) => rooms.of(tenant).known()?.ofCall(callId) ?? [],
    list: (tenant, asked) => told(clock, listIncidents(log, rooms.of(tenant), asked)),
    find: (tenant, incidentId) => told(clock, findIn(rooms.of(tenant), incidentId)),
    note: (tenant, incidentId, said) => work("IncidentNoted", tenant, incidentId, said),
    close: (tenant, incidentId, said) => work("IncidentClosed", tenant, incidentId, said),
    begin(tenants) {
      for (const tenant of tenants) void load(tenant);
    },
    async open(tenant) {
      const book = await rooms.of(tenant).book();
      return book.all().filter(({ incident }) => incident.state === "open");
    },
    openCounts: () => rooms.openCounts(),
    async stop() {
      stopped = true;
      for (const cancel of cancels.values()) cancel();
      await flags.stop();
    },
  };
}

/** How many incidents wait for a person, by tenant. */
export function countOpen(register: Registry, { openCounts }: Pick<IncidentService, "openCounts">) {
  const gauge = new Gauge({
    name: "tacet_incidents_open",
    help: "Incidents that nobody has closed yet",
    labelNames: ["tenant"],
    registers: [register],
    collect() {
      for (const [tenant, count] of openCounts()) gauge.set({ tenant }, count);
    },
  });
}
