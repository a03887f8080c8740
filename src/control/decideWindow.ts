/**
 * The rules of windows: leases with an owner, a deadline and renewals.
 *
 * @module
 */
import type { CallState, Result, Window } from "./call.ts";
import { err, ok } from "./call.ts";
import type { Command, Refusal, Rules } from "./commands.ts";
import { ownsWindow, windowOf } from "./conclude.ts";
import { addTaps, isNew, isOver } from "./decideCall.ts";
import type { CallEvent } from "./events.ts";
import { fold } from "./evolve.ts";

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;
type Decided = Result<readonly CallEvent[], Refusal>;

/** The part of a lease that a renewal has to add. */
const RENEWAL_GAIN_MIN = 0.1;

export function openWindow(command: Of<"OpenWindow">, state: CallState, rules: Rules): Decided {
  const { at, by, windowId } = command;
  if (isOver(state, at, rules)) return err("call_ended");
  const known = isNew(state) ? undefined : windowOf(state, windowId);
  if (known !== undefined) {
    if (known.state !== "open") return err("window_closed");
    if (!ownsWindow(known, by)) return err("window_owned_by_another");
    // The window id is the caller's idempotency key: asking again adds what is new and no more.
    // It does not say that the conversation on a target is the right one after all: a retry knows
    // nothing of that.
    const specs = command.taps.filter((spec) => state.taps[spec.tapId]?.elsewhere !== true);
    return addTaps(command, state, specs, rules);
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
  const window = windowOf(state, command.windowId);
  if (window === undefined) return ok(undefined);
  const mayClose = command.type === "CloseWindow" && command.by.kind === "supervisor";
  return mayClose || ownsWindow(window, command.by) ? ok(window) : err("window_owned_by_another");
}

export function renewWindow(command: Of<"RenewWindow">, state: CallState, rules: Rules): Decided {
  const { at, by, leaseMs, windowId } = command;
  const window = ownWindow(command, state);
  if (!window.ok) return window;
  if (window.value === undefined) return err("window_unknown");
  if (window.value.state !== "open") return err("window_closed");
  const wantedMs = Math.min(leaseMs, rules.leaseMsMax);
  const expiresAt = Math.min(at + wantedMs, window.value.expiresAtMax);
  // A renewal never shortens a lease. One that would hardly lengthen it enters nothing, so that a
  // fast heartbeat does not fill the log: the lease it is answered with is the one that stands.
  const gainedMs = expiresAt - window.value.expiresAt;
  if (gainedMs <= 0 || gainedMs < wantedMs * RENEWAL_GAIN_MIN) return ok([]);
  return ok([{ type: "WindowRenewed", windowId, expiresAt, by, at }]);
}

export function closeWindow(command: Of<"CloseWindow">, state: CallState, rules: Rules): Decided {
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
