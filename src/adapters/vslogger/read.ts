/**
 * How VSLogger is asked what it records: by channel, by call, and all channels in one request.
 *
 * @module
 */
import type { AdapterContext } from "../recorder.ts";
import type { EpochMs } from "../../control/call.ts";
import type { NotDone, Observation } from "../../control/ports.ts";
import { boundedMap, resolve } from "./resolve.ts";
import type { ChannelRow, ChannelState, SilenceBy } from "./state.ts";
import { isLive, observe, readState, readStates, sessionOf } from "./state.ts";
import type { Sightings } from "./sightings.ts";
import type { Ask } from "./talk.ts";
import type { CallTarget, ChannelTarget, VsloggerTarget } from "./target.ts";
import { keyOf } from "./target.ts";
import { badReply, channelStatesRead, stateRead } from "./wire.ts";

/** Targets of which it is remembered where they were; the oldest are forgotten. */
const PLACE_COUNT_MAX = 10_000;
/** Where a call was last told to be, and as which conversation. */
interface Whereabouts {
  readonly channel: number;
  readonly session: string | undefined;
}

const absent: Observation = { kind: "observed", status: "absent" };

export interface Reads {
  status(target: VsloggerTarget, ctx: AdapterContext): Promise<Observation>;
  survey(
    targets: ReadonlyMap<string, VsloggerTarget>,
    ctx: AdapterContext,
  ): Promise<ReadonlyMap<string, Observation> | NotDone>;
  /** By record: not recording when last looked at, so that tacet cannot have stopped it. */
  wasIdle(target: VsloggerTarget): boolean;
  /** Every channel there is. */
  rows(ctx: AdapterContext): Promise<readonly ChannelRow[] | NotDone>;
}

export function reads(ask: Ask, silenceBy: SilenceBy, seen: Sightings): Reads {
  const calls = boundedMap<Whereabouts>(PLACE_COUNT_MAX);

  /** Targets that did not record when they were looked at before tacet silenced them. */
  const idle = boundedMap<boolean>(PLACE_COUNT_MAX);
  const wasIdle: Reads["wasIdle"] = (target) => idle.get(keyOf(target)) === true;

  const sight = (target: VsloggerTarget, state: ChannelState, at: EpochMs): void => {
    const { channel, sessionId } = state;
    if (channel === undefined || state.onoff === false || sessionOf(state) === undefined) return;
    seen.saw(keyOf(target), channel, sessionId, at);
  };

  /** A state told for a target alone. `paused` by record needs something that was stopped. */
  const judge = (
    target: VsloggerTarget,
    state: ChannelState,
    { now, silenced }: AdapterContext,
    detail?: string,
  ): Observation => {
    sight(target, state, now());
    if (silenceBy === "record" && (state.record === true || !silenced)) {
      idle.set(keyOf(target), state.record === false);
    }
    return observe(state, silenceBy, silenced && !wasIdle(target), detail);
  };

  const rows: Reads["rows"] = async (ctx) => {
    const told = await ask(channelStatesRead, "read", ctx);
    if (told.kind !== "told") return told;
    return readStates(told.data) ?? badReply("channel-states is not a list of channels");
  };

  const channelStatus = async (
    target: ChannelTarget,
    ctx: AdapterContext,
  ): Promise<Observation> => {
    const told = await ask(stateRead({ by: "channel", channel: target.channel }), "read", ctx);
    if (told.kind !== "told") return told;
    const state = readState(told.data);
    if (state === undefined) return badReply("the channel's state is empty");
    if (state.channel !== undefined && state.channel !== target.channel) {
      return badReply(`asked for channel ${target.channel}, told of channel ${state.channel}`);
    }
    return judge(target, { ...state, channel: target.channel }, ctx);
  };

  const callStatus = async (target: CallTarget, ctx: AdapterContext): Promise<Observation> => {
    const at = { by: "call", callId: target.sipCallId, hw: target.hw } as const;
    const told = await ask(stateRead(at), "read", ctx);
    if (told.kind === "told") {
      const state = readState(told.data);
      if (state !== undefined) {
        if (state.callId !== undefined && state.callId !== target.sipCallId) {
          return badReply("asked for one call, told of another");
        }
        if (state.channel === undefined) return judge(target, state, ctx);
        calls.set(keyOf(target), { channel: state.channel, session: sessionOf(state) });
        return judge(target, state, ctx, `channel ${state.channel}`);
      }
      if (!isNothing(told.data)) return badReply("the call's state is no object");
    } else if (told.kind !== "refused" || told.reason !== "vendor_error") {
      return told;
    }
    // What the vendor answers for a call that is over is not documented: no live channel has it.
    if (await isOver(target, ctx)) return absent;
    return told.kind === "told" ? badReply("the call's state is empty") : told;
  };

  const isOver = async (target: CallTarget, ctx: AdapterContext): Promise<boolean> => {
    const all = await rows(ctx);
    if ("kind" in all) return false;
    const last = calls.get(keyOf(target));
    return !all.some(
      (row) =>
        isLive(row) &&
        (row.sessionId === target.sipCallId ||
          (row.channel === last?.channel && sessionOf(row) === last.session)),
    );
  };

  const status: Reads["status"] = async (target, ctx) => {
    if ("channel" in target) return channelStatus(target, ctx);
    if ("sipCallId" in target) return callStatus(target, ctx);
    const all = await rows(ctx);
    if ("kind" in all) return all;
    const resolved = resolve(all, target);
    if (resolved.kind === "one") {
      return judge(target, resolved.row, ctx, `channel ${resolved.row.channel}`);
    }
    return resolved.kind === "none" ? absent : resolved;
  };

  const survey: Reads["survey"] = async (targets, ctx) => {
    const all = await rows(ctx);
    if ("kind" in all) return all;
    const answer = new Map<string, Observation>();
    for (const [key, target] of targets) {
      const told = seenIn(all, target, ctx);
      // Stopped by tacet or never recorded: by record, only a target's own read can tell.
      const unsure = silenceBy === "record" && !ctx.silenced && isAbsent(told);
      if (told !== undefined && !unsure) answer.set(key, told);
    }
    return answer;
  };

  /** What a survey says of one target; undefined where it says nothing of it. */
  const seenIn = (
    all: readonly ChannelRow[],
    target: VsloggerTarget,
    ctx: AdapterContext,
  ): Observation | undefined => {
    const of = (row: ChannelRow, detail?: string): Observation => {
      sight(target, row, ctx.now());
      return observe(row, silenceBy, ctx.silenced && !wasIdle(target), detail);
    };
    if ("channel" in target) {
      const row = all.find((one) => one.channel === target.channel);
      return row && of(row);
    }
    if ("sipCallId" in target) {
      const last = calls.get(keyOf(target));
      const row = all.find((one) => one.channel === last?.channel && isLive(one));
      // Another conversation on its channel says nothing of the call.
      if (row === undefined || sessionOf(row) !== last?.session) return undefined;
      return of(row, `channel ${row.channel}`);
    }
    const resolved = resolve(all, target);
    switch (resolved.kind) {
      case "one":
        return of(resolved.row, `channel ${resolved.row.channel}`);
      case "none":
        return absent;
      case "refused":
        return resolved;
      default:
        return resolved satisfies never;
    }
  };

  return { status, survey, wasIdle, rows };
}

const isAbsent = (seen: Observation | undefined): boolean =>
  seen?.kind === "observed" && seen.status === "absent";

/** How an envelope says that there is nothing: the vendor shows `data:""` for commands. */
const isNothing = (data: unknown): boolean =>
  data === undefined ||
  data === null ||
  data === "" ||
  (typeof data === "object" && Object.keys(data).length === 0);
