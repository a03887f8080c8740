/**
 * From a call's facts to the message one viewer gets. Pure.
 *
 * @module
 */
import type { CallId, CallState, Protection, Tap, TenantId } from "../control/call.ts";
import {
  type Asker,
  attemptsOf,
  ownsWindow,
  pausedByOther,
  protection,
} from "../control/conclude.ts";
import type { CallMessage, Can, RecorderView, WindowView } from "./protocol.ts";

/** A call's newest durable state, as the hub keeps it. */
export interface CallFacts {
  readonly callId: CallId;
  readonly state: CallState;
  readonly position: number;
  /** Newer facts exist that the log could not take. */
  readonly unlogged?: boolean;
}

/** Who looks, and what policy says they may see and do. Functions of the call's facts alone. */
export interface Viewer extends Asker {
  readonly tenant: TenantId;
  /** Policy lets this viewer see calls of `agentId` only: the hub need not offer it others. */
  readonly ownCallsOnly: boolean;
  /** Viewers with the same key see the same and may do the same, whatever the call. */
  readonly key?: string;
  sees(callId: CallId, state: CallState): boolean;
  /** Is told which recorders are down. */
  readonly seesRecorders?: boolean;
  can(callId: CallId, state: CallState): readonly Can[];
}

/** The word viewers get. What the log cannot show is not called secured. */
export function protectionShown({ state, unlogged }: CallFacts): Protection {
  const word = protection(state);
  return unlogged === true && word === "secured" ? "unsecured" : word;
}

/** The whole state of one call as this viewer may see it. The viewer must be one who sees it. */
export function callMessage(
  call: CallFacts,
  viewer: Asker & Pick<Viewer, "can">,
  sandbox = false,
): CallMessage {
  const { callId, state, position } = call;
  return {
    type: "call",
    callId,
    ...(state.agentId !== undefined && { agentId: state.agentId }),
    attributes: state.attributes,
    protection: protectionShown(call),
    windows: windowViews(state, viewer),
    recorders: Object.values(state.taps).map((tap) => recorderView(tap, state)),
    can: viewer.can(callId, state),
    unsecuredMs: state.unsecuredMs,
    unrecordedMs: state.unrecordedMs,
    position,
    at: state.at,
    ...(call.unlogged === true && { unlogged: true }),
    ...(sandbox && { sandbox: true }),
  };
}

/** Two viewers with the same shape of a call get the same message: it is written once for both. */
export function shapeFor(call: CallFacts, viewer: Asker & Pick<Viewer, "can">): string {
  let own = "";
  for (const window of Object.values(call.state.windows)) {
    if (window.state === "open") own += ownsWindow(window, viewer) ? "1" : "0";
  }
  return `${own}:${viewer.can(call.callId, call.state).join()}`;
}

function windowViews(state: CallState, asker: Asker): WindowView[] {
  const views: WindowView[] = [];
  for (const [windowId, window] of Object.entries(state.windows)) {
    if (window.state !== "open") continue;
    views.push({
      windowId,
      openedAt: window.openedAt,
      expiresAt: window.expiresAt,
      own: ownsWindow(window, asker),
      ...(window.reason !== undefined && { reason: window.reason }),
      ...(window.agentId !== undefined && { agentId: window.agentId }),
    });
  }
  return views;
}

/** Never the target: it may be a person's SIP URI. */
function recorderView(tap: Tap, state: CallState): RecorderView {
  return {
    recorderId: tap.recorderId,
    required: tap.required,
    control: tap.control,
    audio: tap.audio,
    status: tap.status,
    ...(tap.confirmedBy !== undefined && { confirmedBy: tap.confirmedBy }),
    ...(tap.confirmedAfterMs !== undefined && { confirmedAfterMs: tap.confirmedAfterMs }),
    attempts: attemptsOf(tap, state.turn),
    ...(tap.role === "leaving" && { leaving: true }),
    ...(pausedByOther(tap) && { pausedByOther: true }),
    ...(tap.failure !== undefined && {
      failure: { outcome: tap.failure.outcome, reason: tap.failure.reason },
    }),
  };
}
