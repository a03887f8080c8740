/**
 * The checks that need somebody at the telephone: the test call is hung up, and where it is asked
 * for, the next one is placed on the same target.
 *
 * @module
 */
import type { Observation } from "../../../control/ports.ts";
import type { EpochMs } from "../../../control/call.ts";
import { type Book, type Conclusion, notShown, notTried, shown } from "./checks.ts";
import { type Driver, isNow, saidOf } from "./driver.ts";
import type { Silences } from "./silences.ts";

export interface EndingOptions {
  readonly driver: Driver;
  readonly book: Book;
  readonly silences: Silences;
  readonly now: () => EpochMs;
  /** `hang_up`: the call is hung up. `next_call`: silenced first, and another one is placed. */
  readonly how: "not" | "hang_up" | "next_call";
  /** The conversation of the test call, where its recorder tells. */
  readonly session: string | undefined;
  readonly canStatus: boolean;
  /** How long each step by hand is waited for. */
  readonly byHandMsMax: number;
  /** Tells the operator what to do now. */
  readonly say: (line: string) => void;
}

/**
 * When the call was over: seen after the one, and at the other at the latest; that is absent where
 * the recorder cannot be asked and the operator was asked to hang up.
 */
export interface Over {
  readonly after: EpochMs;
  readonly at?: EpochMs;
}

const LOOK_MS = 100;
/** A recorder may take its time to silence what begins; what it says then counts. */
const SETTLE_MS = 1_000;

const HANG_UP = "NOW: hang up the test call.";
const NOT_ASKED_FOR = "nobody was asked to hang up: see --hang-up";

/** When the call was over; undefined where that was not seen. */
export async function tryEnding(options: EndingOptions): Promise<Over | undefined> {
  const { book, canStatus, driver, how, silences } = options;
  if (how === "not") {
    await book.attempt("ended", async () => notTried(NOT_ASKED_FOR));
    return undefined;
  }
  if (!canStatus) {
    await book.attempt("ended", async () => notTried("it cannot be asked"));
    options.say(HANG_UP);
    return { after: options.now() };
  }
  const silenced = how === "next_call" && book.is("resume_confirmed", "shown");
  if (silenced) {
    const given = await driver.order("pause");
    silences.began(given, await driver.becomes("paused", given));
  }
  options.say(HANG_UP);
  let over: Required<Over> | undefined;
  let last: Observation | undefined;
  await book.attempt("ended", async () => {
    const found = await watched(options, (seen) => isNow(seen, "absent") || isOther(seen, options));
    last = found.seen;
    if (!found.isSo) return notShown(`it was waited for in vain: ${saidOf(found.seen)}`);
    over = found.over;
    silences.cut(found.over.after, found.over.at);
    return shown(isNow(found.seen, "absent") ? "it says `absent`" : "another conversation is told");
  });
  if (last === undefined || !book.is("ended", "shown")) return over;
  await nextCall(options, last, silenced);
  return over;
}

async function nextCall(
  options: EndingOptions,
  last: Observation,
  silenced: boolean,
): Promise<void> {
  const { book, how } = options;
  if (how !== "next_call") {
    const why = "no next call was asked for: see --next-call";
    await book.attempt("told_apart", async () => notTried(why));
    await book.attempt("silence_ends", async () => notTried(why));
    return;
  }
  options.say("NOW: place another call on the same target.");
  const isThere = (seen: Observation) => isNow(seen, "recording") || isNow(seen, "paused");
  const next = isThere(last)
    ? { isSo: true, seen: last }
    : await watched(options, (seen) => isThere(seen));
  if (!next.isSo) {
    const why = `no next call came on this target: ${saidOf(next.seen)}`;
    await book.attempt("told_apart", async () => notTried(why));
    await book.attempt("silence_ends", async () => notTried(why));
    return;
  }
  await book.attempt("told_apart", async () => apart(next.seen, options.session));
  await book.attempt("silence_ends", async () => {
    if (!silenced) return notTried("the call could not be silenced before it ended");
    await options.driver.pass(SETTLE_MS);
    const seen = await options.driver.read();
    if (isNow(seen, "recording")) return shown("the next call is `recording`");
    if (isNow(seen, "paused")) return notShown("the next call began silenced, by no new order");
    return notTried(`of the next call ${saidOf(seen)}`);
  });
}

function apart(next: Observation, session: string | undefined): Conclusion {
  const other = next.kind === "observed" ? next.session : undefined;
  if (session === undefined || other === undefined) {
    return notTried("it does not tell which conversation a target carries");
  }
  return session === other
    ? notShown("both are told as the same conversation")
    : shown("it tells of two conversations");
}

const isOther = (seen: Observation, { session }: EndingOptions): boolean =>
  seen.kind === "observed" &&
  seen.session !== undefined &&
  session !== undefined &&
  seen.session !== session;

async function watched(
  { byHandMsMax, driver, now }: EndingOptions,
  is: (seen: Observation) => boolean,
): Promise<{ readonly isSo: boolean; readonly seen: Observation; readonly over: Required<Over> }> {
  const until = now() + byHandMsMax;
  let after = now();
  for (;;) {
    const askedAt = now();
    const seen = await driver.read();
    const over = { after, at: now() };
    if (is(seen)) return { isSo: true, seen, over };
    if (now() >= until) return { isSo: false, seen, over };
    after = askedAt;
    await driver.pass(LOOK_MS);
  }
}
