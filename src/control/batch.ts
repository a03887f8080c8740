/**
 * Commands that came together are decided one after another and share one append.
 *
 * @module
 */
import type { CallState, EpochMs } from "./call.ts";
import type { CallView, Executed } from "./calls.ts";
import type { Command, Rules } from "./commands.ts";
import { decide } from "./decide.ts";
import type { CallEvent } from "./events.ts";
import { fold } from "./evolve.ts";
import type { Freshness } from "./freshness.ts";

export type Own<T> = T extends unknown ? Omit<T, "at"> : never;
export type ReportRecorder = Extract<Command, { type: "ReportRecorder" }>;
/** What is fresh is the session's to say when its turn comes. */
export type SessionCommand =
  | Own<Exclude<Command, { type: "PassTime" }>>
  | { readonly type: "PassTime" };

export interface Asked {
  readonly command: SessionCommand;
  /** When it came. */
  readonly at?: EpochMs | undefined;
  readonly answer?: (executed: Executed) => void;
}

type Outcome =
  | { readonly kind: "done"; readonly events: readonly CallEvent[] }
  | {
      readonly kind: "refused";
      readonly refusal: Extract<Executed, { kind: "refused" }>["refusal"];
    }
  | { readonly kind: "log_failed" };

export interface Answer {
  readonly to: (executed: Executed) => void;
  readonly outcome: Outcome;
}

export function answer(answers: readonly Answer[], view: CallView): void {
  for (const { to, outcome } of answers) to({ ...outcome, view });
}

/** What would have been done is not, for it is not durable; a refusal stays one. */
export const withoutLog = ({ to, outcome }: Answer): Answer => ({
  to,
  outcome: outcome.kind === "refused" ? outcome : { kind: "log_failed" },
});

export interface Decided {
  readonly answers: readonly Answer[];
  readonly events: readonly CallEvent[];
  readonly state: CallState;
}

export interface Deciding {
  readonly at: EpochMs;
  readonly fresh: Freshness;
  readonly rules: (state: CallState) => Rules;
}

/**
 * Each command is decided as of when it came, on what the ones before it would make of the call by
 * then. So what went out for it while an append hung is what is entered once the append is done.
 */
export function decideBatch(batch: readonly Asked[], from: CallState, how: Deciding): Decided {
  const { fresh, rules } = how;
  let state = from;
  const events: CallEvent[] = [];
  const answers: Answer[] = [];
  const upTo = (at: EpochMs | undefined): Asked => ({ command: { type: "PassTime" }, at });
  const timely = batch.flatMap((asked) => [upTo(asked.at), asked]);
  for (const asked of [...timely, upTo(how.at)]) {
    const { command, answer: to } = asked;
    const at = Math.max(asked.at ?? how.at, state.at);
    const timed: Command =
      command.type === "PassTime" ? { ...command, fresh: fresh.known, at } : { ...command, at };
    const decided = decide(timed, state, rules(state));
    if (decided.ok) {
      state = fold(decided.value, state);
      events.push(...decided.value);
      if (command.type === "ReportRecorder") fresh.remember(command, state);
    }
    if (to === undefined) continue;
    const outcome = decided.ok
      ? ({ kind: "done", events: decided.value } as const)
      : ({ kind: "refused", refusal: decided.error } as const);
    answers.push({ to, outcome });
  }
  return { answers, events, state };
}

/** Silence and what recorders show is kept while the log fails; everything else is to be asked again. */
export function outlivesOutage(command: SessionCommand): boolean {
  switch (command.type) {
    case "OpenWindow":
    case "PassTime":
    case "Wake":
    case "ReportBaseline":
    case "ReportRecorder":
    case "ReportFailure":
      return true;
    case "RegisterCall":
    case "RenewWindow":
    case "CloseWindow":
    case "EndCall":
    case "LetGoTap":
      return false;
  }
}
