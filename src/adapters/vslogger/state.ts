/**
 * What VSLogger tells of a channel or a call, and what that means. The truth table is here: by mute,
 * a channel that is off, disabled or not recording is `absent`, a muted one `paused`; by record, one
 * that is not recording is `paused` where tacet stopped it and `absent` where it did not.
 *
 * @module
 */
import type { RecorderStatus } from "../../control/call.ts";
import type { Observation } from "../../control/ports.ts";

export type SilenceBy = "mute" | "record";

/** The members tacet reads; undefined where the reply does not hold one in a form it knows. */
export interface ChannelState {
  readonly channel: number | undefined;
  readonly callId: string | undefined;
  readonly sessionId: string;
  readonly startTm: number;
  readonly extension: string;
  readonly agentId: string;
  readonly note: string | undefined;
  /** 0: none. Undefined where it was not told. */
  readonly flag: number | undefined;
  readonly enable: boolean | undefined;
  readonly record: boolean | undefined;
  readonly mute: boolean | undefined;
  readonly onoff: boolean | undefined;
}

/** Reads one state object; undefined where it is none. Every member may be missing. */
export function readState(data: unknown): ChannelState | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const told = data as Readonly<Record<string, unknown>>;
  if (Object.keys(told).length === 0) return undefined;
  return {
    channel: integer(told["channel"]),
    callId: text(told["call_id"]),
    sessionId: text(told["session_id"]) ?? "",
    startTm: integer(told["start_tm"]) ?? 0,
    extension: text(told["extension"]) ?? "",
    agentId: text(told["agent_id"]) ?? "",
    note: "note" in told ? (text(told["note"]) ?? "") : undefined,
    flag: "flag" in told ? flagOf(told["flag"]) : undefined,
    enable: bool(told["enable"]),
    record: bool(told["record"]),
    mute: bool(told["mute"]),
    onoff: bool(told["onoff"]),
  };
}

/** Reads `channel-states`: every row an object with its own channel number, or undefined. */
export function readStates(data: unknown): readonly ChannelRow[] | undefined {
  if (!Array.isArray(data)) return undefined;
  const rows = new Map<number, ChannelRow>();
  for (const item of data) {
    const state = readState(item);
    if (state?.channel === undefined || rows.has(state.channel)) return undefined;
    rows.set(state.channel, { ...state, channel: state.channel });
  }
  return [...rows.values()];
}
export type ChannelRow = ChannelState & { readonly channel: number };

/** Whether the channel carries a conversation now. */
export const isLive = (state: ChannelState): boolean =>
  state.onoff === true && state.enable !== false;

/** The truth table; undefined where a member it rests on was not told. `silenced`: by tacet. */
export function statusOf(
  state: ChannelState,
  silenceBy: SilenceBy,
  silenced: boolean,
): Exclude<RecorderStatus, "unknown"> | undefined {
  if (silenceBy === "record") {
    if (state.record === undefined) return undefined;
    if (state.record) return "recording";
    return silenced ? "paused" : "absent";
  }
  if (state.onoff === false || state.enable === false) return "absent";
  if (state.record === undefined || state.mute === undefined) return undefined;
  if (!state.record) return "absent";
  return state.mute ? "paused" : "recording";
}

/** Which conversation this is: its session id, or its start where a line has no session ids. */
export function sessionOf(state: ChannelState): string | undefined {
  if (state.sessionId !== "") return `id:${state.sessionId}`;
  return state.startTm > 0 ? `start:${state.startTm}` : undefined;
}

/** What a state says of a target, in the contract's words. */
export function observe(
  state: ChannelState,
  silenceBy: SilenceBy,
  silenced: boolean,
  detail?: string,
): Observation {
  const status = statusOf(state, silenceBy, silenced);
  if (status === undefined) {
    const missing = silenceBy === "mute" ? "record and mute" : "record";
    return { kind: "refused", reason: "bad_reply", detail: `the state does not tell ${missing}` };
  }
  const session = sessionOf(state);
  return {
    kind: "observed",
    status,
    ...(session === undefined ? {} : { session }),
    ...(state.channel === undefined ? {} : { resource: `channel/${state.channel}` }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The vendor shows booleans; strings are tolerated, as its forms take them. */
function bool(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (value === "true") return true;
  if (value === "false") return false;
  return undefined;
}

export function integer(value: unknown): number | undefined {
  if (Number.isSafeInteger(value)) return value as number;
  if (typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
  return undefined;
}

export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

/** An empty flag is none; one that cannot be read is taken for somebody's. */
function flagOf(value: unknown): number {
  if (value === null || value === "") return 0;
  return integer(value) ?? -1;
}
