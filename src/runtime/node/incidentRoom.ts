/**
 * Where one tenant's incidents are changed: one change at a time, each durable before the next, on
 * a book that is read from the log again after every write of which nobody knows what became.
 *
 * @module
 */
import type { Actor, TenantId } from "../../control/call.ts";
import type { Clock } from "../../control/ports.ts";
import { LOG_ANSWER_MS_MAX, LogUnavailable, within } from "../../control/within.ts";
import type { Book } from "../../evidence/incidentBook.ts";
import { draftOfFact } from "../../evidence/incidentEntries.ts";
import type { IncidentFact } from "../../evidence/incidentFacts.ts";
import type { Incident } from "../../evidence/incident.ts";
import type { LogStore } from "../../log/store.ts";
import { bookOfLog } from "./incidentLog.ts";

/** Changes that wait for their turn. Beyond it they are refused: whoever asks, asks again. */
export const TURN_COUNT_MAX = 1_000;

export interface RoomOptions {
  readonly log: Pick<LogStore, "enter" | "read" | "size">;
  readonly clock: Clock;
  readonly closedCountMax?: number;
}

export interface IncidentRoom {
  readonly tenant: TenantId;
  /** Throws where the log cannot say. */
  book(): Promise<Book>;
  /** The book, where it is there without asking. */
  known(): Book | undefined;
  /** Runs alone. Undefined where too many wait. */
  inTurn<T>(run: (room: IncidentRoom) => Promise<T>): Promise<T | undefined>;
  /** In turn only: the incident after the fact, once that is durable; else undefined. */
  enter(fact: IncidentFact, about: AboutRecording): Promise<Incident | undefined>;
}

interface AboutRecording {
  readonly recorderId: string;
  readonly recordingId: string;
  readonly by?: Actor;
  readonly reason?: string;
}

export interface IncidentRooms {
  /** A tenant is one that somebody was let in for: there are as many as are configured. */
  of(tenant: TenantId): IncidentRoom;
  openCounts(): ReadonlyMap<TenantId, number>;
}

export function incidentRooms(options: RoomOptions): IncidentRooms {
  const rooms = new Map<TenantId, IncidentRoom>();
  return {
    of(tenant) {
      const room = rooms.get(tenant) ?? openRoom(tenant, options);
      rooms.set(tenant, room);
      return room;
    },
    openCounts: () =>
      new Map(
        [...rooms].flatMap(([tenant, room]) => {
          const book = room.known();
          return book === undefined ? [] : [[tenant, book.openCount()] as const];
        }),
      ),
  };
}

function openRoom(tenant: TenantId, { clock, closedCountMax, log }: RoomOptions): IncidentRoom {
  let book: Book | undefined;
  let reading: Promise<Book> | undefined;
  /** A write that has not been answered: what it left is not known before it is. */
  let unanswered = 0;
  let turns: Promise<unknown> = Promise.resolve();
  let turnCount = 0;

  async function read(): Promise<Book> {
    if (unanswered > 0) throw new LogUnavailable("the log has not answered yet");
    reading ??= bookOfLog(log, tenant, closedCountMax).finally(() => {
      reading = undefined;
    });
    book = await reading;
    return book;
  }

  const room: IncidentRoom = {
    tenant,
    book: async () => book ?? (await read()),
    known: () => book,
    async inTurn(run) {
      if (turnCount >= TURN_COUNT_MAX) return undefined;
      turnCount += 1;
      const turn = turns.then(() => run(room));
      turns = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        turnCount -= 1;
      }
    },
    async enter(fact, about) {
      const own = await room.book();
      unanswered += 1;
      const entering = log.enter([draftOfFact(fact, { ...about, tenant })]).finally(() => {
        unanswered -= 1;
      });
      const answer = await within(clock, LOG_ANSWER_MS_MAX, entering);
      const [position] =
        answer.kind === "in_time" && answer.value.kind === "entered" ? answer.value.positions : [];
      if (position === undefined) {
        // It may be there all the same.
        book = undefined;
        return undefined;
      }
      own.take(fact, position);
      return own.find(fact.incidentId)?.incident ?? undefined;
    },
  };
  return room;
}
