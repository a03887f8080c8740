/**
 * A simulated recorder with commands in flight: requests take time to arrive, replies take time to
 * return, and each may be lost, late, ignored or refused. Its own tape is the judge.
 */
import type { RecorderStatus, Target } from "../../src/control/call.ts";
import type {
  ControlOutcome,
  Observation,
  RecorderCapabilities,
  RecorderContext,
  RecorderPort,
} from "../../src/control/ports.ts";
import type { VirtualClock } from "./clock.ts";
import type { Order, Recording, Truth } from "./tape.ts";
import { aborted, newTape } from "./tape.ts";

export type Fault =
  | "none"
  | "request_lost"
  | "reply_lost"
  | "refused"
  /** It is done, and the reply says nothing that can be read. */
  | "unreadable"
  | "not_sent"
  | "ignored"
  | "slow"
  | "hung_then_lands"
  /** No answer; it lands some time after it was given up, or after its sender ended. */
  | "lands_late"
  /** The connection breaks at once, and the request lands all the same. */
  | "broken_then_lands";

/** What was given up lands no later than this after. */
export const LANDS_MS_MAX = 1_900;

export interface SimRecorder extends RecorderPort, Recording {
  readonly id: string;
  readonly truth: Map<string, Truth>;
  readonly commands: { at: number; target: string; kind: Order }[];
  /** What a request that does not arrive is told to wait. */
  retryAfterMs: number | undefined;
  surveys: number;
  reads: number;
  /** Delivers a pushed change to whoever watches. */
  push(targetKey: string, status: RecorderStatus): void;
  reconnect(): void;
  /** What the next request meets; `none` once it is empty. */
  faults: (kind: "pause" | "resume" | "status", target: string) => Fault;
}

type Watcher = Parameters<NonNullable<RecorderPort["watch"]>>[0];

export interface SimOptions {
  readonly capabilities?: Partial<RecorderCapabilities>;
  readonly delayMs?: (clock: VirtualClock) => number;
  readonly survey?: boolean;
}

const CAPABILITIES: RecorderCapabilities = {
  control: "pause",
  audio: "gap",
  status: true,
  survey: false,
  watch: false,
  evidence: false,
  runtimes: ["node", "workerd"],
};

export function simRecorder(
  id: string,
  clock: VirtualClock,
  options: SimOptions = {},
): SimRecorder {
  const tape = newTape(clock);
  const { truth } = tape;
  const commands: SimRecorder["commands"] = [];
  const capabilities = { ...CAPABILITIES, ...options.capabilities };
  const delay = () => options.delayMs?.(clock) ?? 5;
  const troubles = new Map<string, number>();
  const flying = new Map<string, number>();
  const watching = new Set<Watcher>();
  // `x1` is another name of `1`.
  const refOf = (name: string) => name.replace(/^x/, "");
  const nameOf = ({ ref }: Target) => (typeof ref === "string" ? refOf(ref) : "");

  const apply = (kind: Order, name: string) => tape.command(kind, name);
  const landsLater = (kind: Order, name: string) => {
    flying.set(name, (flying.get(name) ?? 0) + 1);
    clock.after(Math.floor(clock.random() * LANDS_MS_MAX), () => {
      apply(kind, name);
      flying.set(name, (flying.get(name) ?? 1) - 1);
    });
  };

  async function command(
    kind: Order,
    target: Target,
    ctx: RecorderContext,
  ): Promise<ControlOutcome> {
    const name = nameOf(target);
    flying.set(name, (flying.get(name) ?? 0) + 1);
    sim.sent(kind, name);
    if (kind === "resume") sim.letsGo(name);
    const outcome = await perform(kind, name, ctx);
    flying.set(name, (flying.get(name) ?? 1) - 1);
    return outcome;
  }

  async function perform(kind: Order, name: string, ctx: RecorderContext): Promise<ControlOutcome> {
    commands.push({ at: clock.now(), target: name, kind });
    const fault = sim.down ? "not_sent" : sim.faults(kind, name);
    if (fault !== "none") troubles.set(name, clock.now());
    await clock.sleep(delay());
    switch (fault) {
      case "not_sent": {
        const { retryAfterMs } = sim;
        return { kind: "unreachable", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      }
      case "request_lost":
        return { kind: "in_doubt" };
      case "refused":
        return { kind: "refused", reason: "vendor_error", detail: "simulated" };
      case "unreadable":
        apply(kind, name);
        return { kind: "refused", reason: "bad_reply", detail: "simulated" };
      case "ignored":
        return { kind: "acknowledged" };
      case "reply_lost":
        apply(kind, name);
        return { kind: "in_doubt" };
      case "slow":
        await clock.sleep(700);
        break;
      case "hung_then_lands":
        // Given up by its caller, and applied all the same some time later.
        flying.set(name, (flying.get(name) ?? 0) + 1);
        clock.after(1_500, () => {
          apply(kind, name);
          flying.set(name, (flying.get(name) ?? 1) - 1);
        });
        await aborted(ctx.signal);
        return { kind: "in_doubt" };
      case "lands_late":
        await aborted(ctx.signal);
        landsLater(kind, name);
        return { kind: "in_doubt" };
      case "broken_then_lands":
        landsLater(kind, name);
        return { kind: "in_doubt" };
      case "none":
        break;
    }
    apply(kind, name);
    await clock.sleep(delay());
    return { kind: "acknowledged" };
  }

  async function status(target: Target, ctx: RecorderContext): Promise<Observation> {
    const name = nameOf(target);
    const fault = sim.down ? "not_sent" : sim.faults("status", name);
    if (fault !== "none") troubles.set(name, clock.now());
    sim.reads += 1;
    await clock.sleep(delay());
    if (fault === "not_sent") return { kind: "unreachable" };
    if (fault === "hung_then_lands" || fault === "lands_late" || fault === "request_lost") {
      await aborted(ctx.signal);
      return { kind: "in_doubt" };
    }
    const known = truth.get(name);
    const seen: Observation =
      known === undefined || known.status === "absent"
        ? { kind: "observed", status: "absent" }
        : { kind: "observed", status: known.status, session: known.session, resource: name };
    await clock.sleep(fault === "slow" ? 700 : delay());
    return seen;
  }

  const sim: SimRecorder = {
    id,
    capabilities,
    truth,
    journal: tape.journal,
    since: tape.since,
    commands,
    sent: () => {},
    letsGo: () => {},
    refOf,
    retryAfterMs: undefined,
    troubledAt: (ref) => troubles.get(ref) ?? 0,
    inFlight: (target) => (flying.get(target) ?? 0) > 0,
    surveys: 0,
    reads: 0,
    push: (targetKey, to) => watching.forEach((one) => one.change({ targetKey, status: to })),
    reconnect: () => watching.forEach((one) => one.reconnected()),
    faults: () => "none",
    down: false,
    byHand: (target, to) => tape.set(target, to, "person"),
    begin: tape.begin,
    end: (target) => tape.set(target, "absent", "call"),
    pause: (target, ctx) => command("pause", target, ctx),
    resume: (target, ctx) => command("resume", target, ctx),
    ...(capabilities.status ? { status } : {}),
    ...(options.survey === true
      ? {
          survey: async (targets: ReadonlyMap<string, Target>, ctx: RecorderContext) => {
            sim.surveys += 1;
            const told = new Map<string, Observation>();
            for (const [key, target] of targets) told.set(key, await status(target, ctx));
            return told;
          },
        }
      : {}),
    ...(capabilities.watch
      ? {
          watch: (on: Watcher) => {
            watching.add(on);
            return () => void watching.delete(on);
          },
        }
      : {}),
  };
  return sim;
}
