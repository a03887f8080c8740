/**
 * How events change a call's windows, and what becomes of them when the call moves or starts anew.
 *
 * @module
 */
import type { CallState, Window, WindowId } from "./call.ts";
import { newCall } from "./call.ts";
import { windowOf } from "./conclude.ts";
import type { CallEvent } from "./events.ts";
import { rereadBaselines } from "./evolveTap.ts";

type Of<T extends CallEvent["type"]> = Extract<CallEvent, { type: T }>;

export function open(state: CallState, event: Of<"WindowOpened">): CallState {
  const { windowId, owner, agentId, reason, at, expiresAt, expiresAtMax } = event;
  const window: Window = {
    owner,
    ...(agentId === undefined ? {} : { agentId }),
    ...(reason === undefined ? {} : { reason }),
    openedAt: at,
    expiresAt,
    expiresAtMax,
    state: "open",
  };
  return withWindow(rereadBaselines(state, event), windowId, window);
}

export function register(state: CallState, event: Of<"CallRegistered">): CallState {
  const { attributes, agentId, at } = event;
  const identity = { registeredAt: at, attributes, ...(agentId === undefined ? {} : { agentId }) };
  if (state.endedAt === undefined) return { ...state, ...identity };
  // A new life of an old id. What the old one still owes is kept until it is paid.
  const owing = Object.values(state.taps)
    .filter((tap) => tap.touched)
    .map((tap) => [tap.tapId, { ...tap, role: "leaving" }] as const);
  const { turn, turnAt, settlement, version } = state;
  return {
    ...newCall,
    turn,
    turnAt,
    settlement,
    version,
    at,
    taps: Object.fromEntries(owing),
    ...identity,
  };
}

export function move(state: CallState, event: Of<"CallMoved">): CallState {
  const { agentId, attributes } = event;
  const moved = { ...state, attributes, ...(agentId === undefined ? {} : { agentId }) };
  if (agentId === undefined || agentId === state.agentId) return moved;
  const windows = Object.entries(state.windows).map(([windowId, window]) => {
    const passes = window.agentId !== undefined && window.agentId === state.agentId;
    return [windowId, passes ? { ...window, agentId } : window] as const;
  });
  return { ...moved, windows: Object.fromEntries(windows) };
}

export const withWindow = (state: CallState, windowId: WindowId, window: Window): CallState => ({
  ...state,
  windows: { ...state.windows, [windowId]: window },
});

export function changeWindow(
  state: CallState,
  windowId: WindowId,
  change: Partial<Window>,
): CallState {
  const window = windowOf(state, windowId);
  return window === undefined ? state : withWindow(state, windowId, { ...window, ...change });
}
