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

export function openWindow(command: Of<"OpenWindow">, state: CallState, rules: Rules): Decided {
  const { at, by, windowId } = command;
  if (isOver(state, at, rules)) return err("call_ended");
  const known = isNew(state) ? undefined : windowOf(state, windowId);
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
  const wanted = at + Math.min(leaseMs, rules.leaseMsMax);
  const expiresAt = Math.min(wanted, window.value.expiresAtMax);
  // A renewal never shortens a lease.
  return ok(
    expiresAt <= window.value.expiresAt
      ? []
      : [{ type: "WindowRenewed", windowId, expiresAt, by, at }],
  );
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
