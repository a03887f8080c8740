/**
 * Keeps one destination's copy of the log going: what is behind its confirmed positions is read from
 * the log, sent in order and confirmed, again and again. The log itself is the queue: of what is not
 * confirmed, nothing but positions is in memory, however long the destination is away.
 *
 * @module
 */
import type { EpochMs } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import { within } from "../../../control/within.ts";
import { readCheckpoint } from "../../../log/checkpoint.ts";
import type { CopyConfig } from "../../../policy/configCopies.ts";
import { type Carrier, CopyFailed } from "./carrier.ts";
import type { CopiedLog } from "./kept.ts";
import { type Lag, lagWatch } from "./lag.ts";
import { headOf, readLines } from "./readLines.ts";
import { type Stream, streamsOf } from "./streams.ts";

/** How often it is looked for new entries, where all are sent. */
const LOOK_MS = 200;
/** How often a new head is looked for, of each log. */
const HEAD_MS = 2_000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 60_000;
/** A receiver that asks for more is asked again all the same. */
const RETRY_AFTER_MS_MAX = 3_600_000;
/** Entries sent and not confirmed. A receiver that does not manage so many is given fewer. */
export const UNCONFIRMED_COUNT_MAX = 10_000;
const UNCONFIRMED_COUNT_MIN = 100;
/** Entries read at once for a connection. */
const READ_COUNT_MAX = 100;
/** What a stop waits for a parcel that is under way, and for the last confirmation. */
const STOP_MS_MAX = 2_000;

export interface CopierOptions {
  readonly config: CopyConfig;
  readonly carrier: Carrier;
  readonly log: CopiedLog;
  /** Logs that a restore put aside: each is copied under its own origin, beside the one that is written. */
  readonly kept?: () => readonly CopiedLog[];
  readonly clock: Clock;
  /** The position confirmed in an earlier process, by origin. */
  readonly startFrom: (origin: string) => number;
  readonly confirmed: (origin: string, position: number) => void;
  readonly told: { readonly failed: (why: string) => void; readonly sent: (count: number) => void };
}

export interface CopyStanding {
  readonly lag: Lag;
  readonly lastSuccessAt: EpochMs | undefined;
  readonly failure: { readonly since: EpochMs; readonly why: string } | undefined;
}

export interface Copier {
  standing(): CopyStanding;
  /** Looks how far behind it is; at most one small read a log. Never rejects. */
  measure(): Promise<void>;
  /** Confirms what it can within a moment. */
  stop(): Promise<void>;
}

export function startCopier(options: CopierOptions): Copier {
  const { carrier, clock, config, kept = () => [], told } = options;
  const streams = streamsOf({ ...options, kept, tenants: config.tenants });
  const lag = lagWatch({ clock, streams });
  const wantedMax = config.kind === "webhook" ? config.batchCountMax : READ_COUNT_MAX;
  let countMax = wantedMax;
  let windowMax = UNCONFIRMED_COUNT_MAX;
  let sentCount = 0;
  let unconfirmedSince: EpochMs | undefined;
  let lastSuccessAt: EpochMs | undefined;
  let failure: CopyStanding["failure"];
  let failures = 0;
  let nextAt: EpochMs = 0;
  let isStopped = false;
  let wake = (): void => undefined;

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  /** Does one thing, and says for how long to rest. Never rejects. */
  async function turn(): Promise<number> {
    const now = clock.now();
    if (now < nextAt) return nextAt - now;
    const confirms = isUnconfirmed(now);
    // A log's turn is taken only where it is used, or logs would lose theirs to confirmations.
    const stream = confirms ? undefined : streams.next((one) => isDue(one, now));
    try {
      if (confirms) await confirm();
      else return stream === undefined ? LOOK_MS : await advance(stream, now);
      return 0;
    } catch (error) {
      failed(error, stream);
      return 0;
    }
  }

  const isDue = (stream: Stream, now: EpochMs): boolean =>
    now >= stream.nextAt &&
    (stream.sent < stream.log.size(stream.tenant) || isHeadDue(stream, now));
  const isHeadDue = (stream: Stream, now: EpochMs): boolean =>
    stream.sent > stream.headSent && now >= stream.headAt;

  function isUnconfirmed(now: EpochMs): boolean {
    if (unconfirmedSince === undefined) return false;
    return now - unconfirmedSince >= carrier.confirmMs || sentCount >= windowMax;
  }

  async function advance(stream: Stream, now: EpochMs): Promise<number> {
    if (isHeadDue(stream, now)) {
      await sendHead(stream, now);
      return 0;
    }
    const { format } = config;
    const startedAt = performance.now();
    const parcel = await readLines(stream.log, stream.tenant, stream.sent, { countMax, format });
    const readMs = performance.now() - startedAt;
    unconfirmedSince ??= now;
    await carrier.send(parcel);
    stream.sent = parcel.to;
    sentCount += parcel.items.length;
    told.sent(parcel.items.length);
    // Calls read and write the log as well: it is left alone for as long as it was asked.
    return readMs;
  }

  async function sendHead(stream: Stream, now: EpochMs): Promise<void> {
    stream.headAt = now + HEAD_MS;
    const { log } = stream;
    const note = await log.signedHead(stream.tenant);
    if (note === undefined || log.verifierKey === undefined) return;
    const { size } = readCheckpoint(note);
    // One of more than was sent comes after the rest.
    if (size <= stream.headSent || size > stream.sent) return;
    unconfirmedSince ??= now;
    await carrier.send(headOf(stream.tenant, note, log.verifierKey));
    stream.headSent = size;
  }

  async function confirm(): Promise<void> {
    await carrier.confirm();
    for (const stream of streams.all()) {
      stream.headConfirmed = stream.headSent;
      stream.failures = 0;
      if (stream.confirmed === stream.sent) continue;
      stream.confirmed = stream.sent;
      options.confirmed(stream.origin, stream.confirmed);
    }
    unconfirmedSince = undefined;
    sentCount = 0;
    windowMax = Math.min(UNCONFIRMED_COUNT_MAX, windowMax * 2);
    countMax = Math.min(wantedMax, countMax * 2);
    failures = 0;
    failure = undefined;
    lastSuccessAt = clock.now();
  }

  /** What was sent since the last confirmation is sent again. */
  function failed(error: unknown, stream: Stream | undefined): void {
    const why = error instanceof CopyFailed ? error.message : "fault";
    const {
      refused = false,
      retryAfterMs = 0,
      tooLarge = false,
    } = error instanceof CopyFailed ? error.how : {};
    carrier.drop();
    streams.rewind();
    unconfirmedSince = undefined;
    sentCount = 0;
    const now = clock.now();
    failure = { since: failure?.since ?? now, why };
    told.failed(why);
    if (tooLarge) countMax = Math.max(1, Math.floor(countMax / 2));
    else windowMax = Math.max(UNCONFIRMED_COUNT_MIN, Math.floor(windowMax / 2));
    const waitMs = Math.max(
      backoffMs(refused ? (stream?.failures ?? 0) : failures),
      Math.min(RETRY_AFTER_MS_MAX, retryAfterMs),
    );
    if (refused && stream !== undefined) {
      // One log's entries that are not taken hold up no other log's.
      stream.failures += 1;
      stream.nextAt = now + (tooLarge && countMax > 1 ? 0 : waitMs);
    } else {
      failures += 1;
      nextAt = now + waitMs;
    }
  }

  const backoffMs = (count: number): number =>
    Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(count, 20)) * (0.5 + clock.random() / 2);

  async function run(): Promise<void> {
    for (;;) {
      const restMs = await turn();
      if (isStopped) return;
      await rest(restMs);
      if (isStopped) return;
    }
  }
  const running = run();

  return {
    standing: () => ({ lag: lag.now(), lastSuccessAt, failure }),
    measure: () => lag.measure(),
    async stop() {
      isStopped = true;
      wake();
      const ended = await within(clock, STOP_MS_MAX, running);
      if (ended.kind === "in_time" && unconfirmedSince !== undefined) {
        await within(clock, STOP_MS_MAX, confirm());
      }
      await within(clock, STOP_MS_MAX, carrier.close());
    },
  };
}
