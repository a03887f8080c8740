/**
 * The rules of a call's life and of its taps: registering, moving, ending.
 *
 * @module
 */
import type { CallState, Result, TapSpec } from "./call.ts";
import { err, ok } from "./call.ts";
import type { Command, Refusal, Rules } from "./commands.ts";
import type { CallEvent } from "./events.ts";
import { fold } from "./evolve.ts";

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;
type Decided = Result<readonly CallEvent[], Refusal>;

/** An ended call's id may start anew a day later; until then it stays ended. */
export function isOver(state: CallState, at: number, rules: Rules): boolean {
  if (state.endedAt === undefined) return state.endingAt !== undefined;
  // An idle call's end may be entered long after it was due: when somebody next asks for it.
  const idleBy =
    state.idleSince === undefined ? state.endedAt : state.idleSince + rules.callIdleMsMax;
  return at < Math.min(state.endedAt, idleBy) + rules.callIdReuseMs;
}

export const isNew = (state: CallState): boolean =>
  state.registeredAt === undefined || state.endedAt !== undefined;

export function registerCall(command: Of<"RegisterCall">, state: CallState, rules: Rules): Decided {
  if (isOver(state, command.at, rules)) return err("call_ended");
  const { agentId, at, by, taps } = command;
  const events: CallEvent[] = [];
  const agent = agentId === undefined ? {} : { agentId };
  if (isNew(state)) {
    events.push({ type: "CallRegistered", ...agent, attributes: command.attributes ?? {}, by, at });
  } else {
    const attributes = command.attributes ?? state.attributes;
    const moved = agentId !== undefined && agentId !== state.agentId;
    if (moved || !sameAttributes(attributes, state.attributes)) {
      events.push({ type: "CallMoved", ...agent, attributes, by, at });
    }
  }
  if (taps === undefined) return ok(events);
  const begun = fold(events, state);
  const added = addTaps(command, begun, taps.specs, rules);
  if (!added.ok) return added;
  events.push(...added.value);
  if (taps.mode === "only") {
    const named = new Set(taps.specs.map((spec) => spec.tapId));
    for (const { tapId, recorderId, role } of Object.values(begun.taps)) {
      if (named.has(tapId) || role === "leaving") continue;
      events.push({
        type: "TapLeaving",
        tapId,
        recorderId,
        confirmDueBy: at + rules.confirmMsMax,
        by,
        at,
      });
    }
  }
  return ok(events);
}

export function addTaps(
  command: Of<"RegisterCall" | "OpenWindow">,
  state: CallState,
  specs: readonly TapSpec[],
  rules: Rules,
): Decided {
  const { at, by } = command;
  const added = specs.filter((spec) => adds(spec, state));
  // What is left behind by moves must not keep a pause from what it names.
  const counted = Object.values(state.taps).filter(
    (tap) => tap.role === "active" || command.type === "RegisterCall",
  );
  const known = new Set([...counted, ...added].map((tap) => tap.tapId));
  if (known.size > rules.tapCountMax) return err("target_limit_reached");
  return ok(
    added.map((tap) => ({
      type: "TapAdded",
      tap,
      confirmDueBy: at + rules.confirmMsMax,
      baselineBy: at + rules.baselineMs,
      by,
      at,
    })),
  );
}

/** New here, come back, settled otherwise by policy, or carrying another conversation now. */
function adds(spec: TapSpec, state: CallState): boolean {
  const known = state.taps[spec.tapId];
  if (known === undefined || known.role === "leaving" || known.elsewhere === true) return true;
  return (
    known.control !== spec.control ||
    known.required !== spec.required ||
    known.absentIs !== spec.absentIs ||
    known.acceptAcknowledged !== spec.acceptAcknowledged
  );
}

export function endCall({ at, by }: Of<"EndCall">, state: CallState, rules: Rules): Decided {
  if (state.version === 0) return err("call_unknown");
  if (state.endingAt !== undefined) return ok([]);
  const confirmDueBy = at + rules.confirmMsMax;
  return ok([
    { type: "CallEnding", reason: "asked", endBy: at + rules.endMsMax, confirmDueBy, by, at },
  ]);
}

function sameAttributes(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
