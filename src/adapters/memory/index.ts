/**
 * The reference recorder: it lives in memory, keeps every promise of the contract, and fails only as
 * its script says. For tests and simulations; no served configuration can name it.
 *
 * @module
 */
import { z } from "zod";
import type { EpochMs, RecorderStatus, Target } from "../../control/call.ts";
import type {
  ControlOutcome,
  Observation,
  PushListener,
  RecorderCapabilities,
  RecorderContext,
} from "../../control/ports.ts";
import type { AnyRecorder, NoAnswer, RecorderVendor, RecordingEvidence } from "../recorder.ts";
import { Tape } from "./tape.ts";
import type { TapeLine } from "./tape.ts";

/** One attempt that goes otherwise. Attempts of one operation are used up in order. */
export interface Attempt {
  readonly on: "pause" | "resume" | "status" | "survey";
  /** What the caller is told. `hangs`: nothing, until its deadline makes it in doubt. */
  readonly outcome: ControlOutcome | Extract<Observation, { kind: "observed" }> | "hangs";
  /** Whether a command takes effect. */
  readonly applied: boolean;
  /** It takes effect only then, however long ago the caller gave up. */
  readonly after?: Promise<unknown>;
  /** How many attempts go this way; for good where `Infinity`. */
  readonly times?: number;
}

export interface MemoryOptions {
  readonly control?: "pause" | "mute" | "stop";
  readonly audio?: RecorderCapabilities["audio"];
  /** False: it can only say yes. */
  readonly status?: boolean;
  readonly survey?: boolean;
  readonly watch?: boolean;
  /** It testifies: nothing, until `tell` says otherwise. */
  readonly evidence?: boolean;
  /** A target never begun counts as one being recorded. */
  readonly recordsEverything?: boolean;
  /** What every operation waits for before it is heard, such as a virtual network's delay. */
  readonly travel?: (operation: Attempt["on"]) => Promise<void>;
}

/** A command or question as it was heard. */
interface MemoryRequest {
  readonly on: Attempt["on"];
  readonly at: EpochMs;
  readonly targetKey?: string;
  readonly windowId?: string;
}

/** `hangs`: nothing, until its deadline. */
export type Testimony = readonly RecordingEvidence[] | NoAnswer | "hangs";

export interface MemoryRecorder {
  readonly recorder: AnyRecorder;
  /** What was truly recorded, in order. */
  readonly journal: readonly TapeLine[];
  readonly requests: readonly MemoryRequest[];
  /** Adds attempts behind those already scripted. */
  script(...attempts: readonly Attempt[]): void;
  clearScript(): void;
  begin(reference: string): void;
  end(reference: string): void;
  byHand(reference: string, status: "recording" | "paused"): void;
  heard(reference: string): Exclude<RecorderStatus, "unknown">;
  /** What it answers from now on, when asked what it recorded of this conversation. */
  tell(reference: string, testimony: Testimony): void;
  /** How often it was asked that. */
  askedCount(reference: string): number;
  /** The push connection breaks and comes back: what happened between is not told. */
  reconnect(): void;
}

type MemoryTarget = { readonly reference: string };
const targetSchema: z.ZodType<MemoryTarget> = z.strictObject({
  reference: z.string().regex(/^\S{1,128}$/, "a reference without spaces, at most 128 characters"),
});
const keyOf = (target: Target): string => (target as MemoryTarget).reference.toLowerCase();

export function memoryRecorder(id: string, options: MemoryOptions = {}): MemoryRecorder {
  const capabilities = capabilitiesOf(options);
  const tape = new Tape(options.recordsEverything ?? false);
  const requests: MemoryRequest[] = [];
  const testimony = new Map<string, Testimony>();
  const askedCounts = new Map<string, number>();
  let scripted: { readonly attempt: Attempt; left: number }[] = [];

  const nextAttempt = (on: Attempt["on"]): Attempt | undefined => {
    const found = scripted.find(({ attempt }) => attempt.on === on);
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) scripted = scripted.filter((one) => one !== found);
    return found.attempt;
  };

  /** Runs one operation as scripted; `act` is what takes effect, `answer` what is said without a script. */
  const attempted = async <T>(
    on: Attempt["on"],
    ctx: RecorderContext,
    about: Omit<MemoryRequest, "on" | "at">,
    act: () => void,
    answer: () => T,
  ): Promise<T | Attempt["outcome"] | NotHeard> => {
    await options.travel?.(on);
    if (ctx.signal.aborted) return { kind: "unreachable", detail: "given up on the way" };
    const attempt = nextAttempt(on);
    if (attempt === undefined) {
      requests.push({ on, at: ctx.now(), ...about });
      act();
      return answer();
    }
    const { outcome, applied, after } = attempt;
    const heard = outcome === "hangs" || outcome.kind !== "unreachable";
    if (heard) requests.push({ on, at: ctx.now(), ...about });
    if (applied && after === undefined) act();
    if (applied && after !== undefined) void after.then(act);
    if (outcome !== "hangs") return outcome;
    await aborted(ctx.signal);
    return { kind: "in_doubt", detail: "no answer before the deadline" };
  };

  const command = async (
    on: "pause" | "resume",
    target: Target,
    ctx: RecorderContext,
  ): Promise<ControlOutcome> => {
    const targetKey = keyOf(target);
    const about = {
      targetKey,
      ...(ctx.windowId === undefined ? {} : { windowId: ctx.windowId }),
    };
    const wanted = on === "pause" ? "paused" : "recording";
    const act = (): void => tape.become(targetKey, wanted, "command");
    const answer = () => (tape.status(targetKey) === "absent" ? notFound : yes);
    const outcome = await attempted(on, ctx, about, act, answer);
    if (outcome === "hangs" || outcome.kind === "observed") {
      throw new Error("a command cannot be scripted to observe");
    }
    return outcome;
  };

  const observe = (targetKey: string): Observation => {
    const session = tape.session(targetKey);
    const status = tape.status(targetKey);
    return { kind: "observed", status, ...(session === undefined ? {} : { session }) };
  };
  const ask = async (target: Target, ctx: RecorderContext): Promise<Observation> => {
    const targetKey = keyOf(target);
    const read = (): Observation => observe(targetKey);
    return asObservation(await attempted("status", ctx, { targetKey }, nothing, read));
  };

  const recorder: AnyRecorder = {
    id,
    vendor: "memory",
    capabilities,
    targetSchema,
    targetKey: keyOf,
    preflight: () => Promise.resolve([{ name: "memory", ok: true, detail: "it lives here" }]),
    pause: (target, ctx) => command("pause", target, ctx),
    resume: (target, ctx) => command("resume", target, ctx),
    ...(capabilities.status && { status: ask }),
    ...(capabilities.survey && {
      survey: async (targets: ReadonlyMap<string, Target>, ctx: RecorderContext) => {
        const read = () => new Map([...targets.keys()].map((key) => [key, observe(key)]));
        const told = await attempted("survey", ctx, {}, nothing, read);
        if (told instanceof Map) return told;
        const observation = asObservation(told);
        if (observation.kind === "observed") throw new Error("a survey observes many targets");
        return observation;
      },
    }),
    ...(capabilities.evidence && {
      evidence: async (target: Target, _span: object, ctx: RecorderContext) => {
        const key = keyOf(target);
        askedCounts.set(key, (askedCounts.get(key) ?? 0) + 1);
        const told = testimony.get(key) ?? [];
        if (told !== "hangs") return told;
        await aborted(ctx.signal);
        return { kind: "in_doubt" as const, detail: "no answer before the deadline" };
      },
    }),
    ...(capabilities.watch && {
      watch: (on: PushListener) => tape.watch(on),
    }),
  };

  return {
    recorder,
    journal: tape.lines,
    requests,
    script(...attempts) {
      scripted.push(...attempts.map((attempt) => ({ attempt, left: attempt.times ?? 1 })));
    },
    clearScript() {
      scripted = [];
    },
    begin: (reference) => tape.begin(reference.toLowerCase()),
    end: (reference) => tape.end(reference.toLowerCase()),
    byHand: (reference, status) => tape.become(reference.toLowerCase(), status, "person"),
    heard: (reference) => tape.status(reference.toLowerCase()),
    tell: (reference, told) => void testimony.set(reference.toLowerCase(), told),
    askedCount: (reference) => askedCounts.get(reference.toLowerCase()) ?? 0,
    reconnect: () => tape.reconnect(),
  };
}

/** For the sandbox's own tests: every target is being recorded until somebody silences it. */
export const memoryVendor: RecorderVendor<Record<string, never>> = {
  vendor: "memory",
  settings: z.strictObject({}),
  variants: [
    {
      name: "memory",
      capabilities: capabilitiesOf({}),
      confirmedBy: "read_back",
      hasFile: false,
      triedAgainst: "itself",
      note: "tests",
    },
  ],
  origins: () => [],
  create: (id) => memoryRecorder(id, { recordsEverything: true }).recorder,
};

type NotHeard = Extract<ControlOutcome, { kind: "unreachable" | "in_doubt" }>;
const yes: ControlOutcome = { kind: "acknowledged" };
const notFound: ControlOutcome = {
  kind: "refused",
  reason: "target_not_found",
  detail: "nothing is recorded there",
};
const nothing = (): void => {};

function capabilitiesOf(options: MemoryOptions): RecorderCapabilities {
  return {
    control: options.control ?? "pause",
    audio: options.audio ?? "gap",
    status: options.status ?? true,
    survey: options.survey ?? true,
    watch: options.watch ?? false,
    evidence: options.evidence ?? false,
    runtimes: ["node", "workerd"],
  };
}

function asObservation(told: Observation | Attempt["outcome"]): Observation {
  if (told === "hangs" || told.kind === "acknowledged") {
    throw new Error("a question cannot be scripted to acknowledge");
  }
  return told;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
