/**
 * From what the core refuses, or cannot do, to the problem that is told.
 *
 * @module
 */
import type { Refusal } from "../control/commands.ts";
import type { Executed } from "../control/calls.ts";
import { refuse, type Problem } from "./problem.ts";

/** Seconds; short, because what holds a pause up is usually over soon. */
const RETRY_AFTER_S = "1";
export const retryAfter = { "retry-after": RETRY_AFTER_S };

const DETAILS: Readonly<Record<Refusal, string>> = {
  call_unknown: "No call of this id is registered.",
  call_ended: "This call has ended.",
  window_unknown: "No window of this id was opened.",
  window_closed: "This window was closed, or its id was closed before it was opened.",
  window_owned_by_another: "This window was opened by another principal.",
  window_limit_reached: "The call has as many windows as policy allows.",
  target_limit_reached: "The call has as many targets as policy allows.",
};

/** An answer about collecting says in every case that it is not safe. */
const UNSAFE = { safeToCollect: false };

export const refusalProblem = (
  refusal: Refusal,
  members: Readonly<Record<string, unknown>> = UNSAFE,
): Problem => ({ code: refusal, detail: DETAILS[refusal], members });

/** What is told where a command was not done. */
export function notDone(
  executed: Exclude<Executed, { kind: "done" }>,
  members: Readonly<Record<string, unknown>> = UNSAFE,
): Problem {
  if (executed.kind === "refused") return refusalProblem(executed.refusal, members);
  return failureProblem(executed.kind, members);
}

const FAILURES = {
  log_failed: ["log_unavailable", "The control log did not take this fact, or cannot be read."],
  stopping: ["stopping", "tacet is stopping and starts nothing new."],
  overloaded: ["overloaded", "As many calls are kept as the configuration allows."],
} as const;

export function failureProblem(
  kind: keyof typeof FAILURES,
  members: Readonly<Record<string, unknown>> = UNSAFE,
): Problem {
  const [code, detail] = FAILURES[kind];
  return refuse(code, detail, { members, headers: retryAfter });
}
