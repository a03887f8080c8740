/**
 * Revcord as a witness: what it recorded of a call, that call's file, and its own page of it.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import { digestOf } from "../foreign.ts";
import type {
  AdapterContext,
  HttpReply,
  HttpRequest,
  NoAnswer,
  RecordingEvidence,
  RecordingPage,
} from "../recorder.ts";
import type { RevcordCall } from "./call.ts";
import { badReply } from "./reply.ts";
import type { Scrub } from "./reply.ts";
import { isRecordingId } from "./settings.ts";
import type { RevcordSettings, RevcordTarget } from "./settings.ts";
import {
  callDetailsRequest,
  callsPageRequest,
  playbackRequest,
  readCallDetails,
  readCallsPage,
} from "./wire.ts";
import type { Question } from "./wire.ts";

/** How far the logger's clock may be off. */
const CLOCK_MS = 60_000;
/** No call lasts longer: what began earlier was over. The vendor tells no end. */
const CALL_MS_MAX = 12 * 3_600_000;
/** How far a recording may begin from the moment that a target names as its start. */
const START_MS = 10_000;

export type Ask = (request: HttpRequest, ctx: AdapterContext) => Promise<HttpReply | NoAnswer>;
interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}
interface Found {
  readonly call: RevcordCall;
  readonly replyDigest: string;
}

export function testimonyOf(settings: RevcordSettings, ask: Ask, scrub: Scrub) {
  const ownOrigins = [new URL(settings.baseUrl).origin, ...settings.playbackOrigins];
  const channels = channelsOf(settings);

  const question = async (
    asked: Question,
    ctx: AdapterContext,
  ): Promise<readonly Found[] | NoAnswer> => {
    const reply = await ask(callDetailsRequest(settings, asked), ctx);
    if ("kind" in reply) return reply;
    const calls = readCallDetails(reply, settings, scrub);
    if ("kind" in calls) return calls;
    if ("callId" in asked && calls.some(({ callId }) => !same(callId, asked.callId))) {
      return badReply("the answer is about another call");
    }
    const replyDigest = digestOf(reply.body);
    return calls.map((call) => ({ call, replyDigest }));
  };

  /** The one call of this id. */
  const callOf = async (
    recordingId: string,
    ctx: AdapterContext,
  ): Promise<RevcordCall | NoAnswer> => {
    const unknown: NoAnswer = {
      kind: "refused",
      reason: "target_not_found",
      detail: "the logger knows of no such call",
    };
    if (!isRecordingId(recordingId)) return unknown;
    const found = await question({ callId: recordingId }, ctx);
    if ("kind" in found) return found;
    return found[0]?.call ?? unknown;
  };

  return {
    async evidence(
      target: RevcordTarget,
      span: Span,
      ctx: AdapterContext,
    ): Promise<readonly RecordingEvidence[] | NoAnswer> {
      const found = new Map<string, Found>();
      for (const asked of questionsOf(target, span)) {
        const told = await question(asked, ctx);
        if ("kind" in told) return told;
        for (const one of told) {
          const { callId, startAt } = one.call;
          const known = found.get(callId.toLowerCase());
          if (known === undefined) found.set(callId.toLowerCase(), one);
          // Documented: a CallID is unique.
          else if (known.call.startAt !== startAt) return badReply("two calls of one CallID");
        }
      }
      const calls = [...found.values()].filter(({ call }) => isOn(target, call, settings));
      return within(target, span, calls).map(evidenceOf);
    },

    async audio(recordingId: string, ctx: AdapterContext): Promise<HttpRequest | NoAnswer> {
      const call = await callOf(recordingId, ctx);
      return "kind" in call ? call : playbackRequest(call, settings.playbackOrigins);
    },

    async page(recordingId: string, ctx: AdapterContext): Promise<RecordingPage | NoAnswer> {
      const call = await callOf(recordingId, ctx);
      if ("kind" in call) return call;
      const [channel] = channels(call.channelName);
      const reply = await ask(callsPageRequest(settings, call, channel), ctx);
      return "kind" in reply ? reply : readCallsPage(reply, ownOrigins, scrub);
    },
  };
}

/** The channels that a `ChannelName` is configured for. */
export function channelsOf({ channelNames }: Pick<RevcordSettings, "channelNames">) {
  return (name: string): readonly string[] =>
    Object.entries(channelNames)
      .filter(([, called]) => same(called, name))
      .map(([channel]) => channel);
}

/**
 * Whether the vendor finds a call by its first second alone or by any moment in it is not said: a
 * channel without `startedAt` is asked for at the span's start, middle and end.
 */
function questionsOf(target: RevcordTarget, { from, to }: Span): readonly Question[] {
  if ("callId" in target) return [{ callId: target.callId }];
  const { channel, startedAt } = target;
  if (startedAt !== undefined) return [{ channel, at: Date.parse(startedAt) }];
  const seconds = [from, from + (to - from) / 2, to].map((at) => Math.floor(at / 1_000));
  return [...new Set(seconds)].map((second) => ({ channel, at: second * 1_000 }));
}

/** With its name configured, a channel's answer may tell of no other. */
function isOn(
  target: RevcordTarget,
  { channelName }: RevcordCall,
  { channelNames }: Pick<RevcordSettings, "channelNames">,
): boolean {
  if ("callId" in target) return true;
  const wanted = Object.entries(channelNames).find(([channel]) => same(channel, target.channel));
  return wanted === undefined || same(wanted[1], channelName);
}

/** By when they began, which is all that is told. */
function within(
  target: RevcordTarget,
  { from, to }: Span,
  all: readonly Found[],
): readonly Found[] {
  const sorted = all
    .filter(({ call }) => call.startAt >= from - CALL_MS_MAX && call.startAt <= to + CLOCK_MS)
    .toSorted((a, b) => a.call.startAt - b.call.startAt);
  if ("callId" in target) return sorted;
  if (target.startedAt !== undefined) {
    const startedAt = Date.parse(target.startedAt);
    return sorted.filter(({ call }) => Math.abs(call.startAt - startedAt) <= START_MS);
  }
  // A channel records one call at a time: of those that began before, only the last can have lasted.
  const lastBefore = sorted.findLastIndex(({ call }) => call.startAt <= from);
  return sorted.slice(Math.max(lastBefore, 0));
}

/** The vendor gives a call's file with its completion, so a call with a file is complete: inferred. */
const evidenceOf = ({ call, replyDigest }: Found): RecordingEvidence => ({
  recordingId: call.callId,
  startAt: call.startAt,
  withinMs: call.withinMs,
  closed: call.playbackUrl !== undefined,
  replyDigest,
});

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
