/**
 * Drives one target of one recorder by hand: each order is entered before it is sent, each is given
 * up at the configured deadline, and what was silenced here is let go at the end, whatever happens.
 *
 * @module
 */
import type { EpochMs, Target } from "../../../control/call.ts";
import type {
  Clock,
  ControlOutcome,
  Observation,
  PushedChange,
  RecorderPort,
} from "../../../control/ports.ts";
import type { RunLog } from "./runLog.ts";

export type Order = "pause" | "resume";

export interface Given {
  readonly order: Order;
  readonly outcome: ControlOutcome;
  readonly sentAt: EpochMs;
  readonly answeredAt: EpochMs;
}

/** `by`: asked, or by its own event. `afterMs` from the order. */
export type Became =
  | {
      readonly kind: "confirmed";
      readonly by: "read_back" | "pushed";
      readonly at: EpochMs;
      readonly afterMs: number;
    }
  | { readonly kind: "not"; readonly said: string };

/** What the call was left as. */
export type Left =
  | { readonly kind: "untouched" }
  | { readonly kind: "recording" }
  /** It cannot be asked: the resume was answered yes. */
  | { readonly kind: "resumed" }
  | { readonly kind: "over"; readonly said: string }
  | { readonly kind: "silent"; readonly said: string };

export interface Driver {
  order(order: Order): Promise<Given>;
  /** Asks once, whatever comes of it. Never rejects. */
  read(): Promise<Observation>;
  /** Waits until it is so, at most `confirmMsMax` after the order was sent. */
  becomes(status: "recording" | "paused", given: Given): Promise<Became>;
  survey(): Promise<Observation | undefined>;
  /** The first push of this kind that came after a moment, waited for until `pushMsMax` from now. */
  pushed(status: PushedChange["status"], since: EpochMs): Promise<EpochMs | undefined>;
  /** Waits until as many were pushed, at most `pushMsMax`: what comes late is of what was before. */
  pushedAll(count: number): Promise<void>;
  /** What was pushed from a moment on. */
  pushesSince(from: EpochMs): readonly PushedChange["status"][];
  /** Rejects with `Stopped` where somebody stops the run. */
  pass(ms: number): Promise<void>;
  leaveAsFound(): Promise<Left>;
  close(): void;
}

/** The run was stopped by a person. */
export class Stopped extends Error {}

export interface DriverOptions {
  readonly port: RecorderPort;
  readonly target: Target;
  readonly targetKey: string;
  readonly clock: Clock;
  readonly log: Pick<RunLog, "enter">;
  readonly commandMsMax: number;
  readonly statusMsMax: number;
  readonly confirmMsMax: number;
  readonly pushMsMax: number;
  readonly stop: AbortSignal;
}

const POLL_MS = 50;
/** How often a resume is tried again at the end before a person has to. */
const RELEASE_COUNT_MAX = 5;
const RELEASE_MS = 500;
/** Pushes of this target that are remembered. */
export const PUSH_COUNT_MAX = 10_000;
/** How long the connection that pushes come by is waited for. */
const LISTEN_MS_MAX = 5_000;

/** Begins to listen where the recorder pushes; resolves when that stands, or soon after anyway. */
export async function openDriver(options: DriverOptions): Promise<Driver> {
  const { clock, log, port, stop, target, targetKey } = options;
  const pushes: { readonly at: EpochMs; readonly status: PushedChange["status"] }[] = [];
  let count = 0;
  let silenced = false;
  let isTouched = false;
  /** No resume was answered yes since the last pause. */
  let isOwed = false;
  const stands = Promise.withResolvers<void>();
  const ends = (port.capabilities.watch ? port.watch : undefined)?.(
    {
      change(change) {
        if (change.targetKey !== targetKey || pushes.length >= PUSH_COUNT_MAX) return;
        pushes.push({ at: clock.now(), status: change.status });
      },
      reconnected: () => stands.resolve(),
    },
    { now: clock.now, after: clock.after },
  );
  if (ends !== undefined) await Promise.race([stands.promise, sleep(LISTEN_MS_MAX)]);

  const context = (ms: number) => ({ signal: AbortSignal.timeout(ms), now: clock.now, silenced });

  async function send(order: Order): Promise<Given> {
    const number = (count += 1);
    await log.enter("OrderIntended", { number, order, targetKey });
    isTouched = true;
    // A read says so of what was silenced here, also where the answer is lost.
    silenced = order === "pause";
    isOwed = true;
    const sentAt = clock.now();
    const method = order === "pause" ? port.pause : port.resume;
    const outcome: ControlOutcome = (await method?.(target, context(options.commandMsMax)).catch(
      failed,
    )) ?? { kind: "refused", reason: "vendor_error", detail: "it takes no orders" };
    const answeredAt = clock.now();
    if (order === "resume" && outcome.kind === "acknowledged") isOwed = false;
    await log.enter(
      "OrderAnswered",
      { number, order, answer: outcome.kind, afterMs: answeredAt - sentAt },
      outcome.kind === "acknowledged" ? "success" : "failure",
    );
    return { order, outcome, sentAt, answeredAt };
  }

  const read = async (): Promise<Observation> => {
    if (port.status === undefined) {
      return { kind: "refused", reason: "vendor_error", detail: "it cannot be asked" };
    }
    return await port.status(target, context(options.statusMsMax)).catch(failed);
  };

  const pass = async (ms: number): Promise<void> => {
    if (stop.aborted) throw new Stopped();
    const { promise, reject } = Promise.withResolvers<never>();
    const onStop = () => reject(new Stopped());
    stop.addEventListener("abort", onStop, { once: true });
    try {
      await Promise.race([promise, sleep(ms)]);
    } finally {
      stop.removeEventListener("abort", onStop);
    }
  };

  const became = (by: "read_back" | "pushed", at: EpochMs, given: Given): Became => ({
    kind: "confirmed",
    by,
    at,
    afterMs: at - given.sentAt,
  });

  async function becomes(
    status: "recording" | "paused",
    given: Given,
    wait: (ms: number) => Promise<void>,
  ): Promise<Became> {
    const until = given.sentAt + options.confirmMsMax;
    for (;;) {
      const heard = pushes.find((one) => one.status === status && one.at >= given.sentAt);
      if (port.status === undefined && heard !== undefined)
        return became("pushed", heard.at, given);
      const seen = await read();
      const at = clock.now();
      if (isNow(seen, status)) return became("read_back", at, given);
      if (at >= until) return { kind: "not", said: saidOf(seen) };
      await wait(POLL_MS);
    }
  }

  async function release(): Promise<Left> {
    let said = "";
    // A second yes would tell no more, and the call may be over.
    if (port.status === undefined && !isOwed) return { kind: "resumed" };
    for (let round = 0; round < RELEASE_COUNT_MAX; round += 1) {
      const seen = await read();
      if (isNow(seen, "recording")) return { kind: "recording" };
      const isOver = isNow(seen, "absent");
      // To start a recording where the call is over could record somebody else's.
      if (isOver && (!silenced || port.capabilities.control !== "mute")) {
        return { kind: "over", said: saidOf(seen) };
      }
      const given = await sendAnyway();
      said = `${saidOf(seen)}; a resume was answered ${answerOf(given.outcome)}`;
      if (isOver) return { kind: "over", said };
      if (port.status === undefined && given.outcome.kind === "acknowledged") {
        return { kind: "resumed" };
      }
      if ((await becomes("recording", given, sleep)).kind === "confirmed") {
        return { kind: "recording" };
      }
      await sleep(RELEASE_MS);
    }
    return { kind: "silent", said };
  }

  /** What was silenced here is let go, also where that cannot be entered any more. */
  async function sendAnyway(): Promise<Given> {
    try {
      return await send("resume");
    } catch {
      const sentAt = clock.now();
      const outcome = (await port
        .resume?.(target, context(options.commandMsMax))
        .catch(failed)) ?? {
        kind: "unreachable" as const,
      };
      return { order: "resume", outcome, sentAt, answeredAt: clock.now() };
    }
  }

  return {
    async order(order) {
      if (stop.aborted) throw new Stopped();
      return await send(order);
    },
    read,
    becomes: (status, given) => becomes(status, given, pass),
    async survey() {
      const targets = new Map([[targetKey, target]]);
      const found = await port.survey?.(targets, context(options.statusMsMax)).catch(failed);
      if (found === undefined || "kind" in found) return found;
      return found.get(targetKey) ?? { kind: "observed", status: "absent", detail: "not told of" };
    },
    async pushed(status, since) {
      const until = clock.now() + options.pushMsMax;
      for (;;) {
        const found = pushes.find((one) => one.status === status && one.at >= since);
        if (found !== undefined) return found.at;
        if (clock.now() >= until) return undefined;
        await pass(POLL_MS);
      }
    },
    async pushedAll(expected) {
      const until = clock.now() + options.pushMsMax;
      while (pushes.length < expected && clock.now() < until) await pass(POLL_MS);
    },
    pushesSince: (from) => pushes.filter(({ at }) => at >= from).map(({ status }) => status),
    pass,
    leaveAsFound: () => (isTouched ? release() : Promise.resolve({ kind: "untouched" })),
    close: () => ends?.(),
  };
}

export const isNow = (seen: Observation, status: "recording" | "paused" | "absent"): boolean =>
  seen.kind === "observed" && seen.status === status;

/** What a recorder said, in a few words. */
export function saidOf(seen: Observation): string {
  if (seen.kind === "observed") return `it says \`${seen.status}\``;
  return `asked, it ${answerOf(seen)}`;
}

export function answerOf(outcome: ControlOutcome): string {
  const more = "detail" in outcome && outcome.detail !== undefined ? `: ${outcome.detail}` : "";
  switch (outcome.kind) {
    case "acknowledged":
      return "yes";
    case "refused":
      return `refused (${outcome.reason})${more}`;
    case "unreachable":
      return `could not be reached${more}`;
    case "in_doubt":
      return `gave no answer that tells${more}`;
    default:
      return outcome satisfies never;
  }
}

/** An adapter throws for a bug of its own: a run says so and goes on. */
const failed = (error: unknown): Exclude<Observation, { kind: "observed" }> => ({
  kind: "in_doubt",
  detail: error instanceof Error ? `the adapter failed (${error.name})` : "the adapter failed",
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
