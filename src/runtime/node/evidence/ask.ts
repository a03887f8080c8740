/**
 * Asks a call's witnesses what they recorded: each with a deadline, none more often than it likes.
 *
 * @module
 */
import type { RecordingEvidence } from "../../../adapters/recorder.ts";
import { opaque } from "../../../adapters/opaque.ts";
import type { WitnessPort } from "../../../adapters/witness.ts";
import type { EpochMs, RecorderId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Recording, TapInCall } from "../../../evidence/evidence.ts";
import { hasCardNumber } from "../../../policy/cardholder.ts";

/** Recordings of one tap that are taken; the conversation has one or a few. */
const RECORDING_COUNT_MAX = 200;
const ID_CHARACTERS_MAX = 256;
/** A recorder that did not answer is left alone for so long by all calls that can wait. */
const REST_MS = 5_000;
/** A recorder that wants to be left alone for longer is asked once an hour all the same. */
const REST_MS_MAX = 3_600_000;

export type Answer =
  | { readonly kind: "told"; readonly recordings: readonly Recording[] }
  /** One word of tacet's own. */
  | { readonly kind: "unanswered"; readonly reason: string }
  /** It said, or showed, that it is not to be asked now; nothing was asked. */
  | { readonly kind: "later"; readonly untilAt: EpochMs };

export interface Asker {
  /** `urgent`: somebody waits. Only a recorder's own word that it is too early is heeded then. */
  ask(tap: TapInCall, urgent: boolean): Promise<Answer>;
}

export interface AskerOptions {
  readonly witness: (id: RecorderId) => WitnessPort | undefined;
  readonly clock: Clock;
  readonly askMsMax: number;
  /** How much wider than the tap's own time is searched. */
  readonly toleranceMs: number;
  /** Gives up whatever is being asked. */
  readonly stopping: AbortSignal;
}

export function asker(options: AskerOptions): Asker {
  const { askMsMax, clock, stopping, toleranceMs, witness } = options;
  /** Per configured recorder. */
  const rests = new Map<RecorderId, { readonly untilAt: EpochMs; readonly isItsWord: boolean }>();

  async function ask(tap: TapInCall, urgent: boolean): Promise<Answer> {
    const { recorderId } = tap;
    const rest = rests.get(recorderId);
    if (rest !== undefined && rest.untilAt > clock.now() && (rest.isItsWord || !urgent)) {
      return { kind: "later", untilAt: rest.untilAt };
    }
    const port = witness(recorderId);
    if (port?.evidence === undefined) return { kind: "unanswered", reason: "not_configured" };
    const span = { from: tap.from - toleranceMs, to: (tap.to ?? clock.now()) + toleranceMs };
    const told = await timed(clock, askMsMax, stopping, (signal) =>
      port.evidence?.(tap.target, span, { signal, now: clock.now }),
    );
    // Who was not waited for has not failed to answer.
    if (stopping.aborted) return { kind: "later", untilAt: clock.now() };
    if (told !== undefined && !("kind" in told)) {
      rests.delete(recorderId);
      const recordings = told.slice(0, RECORDING_COUNT_MAX).map((one) => recordingOf(tap, one));
      return { kind: "told", recordings };
    }
    // Said of this conversation alone: of others it can be asked.
    if (isOfThisAlone(told)) return { kind: "unanswered", reason: reasonOf(told) };
    const asked = told?.kind === "unreachable" ? told.retryAfterMs : undefined;
    if (asked !== undefined && told?.kind === "unreachable" && told.isOfTargetAlone === true) {
      return { kind: "later", untilAt: clock.now() + asked };
    }
    const untilAt = clock.now() + Math.min(asked ?? REST_MS, REST_MS_MAX);
    rests.set(recorderId, { untilAt, isItsWord: asked !== undefined });
    return { kind: "unanswered", reason: reasonOf(told) };
  }

  return { ask };
}

type Told = Awaited<ReturnType<NonNullable<WitnessPort["evidence"]>>>;

type NotTold = Exclude<Told, readonly RecordingEvidence[]> | undefined;

const isOfThisAlone = (told: NotTold): boolean =>
  told?.kind === "refused" &&
  (told.reason === "target_not_found" || told.reason === "target_ambiguous");

const reasonOf = (told: NotTold): string => {
  if (told === undefined) return "failed";
  return told.kind === "refused" ? told.reason : told.kind;
};

/** An adapter that forgets its deadline is not waited for; one that throws has not answered. */
async function timed(
  clock: Clock,
  askMsMax: number,
  stopping: AbortSignal,
  run: (signal: AbortSignal) => Promise<Told> | undefined,
): Promise<Told | undefined> {
  const controller = new AbortController();
  const late = Promise.withResolvers<Told>();
  const giveUp = () => {
    controller.abort();
    // Where it heeds the deadline, its own word is the better one.
    clock.after(100, () => late.resolve({ kind: "in_doubt" }));
  };
  const cancel = clock.after(askMsMax, giveUp);
  stopping.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([run(controller.signal), late.promise]);
  } catch {
    return undefined;
  } finally {
    cancel();
    stopping.removeEventListener("abort", giveUp);
  }
}

function recordingOf({ recorderId, tapId }: TapInCall, told: RecordingEvidence): Recording {
  const { closed, durationMs, endAt, modified, recordingId, replyDigest, startAt, withinMs } = told;
  return {
    tapId,
    recorderId,
    recordingId: shown(recordingId),
    startAt,
    ...(endAt === undefined ? {} : { endAt }),
    ...(durationMs === undefined ? {} : { durationMs }),
    withinMs,
    closed,
    ...(modified === undefined ? {} : { modified }),
    replyDigest,
  };
}

/** What a line or a terminal would obey, and half characters. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A recorder's own id goes into the log: never what could be a card number, or opens anything. */
function shown(recordingId: string): string {
  const isPlain = recordingId.length <= ID_CHARACTERS_MAX && !recordingId.includes("://");
  if (isPlain && !CONTROLS.test(recordingId) && !hasCardNumber(recordingId)) return recordingId;
  // With a blank in front nothing is plain enough to be shown.
  return opaque(` ${recordingId}`);
}
