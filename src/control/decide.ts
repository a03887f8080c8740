/**
 * The rules of the call: which events follow from a command. Pure, total and synchronous.
 *
 * @module
 */
import type { CallState, Result, TapSpec, Window } from "./call.ts";
import { err, ok } from "./call.ts";
import type { Command, Refusal, Rules } from "./commands.ts";
import { goalOf, isReleased, isSilent, ownsWindow } from "./conclude.ts";
import { ages, pass } from "./deadlines.ts";
import type { CallEvent } from "./events.ts";
import { fold } from "./evolve.ts";

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;
type Decided = Result<readonly CallEvent[], Refusal>;

export function decide(command: Command, state: CallState, rules: Rules): Decided {
  const decided = rule(command, state, rules);
  return decided.ok ? ok(finish(decided.value, state, command.at)) : decided;
}

function rule(command: Command, state: CallState, rules: Rules): Decided {
  switch (command.type) {
    case "RegisterCall":
      return registerCall(command, state, rules);
    case "OpenWindow":
      return openWindow(command, state, rules);
    case "RenewWindow":
      return renewWindow(command, state, rules);
    case "CloseWindow":
      return closeWindow(command, state, rules);
    case "EndCall":
      return endCall(command, state, rules);
    case "PassTime":
      return ok(pass(command.at, state, rules, command.fresh));
    case "Wake":
      return ok(wake(command.at, state));
    case "ReportBaseline":
      return ok(reportBaseline(command, state));
    case "ReportRecorder":
      return ok(reportRecorder(command, state, rules));
    case "ReportFailure":
      return ok(reportFailure(command, state));
    case "HandOverTap":
      return ok(handOver(command, state));
  }
}

/** A call that is ending has ended once nothing of it is left to undo. */
function finish(events: readonly CallEvent[], state: CallState, at: number): readonly CallEvent[] {
  const after = fold(events, state);
  if (after.endingAt === undefined || after.endedAt !== undefined) return events;
  if (Object.values(after.taps).some((tap) => tap.touched)) return events;
  return [...events, { type: "CallEnded", outstanding: [], at }];
}

/** An ended call's id may start anew a day later; until then it stays ended. */
function isOver(state: CallState, at: number, rules: Rules): boolean {
  if (state.endedAt !== undefined) return at < state.endedAt + rules.callIdReuseMs;
  return state.endingAt !== undefined;
}

const isNew = (state: CallState): boolean =>
  state.registeredAt === undefined || state.endedAt !== undefined;

function registerCall(command: Of<"RegisterCall">, state: CallState, rules: Rules): Decided {
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

function addTaps(
  command: Of<"RegisterCall" | "OpenWindow">,
  state: CallState,
  specs: readonly TapSpec[],
  rules: Rules,
): Decided {
  const { at, by } = command;
  const added = specs.filter((spec) => adds(spec, state));
  const known = new Set([...Object.keys(state.taps), ...added.map((spec) => spec.tapId)]);
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

function openWindow(command: Of<"OpenWindow">, state: CallState, rules: Rules): Decided {
  const { at, by, windowId } = command;
  if (isOver(state, at, rules)) return err("call_ended");
  const known = isNew(state) ? undefined : state.windows[windowId];
  if (known !== undefined) {
    if (known.state !== "open") return err("window_closed");
    if (!ownsWindow(known, by)) return err("window_owned_by_another");
    // The window id is the caller's idempotency key: asking again adds what is new and no more.
    return addTaps(command, state, command.taps, rules);
  }
  const windows = isNew(state) ? [] : Object.values(state.windows);
  const openCount = windows.filter((window) => window.state === "open").length;
  if (openCount >= rules.windowCountMax) return err("window_limit_reached");
  if (windows.length >= rules.windowIdCountMax) return err("window_limit_reached");

  const events: CallEvent[] = [];
  if (isNew(state)) {
    const agent = command.agentId === undefined ? {} : { agentId: command.agentId };
    events.push({ type: "CallRegistered", ...agent, attributes: command.attributes ?? {}, by, at });
  }
  const added = addTaps(command, fold(events, state), command.taps, rules);
  if (!added.ok) return added;
  const leaseMs = Math.min(command.leaseMs, rules.leaseMsMax, rules.windowMsMax);
  events.push(...added.value, {
    type: "WindowOpened",
    windowId,
    owner: by.owner,
    ...(by.kind === "agent" && by.agentId !== undefined ? { agentId: by.agentId } : {}),
    ...(command.reason === undefined ? {} : { reason: command.reason }),
    expiresAt: at + leaseMs,
    expiresAtMax: at + rules.windowMsMax,
    confirmDueBy: at + rules.confirmMsMax,
    baselineAfter: at - rules.baselineAgeMsMax,
    baselineBy: at + rules.baselineMs,
    by,
    at,
  });
  return ok(events);
}

function ownWindow(
  command: Of<"RenewWindow" | "CloseWindow">,
  state: CallState,
): Result<Window | undefined, Refusal> {
  if (state.version === 0) return err("call_unknown");
  const window = state.windows[command.windowId];
  if (window === undefined) return ok(undefined);
  const mayClose = command.type === "CloseWindow" && command.by.kind === "supervisor";
  return mayClose || ownsWindow(window, command.by) ? ok(window) : err("window_owned_by_another");
}

function renewWindow(command: Of<"RenewWindow">, state: CallState, rules: Rules): Decided {
  const { at, by, leaseMs, windowId } = command;
  const window = ownWindow(command, state);
  if (!window.ok) return window;
  if (window.value === undefined) return err("window_unknown");
  if (window.value.state !== "open") return err("window_closed");
  const wanted = at + Math.min(leaseMs, rules.leaseMsMax);
  const expiresAt = Math.min(wanted, window.value.expiresAtMax);
  // A renewal never shortens a lease.
  return ok(
    expiresAt <= window.value.expiresAt
      ? []
      : [{ type: "WindowRenewed", windowId, expiresAt, by, at }],
  );
}

function closeWindow(command: Of<"CloseWindow">, state: CallState, rules: Rules): Decided {
  const { at, by, windowId } = command;
  const window = ownWindow(command, state);
  if (!window.ok) return window;
  if (window.value?.state === "closed" || isNew(state)) return ok([]);
  if (window.value !== undefined) {
    return ok([{ type: "WindowClosed", windowId, confirmDueBy: at + rules.confirmMsMax, by, at }]);
  }
  if (Object.keys(state.windows).length >= rules.windowIdCountMax)
    return err("window_limit_reached");
  return ok([{ type: "WindowForestalled", windowId, by, at }]);
}

function endCall({ at, by }: Of<"EndCall">, state: CallState, rules: Rules): Decided {
  if (state.version === 0) return err("call_unknown");
  if (state.endingAt !== undefined) return ok([]);
  const confirmDueBy = at + rules.confirmMsMax;
  return ok([
    { type: "CallEnding", reason: "asked", endBy: at + rules.endMsMax, confirmDueBy, by, at },
  ]);
}

/** Nothing confirmed before a start or a wake is young enough to rest a payment on. */
function wake(at: number, state: CallState): readonly CallEvent[] {
  const tapIds = Object.values(state.taps)
    .filter((tap) => ages(state, tap))
    .map((tap) => tap.tapId);
  return tapIds.length === 0 ? [] : [{ type: "ConfirmationLapsed", tapIds, reason: "started", at }];
}

function reportBaseline(command: Of<"ReportBaseline">, state: CallState): readonly CallEvent[] {
  const tap = state.taps[command.tapId];
  if (tap?.baselineBy === undefined) return [];
  const { askedAt, at, session, status, tapId } = command;
  const { recorderId } = tap;
  const carried = session === undefined ? {} : { session };
  return [{ type: "TapBaselined", tapId, recorderId, status, ...carried, askedAt, at }];
}

function reportRecorder(
  command: Of<"ReportRecorder">,
  state: CallState,
  rules: Rules,
): readonly CallEvent[] {
  const { at, askedAt, attempts, confirmedBy, reason, session, status, tapId, turn } = command;
  const tap = state.taps[tapId];
  if (tap === undefined || tap.baselineBy !== undefined) return [];
  // A reply never confirms a newer turn; that it records is heard at once, whenever it was asked.
  if (turn < state.turn && status !== "recording") return [];
  if (askedAt < tap.askedAt && status !== "recording") return [];
  const elsewhere = reason === "other_conversation";
  const same =
    tap.status === status &&
    tap.turn === turn &&
    tap.goal === command.goal &&
    tap.confirmedBy === confirmedBy &&
    (tap.elsewhere === true) === elsewhere;
  if (same || (turn < tap.turn && tap.status === status)) return [];
  return [
    {
      type: "RecorderReported",
      tapId,
      recorderId: tap.recorderId,
      status,
      confirmedBy,
      turn,
      goal: command.goal,
      askedAt,
      ...(session === undefined ? {} : { session }),
      attempts,
      ...(reason === undefined ? {} : { reason }),
      confirmDueBy: at + rules.confirmMsMax,
      at,
    },
  ];
}

/** Entered when it is new; the same trouble again is only counted by the desk. */
function reportFailure(command: Of<"ReportFailure">, state: CallState): readonly CallEvent[] {
  const { at, attempts, detail, outcome, reason, tapId, turn } = command;
  const tap = state.taps[tapId];
  if (tap === undefined || turn < state.turn) return [];
  const satisfied =
    goalOf(state, tap) === "paused" ? isSilent(tap, state.turn) : isReleased(tap, state.turn);
  if (satisfied || (tap.failure?.outcome === outcome && tap.failure.reason === reason)) return [];
  const { recorderId } = tap;
  const said = detail === undefined ? {} : { detail };
  return [
    { type: "RecorderFailed", tapId, recorderId, turn, outcome, reason, ...said, attempts, at },
  ];
}

function handOver({ at, tapId }: Of<"HandOverTap">, state: CallState): readonly CallEvent[] {
  const tap = state.taps[tapId];
  if (tap === undefined || !tap.touched || goalOf(state, tap) !== "recording") return [];
  return [
    {
      type: "TapReleased",
      tapId,
      recorderId: tap.recorderId,
      reason: "claimed_by_another_call",
      at,
    },
  ];
}

function sameAttributes(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
