/**
 * One round of asking a call's witnesses: what is new is entered, windows are judged, suspicions
 * told. What was entered before decides what is new, so a round may be run any number of times.
 *
 * @module
 */
import type { Actor, CallId, RecorderId, TenantId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { isOfTap, judgeByTime } from "../../../evidence/byTime.ts";
import { CallTooLong } from "../../../evidence/desk.ts";
import type { Judgement, Recording, TapInCall } from "../../../evidence/evidence.ts";
import type { Incidents } from "../../../evidence/incident.ts";
import * as known from "../../../evidence/known.ts";
import type { EntryDraft } from "../../../log/entry.ts";
import type { LogStore } from "../../../log/store.ts";
import type { Answer, Asker } from "./ask.ts";
import * as entries from "./entries.ts";
import { readKnown } from "./read.ts";

type Known = known.Known;

/** Entered at once: pauses are entered between. */
const ENTERED_COUNT_MAX = 200;
/** Recordings named in one entry as still to be heard. */
const UNHEARD_COUNT_MAX = 200;

export interface GatherOptions {
  readonly log: Pick<LogStore, "enter" | "read" | "size">;
  readonly clock: Clock;
  readonly asker: Asker;
  readonly witnesses: known.Witnesses;
  readonly incidents: Incidents;
  readonly toleranceMs: number;
  /** Entered by now. */
  readonly judged?: (judgement: Pick<Judgement, "by" | "verdict">) => void;
}

export interface Round {
  readonly tenant: TenantId;
  readonly callId: CallId;
  /** Whatever comes of it, it is not tried again: what does not answer is given up. */
  readonly last: boolean;
  /** Who waits for it; absent: nobody. */
  readonly by?: Actor;
  /** A window's end is why; the call goes on, as far as is known. */
  readonly ofWindow?: boolean;
}

export type Rounded =
  /** The call is not known. */
  | { readonly kind: "unknown" }
  /** It has more entries than are looked at: nothing can be told of it, ever. */
  | { readonly kind: "too_long" }
  /** Nothing is left to ask until something else happens to the call. */
  | { readonly kind: "done"; readonly known: Known }
  /** Worth another round, and not before `notBefore` where there is one. */
  | { readonly kind: "again"; readonly known: Known; readonly notBefore?: number };

/** Throws where the log cannot be read or written. Nothing is told that is not in the log. */
export async function gatherRound(options: GatherOptions, round: Round): Promise<Rounded> {
  try {
    return await gather(options, round);
  } catch (error) {
    if (!(error instanceof CallTooLong)) throw error;
    return await giveUp(options, round);
  }
}

/** An entry says so once the call is over: no word of its windows is no good word of them. */
async function giveUp({ clock, log }: GatherOptions, round: Round): Promise<Rounded> {
  const { by, callId, ofWindow, tenant } = round;
  if (ofWindow === true || by !== undefined) return { kind: "too_long" };
  const draft = entries.tooLong({ tenant, callId, at: clock.now() });
  if (!(await enterAll(log, [draft]))) throw new Error("giving up could not be entered");
  return { kind: "too_long" };
}

async function gather(options: GatherOptions, round: Round): Promise<Rounded> {
  const { log, witnesses } = options;
  const { callId, tenant } = round;
  const before = await readKnown(log, tenant, callId);
  if (before === undefined) return { kind: "unknown" };
  const taps = known.witnessTaps(before, witnesses);
  if (taps.length === 0) return { kind: "done", known: before };

  const answers = await askAll(options.asker, taps, round.by !== undefined);
  // What is over is not begun again by somebody who asks about it.
  const last = round.last || before.gathered !== undefined;
  const found = findings(options, before, answers, last);
  const drafts = draftsOf(options, round, before, found, last);
  if (!(await enterAll(log, drafts))) return { kind: "again", known: before };
  for (const { detail, reason, type } of drafts) {
    if (type !== "WindowJudged") continue;
    options.judged?.({ verdict: reason, by: detail?.["by"] } as Pick<Judgement, "by" | "verdict">);
  }

  const after = (await readKnown(log, tenant, callId)) ?? before;
  const isTold = await tellSuspicions(options.incidents, round, after);
  const ended = after.told.endedAt !== undefined;
  const isOver = found.unanswered.size === 0 && found.later === undefined && !found.isOpen;
  const isWorth = !last && !isOver && (ended || found.isWaiting);
  if (!isTold || isWorth || found.later !== undefined) {
    const notBefore = found.later === undefined ? {} : { notBefore: found.later };
    return { kind: "again", known: after, ...notBefore };
  }
  if (!ended) return { kind: "done", known: after };
  return await finish(options, round, after, found);
}

interface Findings {
  readonly told: readonly Recording[];
  readonly judgements: readonly Judgement[];
  readonly unanswered: ReadonlyMap<RecorderId, string>;
  /** A recorder that is not to be asked before then. */
  readonly later?: number;
  /** A recording goes on, or is not there yet. */
  readonly isOpen: boolean;
  /** Somebody did not answer. */
  readonly isWaiting: boolean;
}

type Answered = readonly { readonly tap: TapInCall; readonly answer: Answer }[];

/** Recorders side by side; one recorder's taps one after the other. */
async function askAll(
  { ask }: Asker,
  taps: readonly TapInCall[],
  urgent: boolean,
): Promise<Answered> {
  const byRecorder = Map.groupBy(taps, ({ recorderId }) => recorderId);
  const asked = [...byRecorder.values()].map(async (own) => {
    const answers: { readonly tap: TapInCall; readonly answer: Answer }[] = [];
    for (const tap of own) answers.push({ tap, answer: await ask(tap, urgent) });
    return answers;
  });
  return (await Promise.all(asked)).flat();
}

function findings(
  { toleranceMs }: GatherOptions,
  before: Known,
  answers: Answered,
  last: boolean,
): Findings {
  const told: Recording[] = [];
  const judgements: Judgement[] = [];
  const unanswered = new Map<RecorderId, string>();
  let later: number | undefined;
  let isOpen = false;
  for (const { answer, tap } of answers) {
    if (answer.kind === "unanswered") unanswered.set(tap.recorderId, answer.reason);
    if (answer.kind === "later") later = Math.max(later ?? 0, answer.untilAt);
    if (answer.kind !== "told") continue;
    // On the same line there were, and are, other conversations.
    const recordings = answer.recordings.filter((one) => isOfTap(one, tap, { toleranceMs }));
    told.push(...recordings);
    const goesOn = recordings.some(({ closed }) => !closed);
    isOpen ||= goesOn;
    // A recording that goes on is judged when it is closed, or when nobody waits for that any more.
    if (goesOn && !last) continue;
    const windows = before.told.windows.filter(({ tapId }) => tapId === tap.tapId);
    const judged = judgeByTime({ tap, windows, recordings }, { toleranceMs });
    judgements.push(...judged);
    isOpen ||= judged.some(
      ({ recordingId, verdict }) => verdict === "missing" && recordingId === undefined,
    );
  }
  const isWaiting = unanswered.size > 0 || later !== undefined;
  const until = later === undefined ? {} : { later };
  return { told, judgements, unanswered, ...until, isOpen, isWaiting };
}

function draftsOf(
  { clock }: GatherOptions,
  { callId, tenant }: Round,
  before: Known,
  found: Findings,
  last: boolean,
): readonly EntryDraft[] {
  const about = { tenant, callId, at: clock.now() };
  const drafts = [
    ...known
      .newsOfRecordings(before.recordings, found.told)
      .map((one) => entries.testified(about, one)),
    ...known
      .newsOfJudgements(before.judgements, found.judgements)
      .map((one) => entries.judged(about, one)),
  ];
  for (const [recorderId, reason] of found.unanswered) {
    const isKnown = before.unreachable.get(recorderId);
    if (isKnown === true || (isKnown === false && !last)) continue;
    drafts.push(entries.unreachable(about, recorderId, reason, last));
  }
  if (!last) return drafts;
  const silent = new Map([...found.unanswered.keys()].map((id) => [id, true] as const));
  const judgements = [...before.judgements, ...found.judgements];
  const left = known.unreachableOf({ ...before, judgements, unreachable: silent });
  return [...drafts, ...left.map((one) => entries.judged(about, one))];
}

/** What the log took none of is found again by the next round. */
async function enterAll(
  log: Pick<LogStore, "enter">,
  drafts: readonly EntryDraft[],
): Promise<boolean> {
  for (let from = 0; from < drafts.length; from += ENTERED_COUNT_MAX) {
    const some = drafts.slice(from, from + ENTERED_COUNT_MAX);
    if ((await log.enter(some)).kind === "failed") return false;
  }
  return true;
}

/** All that stand, also those told before: a process may have ended between the two. */
export async function tellSuspicions(
  incidents: Incidents,
  { callId, tenant }: Pick<Round, "tenant" | "callId">,
  { judgements }: Known,
): Promise<boolean> {
  for (const suspicion of known.suspicionsOf({ tenant, callId }, judgements)) {
    if ((await incidents.suspect(suspicion)) === undefined) return false;
  }
  return true;
}

async function finish(
  { clock, log, witnesses }: GatherOptions,
  { callId, tenant }: Round,
  after: Known,
  found: Findings,
): Promise<Rounded> {
  const facts: known.Gathered = {
    recordingCount: after.recordings.length,
    windowCount: new Set(after.told.windows.map(({ windowId }) => windowId)).size,
    unanswered: [...found.unanswered.keys()],
  };
  if (JSON.stringify(facts) === JSON.stringify(sorted(after.gathered))) {
    return { kind: "done", known: after };
  }
  const unheard = known.unheardOf(after, witnesses).slice(0, UNHEARD_COUNT_MAX);
  const draft = entries.gathered({ tenant, callId, at: clock.now() }, facts, unheard);
  if (!(await enterAll(log, [draft]))) return { kind: "again", known: after };
  return { kind: "done", known: { ...after, gathered: facts } };
}

/** In the order in which it is written here: an entry's members come back in another. */
const sorted = (facts: known.Gathered | undefined): known.Gathered | undefined =>
  facts === undefined
    ? undefined
    : {
        recordingCount: facts.recordingCount,
        windowCount: facts.windowCount,
        unanswered: facts.unanswered,
      };
