/**
 * A simulated recorder with commands in flight: requests take time to arrive, replies take time to
 * return, and each may be lost, late, ignored or refused. Its own `truth` is the judge.
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

export type Fault =
  | "none"
  | "request_lost"
  | "reply_lost"
  | "refused"
  | "not_sent"
  | "ignored"
  | "slow"
  | "hung_then_lands";

export interface Truth {
  status: "recording" | "paused" | "absent";
  session: string;
}

export interface SimRecorder extends RecorderPort {
  readonly truth: Map<string, Truth>;
  /** Every change of the truth, in order. */
  readonly journal: { at: number; target: string; status: Truth["status"]; cause: string }[];
  readonly commands: { at: number; target: string; kind: "pause" | "resume" }[];
  /** Hears of every command as it is sent. */
  sent: (kind: "pause" | "resume", target: string) => void;
  /** What a request that does not arrive is told to wait. */
  retryAfterMs: number | undefined;
  /** When a read last met a fault. */
  readTroubleAt: number;
  /** Commands not yet applied, lost or refused. */
  inFlight(target: string): boolean;
  surveys: number;
  reads: number;
  /** Delivers a pushed change to whoever watches. */
  push(targetKey: string, status: RecorderStatus): void;
  reconnect(): void;
  /** What the next request meets; `none` once it is empty. */
  faults: (kind: "pause" | "resume" | "status", target: string) => Fault;
  down: boolean;
  byHand(target: string, status: Truth["status"]): void;
  begin(target: string, session?: string): void;
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
  const truth = new Map<string, Truth>();
  const journal: SimRecorder["journal"] = [];
  const commands: SimRecorder["commands"] = [];
  const capabilities = { ...CAPABILITIES, ...options.capabilities };
  const delay = () => options.delayMs?.(clock) ?? 5;
  const flying = new Map<string, number>();
  const watching = new Set<Watcher>();
  // `x1` is another name of `1`.
  const nameOf = ({ ref }: Target) => (typeof ref === "string" ? ref.replace(/^x/, "") : "");

  function set(target: string, status: Truth["status"], cause: string): void {
    const known = truth.get(target);
    if (known === undefined || known.status === status) return;
    known.status = status;
    journal.push({ at: clock.now(), target, status, cause });
  }
  function apply(kind: "pause" | "resume", target: string): void {
    const known = truth.get(target);
    if (known === undefined || known.status === "absent") return;
    set(target, kind === "pause" ? "paused" : "recording", "command");
  }
  const aborted = (signal: AbortSignal) =>
    new Promise<void>((done) => {
      if (signal.aborted) done();
      else signal.addEventListener("abort", () => done(), { once: true });
    });

  async function command(
    kind: "pause" | "resume",
    target: Target,
    ctx: RecorderContext,
  ): Promise<ControlOutcome> {
    const name = nameOf(target);
    flying.set(name, (flying.get(name) ?? 0) + 1);
    sim.sent(kind, name);
    const outcome = await perform(kind, name, ctx);
    flying.set(name, (flying.get(name) ?? 1) - 1);
    return outcome;
  }

  async function perform(
    kind: "pause" | "resume",
    name: string,
    ctx: RecorderContext,
  ): Promise<ControlOutcome> {
    commands.push({ at: clock.now(), target: name, kind });
    const fault = sim.down ? "not_sent" : sim.faults(kind, name);
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
    if (fault !== "none") sim.readTroubleAt = clock.now();
    sim.reads += 1;
    await clock.sleep(delay());
    if (fault === "not_sent") return { kind: "unreachable" };
    if (fault === "hung_then_lands" || fault === "request_lost") {
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
    journal,
    commands,
    sent: () => {},
    retryAfterMs: undefined,
    readTroubleAt: 0,
    inFlight: (target) => (flying.get(target) ?? 0) > 0,
    surveys: 0,
    reads: 0,
    push: (targetKey, to) => watching.forEach((one) => one.change({ targetKey, status: to })),
    reconnect: () => watching.forEach((one) => one.reconnected()),
    faults: () => "none",
    down: false,
    byHand: (target, to) => set(target, to, "person"),
    begin(target, session = `s-${target}`) {
      truth.set(target, { status: "recording", session });
      journal.push({ at: clock.now(), target, status: "recording", cause: "call" });
    },
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
