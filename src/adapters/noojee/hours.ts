/**
 * Legs by the hour they ended in, the one way to find what an extension had. The vendor answers one
 * such question a minute: hours that are over are asked once, and kept for whoever asks next.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import type { EpochMs } from "../../control/call.ts";
import { digestOf } from "../foreign.ts";
import { instantsOf, localTimeOf } from "../zone.ts";
import type { Leg } from "./legs.ts";
import { readLegs } from "./legs.ts";
import type { Ask, TalkContext } from "./talk.ts";
import { badReply, legsByHour } from "./wire.ts";

export interface ToldHour {
  readonly legs: readonly Leg[];
  readonly digest: string;
}

/** Documented: one a minute. A second more, for a clock that counts its minutes otherwise. */
const BETWEEN_MS = 61_000;
/** Documented: wait a few minutes after the hour. */
const LATE_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;
/** Hours kept, and those of one question: more would push one another out. */
const HOUR_COUNT_MAX = 72;
const ASKED_COUNT_MAX = 30;

/** A question in flight, for all who want its hour. */
interface Asking {
  readonly answer: Promise<ToldHour | NotDone>;
  /** Nobody waits for it any more. It counts against the minute all the same. */
  readonly nobody: AbortController;
  waitingCount: number;
}

interface Hour {
  readonly key: string;
  readonly date: string;
  readonly hour: number;
  /** When the last moment of that name has passed. */
  readonly endsAt: EpochMs;
}

export interface Hours {
  /** Every leg that ended in the hours from `from` to `to`, by hour; or when to ask again. */
  of(from: EpochMs, to: EpochMs, ctx: TalkContext): Promise<readonly ToldHour[] | NotDone>;
}

export function hourBook(ask: Ask, timeZone: string): Hours {
  const kept = new Map<string, ToldHour>();
  const asking = new Map<string, Asking>();
  let nextAt: EpochMs = 0;

  const askHour = async (
    hour: Hour,
    ctx: TalkContext,
    signal: AbortSignal,
  ): Promise<ToldHour | NotDone> => {
    nextAt = ctx.now() + BETWEEN_MS;
    const within = { ...ctx, signal };
    // Not sent again for an expired time stamp: that too would be a second one in a minute.
    const told = await ask(legsByHour(hour.date, hour.hour), within, false);
    if (told.kind === "unreachable" && told.retryAfterMs === undefined) nextAt = 0;
    if (told.kind === "refused" && told.reason === "session_lost") {
      return { kind: "unreachable", detail: told.detail, retryAfterMs: BETWEEN_MS };
    }
    if (told.kind !== "told") return told;
    const legs = readLegs(told.body, timeZone, ctx.now());
    if ("kind" in legs) return legs;
    const one = { legs, digest: digestOf(told.text) };
    keep(kept, hour.key, one);
    return one;
  };

  const legsOf = async (hour: Hour, ctx: TalkContext): Promise<ToldHour | NotDone> => {
    const known = kept.get(hour.key);
    if (known !== undefined) return known;
    const now = ctx.now();
    const leftMs = hour.endsAt + LATE_MS - now;
    if (leftMs > 0) {
      const detail = "what ended this hour is told when the hour is over";
      return { kind: "unreachable", detail, retryAfterMs: leftMs, isOfTargetAlone: true };
    }
    let one = asking.get(hour.key);
    if (one === undefined) {
      if (nextAt > now) {
        const detail = "the server answers this once a minute";
        return {
          kind: "unreachable",
          detail,
          retryAfterMs: nextAt - now,
          isOfTargetAlone: true,
        };
      }
      const nobody = new AbortController();
      const answer = askHour(hour, ctx, nobody.signal).finally(() => {
        if (asking.get(hour.key)?.answer === answer) asking.delete(hour.key);
      });
      one = { answer, nobody, waitingCount: 0 };
      asking.set(hour.key, one);
    }
    return waited(one, ctx.signal, () => asking.delete(hour.key));
  };

  return {
    async of(from, to, ctx) {
      const hours = hoursBetween(from, to, timeZone);
      if (hours === undefined) {
        return badReply(`more than ${ASKED_COUNT_MAX} hours: ask for less, or by unique id`);
      }
      const told: ToldHour[] = [];
      for (const hour of hours) {
        const one = await legsOf(hour, ctx);
        if ("kind" in one) return one;
        told.push(one);
      }
      return told;
    },
  };
}

/** By the server's own clock. Undefined where there are too many. */
function hoursBetween(from: EpochMs, to: EpochMs, zone: string): readonly Hour[] | undefined {
  const hours = new Map<string, Hour>();
  let at = from;
  while (at <= to) {
    const local = localTimeOf(at, zone);
    const { day, hour, month, year } = local;
    const date = `${year}/${String(month).padStart(2, "0")}/${String(day).padStart(2, "0")}`;
    const key = `${date} ${hour}`;
    // An hour that clocks go through twice has one name, and ends with the second.
    const last = instantsOf({ ...local, minute: 59, second: 59 }, zone).at(-1) ?? at;
    hours.set(key, { key, date, hour, endsAt: last + 1_000 });
    if (hours.size > ASKED_COUNT_MAX) return undefined;
    at = nextHour(at);
  }
  return [...hours.values()];
}

/** Zones may be half an hour off: the next half hour may be another hour of theirs. */
const nextHour = (at: EpochMs): EpochMs => (Math.floor(at / (HOUR_MS / 2)) + 1) * (HOUR_MS / 2);

function keep(kept: Map<string, ToldHour>, key: string, one: ToldHour): void {
  const [oldest] = kept.keys();
  if (kept.size >= HOUR_COUNT_MAX && oldest !== undefined) kept.delete(oldest);
  kept.set(key, one);
}

/** Whoever gives up leaves the question to the others; the last one takes it along. */
async function waited(
  one: Asking,
  signal: AbortSignal,
  forget: () => void,
): Promise<ToldHour | NotDone> {
  one.waitingCount += 1;
  const late = Symbol("late");
  const deadline = new Promise<typeof late>((resolve) => {
    if (signal.aborted) resolve(late);
    else signal.addEventListener("abort", () => resolve(late), { once: true });
  });
  const first = await Promise.race([one.answer, deadline]);
  one.waitingCount -= 1;
  if (first !== late) return first;
  if (one.waitingCount === 0) {
    forget();
    one.nobody.abort();
  }
  return { kind: "unreachable", detail: "no answer before the deadline" };
}
