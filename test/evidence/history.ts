/** A call's history, told event by event as the core enters it; turns are worked out. */
import type { AudioEffect, CallState, Control, RecorderStatus } from "../../src/control/call.ts";
import { newCall } from "../../src/control/call.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { evolve } from "../../src/control/evolve.ts";
import { goal } from "../../src/control/conclude.ts";

interface TapWish {
  readonly recorderId?: string;
  readonly control?: Control;
  readonly audio?: AudioEffect;
  readonly required?: boolean;
}

export interface History {
  readonly events: CallEvent[];
  readonly state: () => CallState;
  registered(at: number): History;
  tap(at: number, name?: string, wish?: TapWish): History;
  baselined(at: number, status: RecorderStatus, name?: string): History;
  opened(at: number, windowId: string): History;
  closed(at: number, windowId: string): History;
  expired(at: number, windowId: string, releaseAt?: number): History;
  released(at: number, windowId: string): History;
  reported(at: number, status: RecorderStatus, name?: string, askedAt?: number): History;
  elsewhere(at: number, name?: string): History;
  left(at: number, name?: string): History;
  lapsed(at: number, reason: "started" | "silent", ...names: string[]): History;
  ending(at: number, idleSince?: number): History;
  ended(at: number): History;
}

const tapIdOf = (name: string): string => `main:${name}`;

export function history(): History {
  const events: CallEvent[] = [];
  let state = newCall;
  const far = 10_000_000;
  const add = (event: CallEvent): History => {
    events.push(event);
    state = evolve(state, event);
    return told;
  };
  const report = (
    at: number,
    status: RecorderStatus,
    name: string,
    askedAt: number,
    reason?: string,
  ): History =>
    add({
      type: "RecorderReported",
      tapId: tapIdOf(name),
      recorderId: "main",
      status,
      confirmedBy: "read_back",
      turn: state.turn,
      goal: goal(state),
      askedAt,
      attempts: 1,
      ...(reason === undefined ? {} : { reason }),
      confirmDueBy: far,
      at,
    });
  const told: History = {
    events,
    state: () => state,
    registered: (at) => add({ type: "CallRegistered", attributes: {}, at }),
    tap: (at, name = "a", wish = {}) =>
      add({
        type: "TapAdded",
        tap: {
          tapId: tapIdOf(name),
          recorderId: "main",
          targetKey: name,
          target: { reference: name },
          control: "pause",
          audio: "gap",
          required: true,
          absentIs: "unprotected",
          acceptAcknowledged: false,
          ...wish,
        },
        baselineBy: at + 100,
        confirmDueBy: far,
        at,
      }),
    baselined: (at, status, name = "a") =>
      add({
        type: "TapBaselined",
        tapId: tapIdOf(name),
        recorderId: "main",
        status,
        askedAt: at,
        at,
      }),
    opened: (at, windowId) =>
      add({
        type: "WindowOpened",
        windowId,
        owner: "pay",
        expiresAt: far,
        expiresAtMax: far,
        baselineAfter: 0,
        baselineBy: at + 100,
        confirmDueBy: far,
        at,
      }),
    closed: (at, windowId) => add({ type: "WindowClosed", windowId, confirmDueBy: far, at }),
    expired: (at, windowId, releaseAt) =>
      add({
        type: "WindowExpired",
        windowId,
        ...(releaseAt === undefined ? {} : { releaseAt }),
        at,
      }),
    released: (at, windowId) => add({ type: "WindowReleased", windowId, confirmDueBy: far, at }),
    reported: (at, status, name = "a", askedAt = at) => report(at, status, name, askedAt),
    elsewhere: (at, name = "a") => report(at, "recording", name, at, "other_conversation"),
    left: (at, name = "a") =>
      add({
        type: "TapLeaving",
        tapId: tapIdOf(name),
        recorderId: "main",
        confirmDueBy: far,
        at,
      }),
    lapsed: (at, reason, ...names) =>
      add({ type: "ConfirmationLapsed", tapIds: names.map(tapIdOf), reason, at }),
    ending: (at, idleSince) =>
      add({
        type: "CallEnding",
        endBy: far,
        reason: idleSince === undefined ? "asked" : "idle",
        ...(idleSince === undefined ? {} : { idleSince }),
        confirmDueBy: far,
        at,
      }),
    ended: (at) => add({ type: "CallEnded", outstanding: [], at }),
  };
  return told;
}
