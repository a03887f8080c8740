/**
 * Legal holds on Node: placed and lifted by people, each durable before it is told, and never at the
 * same moment as a pruning of the same log.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { LOG_ANSWER_MS_MAX, LogUnavailable, told, within } from "../../../control/within.ts";
import type { EntryDraft } from "../../../log/entry.ts";
import {
  LEGAL_HOLD_TYPES,
  type LegalHold,
  type LegalHolds,
  legalHolds,
  liftedDraft,
  placedDraft,
} from "../../../log/retention.ts";
import type { HoldAsked, Lifted, Placed } from "../../../log/retentionDesk.ts";
import type { LogStore } from "../../../log/store.ts";
import { entriesOfTypes } from "../entriesOfTypes.ts";

/** Holds that stand in one log at once. Beyond it they are refused: one without a call covers all. */
export const HOLD_COUNT_MAX = 1_000;

/** What waits for its turn with one log's holds. Beyond it is refused: whoever asks, asks again. */
const TURN_COUNT_MAX = 100;

export interface HoldRoomOptions {
  readonly log: Pick<LogStore, "enter" | "read" | "size" | "prunedTo">;
  readonly clock: Clock;
  /** A fresh id. */
  readonly ids: () => string;
}

export interface HoldRoom {
  /** Throws where the log cannot say. */
  holds(): Promise<LegalHolds>;
  /** Runs alone: no hold is placed or lifted meanwhile. Rejects where too many wait. */
  inTurn<T>(run: (holds: LegalHolds) => Promise<T>): Promise<T>;
  place(asked: HoldAsked): Promise<Placed>;
  lift(holdId: string, order: Pick<HoldAsked, "by" | "reason">): Promise<Lifted>;
}

export function holdRooms(options: HoldRoomOptions): (tenant: TenantId) => HoldRoom {
  const rooms = new Map<TenantId, HoldRoom>();
  return (tenant) => {
    const room = rooms.get(tenant) ?? openRoom(tenant, options);
    rooms.set(tenant, room);
    return room;
  };
}

function openRoom(tenant: TenantId, { clock, ids, log }: HoldRoomOptions): HoldRoom {
  let known: LegalHolds | undefined;
  let turns: Promise<unknown> = Promise.resolve();
  let turnCount = 0;
  /** Writes that have not been answered: what they left is not known before they are. */
  const unanswered = new Set<Promise<unknown>>();
  let writeCount = 0;

  async function holds(): Promise<LegalHolds> {
    if (unanswered.size > 0) throw new LogUnavailable("the log has not answered yet");
    if (known !== undefined) return known;
    const countBefore = writeCount;
    const read = await told(clock, readHolds());
    // What was read while a hold was placed may lack it.
    if (countBefore === writeCount) known = read;
    return read;
  }

  /** For people: once what is under way is answered, within the time there is. */
  async function shown(): Promise<LegalHolds> {
    await told(clock, Promise.allSettled(unanswered));
    return await holds();
  }

  async function readHolds(): Promise<LegalHolds> {
    const read = legalHolds();
    for await (const entry of entriesOfTypes(log, tenant, LEGAL_HOLD_TYPES)) read.take(entry);
    return read;
  }

  function inTurn<T>(run: (of: LegalHolds) => Promise<T>): Promise<T> {
    if (turnCount >= TURN_COUNT_MAX) {
      return Promise.reject(new LogUnavailable("too many wait for this log"));
    }
    turnCount += 1;
    const turn = turns
      .then(async () => run(await holds()))
      .finally(() => {
        turnCount -= 1;
      });
    turns = turn.catch(() => undefined);
    return turn;
  }

  /** What is in memory is read from the log again: whoever wrote it reads what all others do. */
  async function entered(draft: EntryDraft): Promise<boolean> {
    known = undefined;
    writeCount += 1;
    const entering = log.enter([draft]).finally(() => {
      unanswered.delete(entering);
    });
    unanswered.add(entering);
    const answer = await within(clock, LOG_ANSWER_MS_MAX, entering);
    return answer.kind === "in_time" && answer.value.kind === "entered";
  }

  /** The first entry that is to be kept; undefined for a call that has none. */
  async function firstOf({ callId, since }: HoldAsked): Promise<number | undefined> {
    if (callId === undefined && since === undefined) return log.prunedTo(tenant) + 1;
    const ofCall = callId === undefined ? Infinity : await firstOfCall(callId);
    const ofTime = since === undefined ? Infinity : await firstSince(since);
    return ofCall === undefined ? undefined : Math.min(ofCall, ofTime);
  }

  async function firstOfCall(callId: string): Promise<number | undefined> {
    const size = log.size(tenant);
    const { entries, indexedTo } = await log.read(tenant, { callId }, 0, 1);
    if (entries[0] !== undefined) return entries[0].position;
    if (indexedTo < size) throw new LogUnavailable("the search file is being made anew");
    return undefined;
  }

  async function firstSince(since: EpochMs): Promise<number> {
    const size = log.size(tenant);
    return (await log.read(tenant, { from: since }, 0, 1)).entries[0]?.position ?? size + 1;
  }

  return {
    holds: shown,
    inTurn,
    place: (asked) =>
      inTurn(async (standing): Promise<Placed> => {
        if (standing.standing().length >= HOLD_COUNT_MAX) return { kind: "full" };
        const firstKept = await told(clock, firstOf(asked));
        if (firstKept === undefined) return { kind: "call_unknown" };
        const { by, callId, reason, since } = asked;
        const at = clock.now();
        const of = {
          holdId: ids(),
          firstKept,
          ...(callId === undefined ? {} : { callId }),
          ...(since === undefined ? {} : { since }),
        };
        if (!(await entered(placedDraft({ at, tenant, by, reason }, of)))) {
          return { kind: "log_failed" };
        }
        const hold: LegalHold = { ...of, placedAt: at, by: by.id, reason };
        return { kind: "placed", hold };
      }),
    lift: (holdId, { by, reason }) =>
      inTurn(async (standing): Promise<Lifted> => {
        const hold = standing.standing().find((one) => one.holdId === holdId);
        if (hold === undefined) return { kind: "unknown" };
        const draft = liftedDraft({ at: clock.now(), tenant, by, reason }, holdId);
        return (await entered(draft)) ? { kind: "lifted", hold } : { kind: "log_failed" };
      }),
  };
}
