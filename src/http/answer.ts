/**
 * What is told of a call and of a window, computed from the facts at the moment it is written.
 *
 * @module
 */
import type { Actor, CallState, Tap, WindowId } from "../control/call.ts";
import type { CallView } from "../control/calls.ts";
import {
  attemptsOf,
  collectForMs,
  counts,
  hasOpenWindow,
  ownsWindow,
  pausedByOther,
  protection,
  safeToCollect,
  windowOf,
} from "../control/conclude.ts";
import type { z } from "zod";
import type { CallAnswer, PauseAnswer, recorderAnswer, resumeAnswer } from "./schemas.ts";

type RecorderAnswer = z.infer<typeof recorderAnswer>;
type ResumeAnswer = z.infer<typeof resumeAnswer>;

/** Whether facts that no log holds yet may make an answer safe: policy's choice. */
export type WhenLogFails = "refuse" | "protect";

export function pauseAnswerOf(
  view: CallView,
  windowId: WindowId,
  asker: Actor,
  whenLogFails: WhenLogFails,
  origin: string,
): PauseAnswer {
  const { state, at } = view;
  const window = windowOf(state, windowId);
  const recorded = view.durable || whenLogFails === "protect";
  const safe = recorded && safeToCollect(state, windowId, asker, at);
  const securedAfterMs = protection(state) === "secured" ? slowestMs(state) : undefined;
  return {
    callId: view.callId,
    windowId,
    protection: protection(state),
    safeToCollect: safe,
    collectForMs: safe ? collectForMs(state, windowId, asker, at) : 0,
    ...(window === undefined || window.state === "closed" ? {} : { expiresAt: window.expiresAt }),
    ...(securedAfterMs === undefined ? {} : { securedAfterMs }),
    recorders: recorderAnswers(state),
    log: logPlace(view, origin),
  };
}

/** A resume never makes anything safe, whatever else is open. */
export function resumeAnswerOf(view: CallView, windowId: WindowId, origin: string): ResumeAnswer {
  const windows = Object.values(view.state.windows);
  return {
    callId: view.callId,
    windowId,
    protection: protection(view.state),
    safeToCollect: false,
    openWindows: windows.filter((window) => window.state === "open").length,
    recorders: recorderAnswers(view.state),
    log: logPlace(view, origin),
  };
}

export function callAnswerOf(view: CallView, asker: Actor, origin: string): CallAnswer {
  const { state } = view;
  const word = protection(state);
  // Sums stand as of the newest event; what has passed since is added here.
  const sinceMs = Math.max(0, view.at - state.at);
  const unsecured = hasOpenWindow(state) && word !== "secured";
  const unrecorded = word === "resuming" || word === "stalled";
  return {
    callId: view.callId,
    ...(state.agentId === undefined ? {} : { agentId: state.agentId }),
    attributes: { ...state.attributes },
    protection: word,
    windows: Object.entries(state.windows).map(([windowId, window]) => ({
      windowId,
      state: window.state,
      own: ownsWindow(window, asker),
      openedAt: window.openedAt,
      expiresAt: window.expiresAt,
      ...(window.reason === undefined ? {} : { reason: window.reason }),
      ...(window.agentId === undefined ? {} : { agentId: window.agentId }),
    })),
    recorders: recorderAnswers(state),
    unsecuredMs: state.unsecuredMs + (unsecured ? sinceMs : 0),
    unrecordedMs: state.unrecordedMs + (unrecorded ? sinceMs : 0),
    ...(state.registeredAt === undefined ? {} : { registeredAt: state.registeredAt }),
    ...(state.endingAt === undefined ? {} : { endingAt: state.endingAt }),
    ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
    at: view.at,
    log: logPlace(view, origin),
  };
}

function logPlace(view: CallView, origin: string): PauseAnswer["log"] {
  return { origin, ...(view.durable && view.position > 0 ? { position: view.position } : {}) };
}

function slowestMs(state: CallState): number | undefined {
  const times = Object.values(state.taps)
    .filter(counts)
    .flatMap((tap) => (tap.confirmedAfterMs === undefined ? [] : [tap.confirmedAfterMs]));
  return times.length === 0 ? undefined : Math.max(...times);
}

function recorderAnswers(state: CallState): RecorderAnswer[] {
  return Object.values(state.taps).map((tap) => recorderAnswerOf(tap, state.turn));
}

function recorderAnswerOf(tap: Tap, turn: number): RecorderAnswer {
  const { failure } = tap;
  return {
    recorderId: tap.recorderId,
    required: tap.required,
    control: tap.control,
    audio: tap.audio,
    status: tap.status,
    ...(tap.confirmedBy === undefined ? {} : { confirmedBy: tap.confirmedBy }),
    ...(tap.confirmedAfterMs === undefined ? {} : { confirmedAfterMs: tap.confirmedAfterMs }),
    attempts: attemptsOf(tap, turn),
    ...(tap.role === "leaving" ? { leaving: true } : {}),
    ...(pausedByOther(tap) ? { pausedByOther: true } : {}),
    ...(failure === undefined
      ? {}
      : { failure: { outcome: failure.outcome, reason: failure.reason } }),
  };
}
