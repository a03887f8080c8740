/** Given events, when a command, then events: the vocabulary of the specification tests. */
import type { Actor, CallState, TapSpec } from "../../src/control/call.ts";
import { newCall } from "../../src/control/call.ts";
import type { Command, Rules } from "../../src/control/commands.ts";
import { DEFAULT_RULES } from "../../src/control/commands.ts";
import { decide } from "../../src/control/decide.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { fold } from "../../src/control/evolve.ts";
import { PAGE, tap } from "../simulation/world.ts";

type Own<T> = T extends unknown ? Omit<T, "at"> : never;
type Report = Extract<Command, { type: "ReportRecorder" }>;

/** One call told as a list of moments: what was asked or reported, and when. */
export class Told {
  state: CallState = newCall;
  readonly events: CallEvent[] = [];
  readonly rules: Rules;
  constructor(rules: Partial<Rules> = {}) {
    this.rules = { ...DEFAULT_RULES, ...rules };
  }

  /** Decides and evolves; answers the types of the events, or the refusal. */
  when(at: number, command: Own<Command>): readonly string[] | string {
    const decided = decide({ ...command, at }, this.state, this.rules);
    if (!decided.ok) return decided.error;
    this.state = fold(decided.value, this.state);
    this.events.push(...decided.value);
    return decided.value.map((event) => event.type);
  }

  pass(at: number, fresh: Record<string, number> = {}) {
    return this.when(at, { type: "PassTime", fresh });
  }

  open(
    at: number,
    windowId: string,
    more: { by?: Actor; leaseMs?: number; taps?: TapSpec[] } = {},
  ) {
    const { by = PAGE, leaseMs = 60_000, taps = [] } = more;
    return this.when(at, { type: "OpenWindow", by, windowId, leaseMs, taps });
  }

  close(at: number, windowId: string, by: Actor = PAGE) {
    return this.when(at, { type: "CloseWindow", by, windowId });
  }

  renew(at: number, windowId: string, leaseMs: number, by: Actor = PAGE) {
    return this.when(at, { type: "RenewWindow", by, windowId, leaseMs });
  }

  register(at: number, specs: TapSpec[], more: { agentId?: string; mode?: "only" | "add" } = {}) {
    const { mode = "only", agentId } = more;
    const agent = agentId === undefined ? {} : { agentId };
    return this.when(at, { type: "RegisterCall", by: PAGE, taps: { mode, specs }, ...agent });
  }

  end(at: number) {
    return this.when(at, { type: "EndCall", by: PAGE });
  }

  baseline(at: number, tapId: string, status: Report["status"] = "recording", session?: string) {
    const carried = session === undefined ? {} : { session };
    return this.when(at, { type: "ReportBaseline", tapId, status, askedAt: at, ...carried });
  }

  /** A read-back asked at `at` in the call's present turn and goal, unless said otherwise. */
  says(at: number, tapId: string, status: Report["status"], more: Partial<Report> = {}) {
    const open = Object.values(this.state.windows).some((window) => window.state !== "closed");
    return this.when(at, {
      type: "ReportRecorder",
      tapId,
      status,
      turn: this.state.turn,
      goal: open ? "paused" : "recording",
      askedAt: at,
      confirmedBy: "read_back",
      attempts: 1,
      ...more,
    });
  }

  /** Registered with these taps, each heard recording. */
  registered(...specs: TapSpec[]): this {
    this.register(0, specs);
    for (const { tapId, control } of specs) if (control !== "none") this.baseline(10, tapId);
    return this;
  }

  /** A window `w1` open since 100 and every tap confirmed at 120. */
  secured(...specs: TapSpec[]): this {
    this.registered(...specs).open(100, "w1");
    for (const { tapId, control } of specs) if (control !== "none") this.says(120, tapId, "paused");
    return this;
  }
}

export const A = tap("a", "1");
export const B = tap("b", "1");
export { IVR, PAGE, SUPERVISOR, tap } from "../simulation/world.ts";
