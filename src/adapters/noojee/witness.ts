/**
 * What Noojee recorded of a conversation: the legs of its call, by its unique id, by the hours an
 * extension was used in, and by the tags tacet started recordings with.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import { digestOf } from "../foreign.ts";
import type { NoAnswer, RecordingEvidence } from "../recorder.ts";
import type { Hours } from "./hours.ts";
import { isOfExtension, readLegs, recordingsOf } from "./legs.ts";
import type { Orders } from "./orders.ts";
import type { NoojeeTarget } from "./settings.ts";
import { keyOf } from "./settings.ts";
import type { Ask, TalkContext } from "./talk.ts";
import type { Wanted } from "./wire.ts";
import { badReply, legsByTag, legsByUniqueId } from "./wire.ts";

export interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** How far the server's clock may be from tacet's. */
const SLACK_MS = 60_000;

interface Asked {
  readonly ask: Ask;
  readonly hours: Hours;
  readonly orders: Orders;
  readonly timeZone: string;
}

/** All of them or no answer: what one question did not tell may be what matters. */
export async function evidenceOf(
  target: NoojeeTarget,
  span: Span,
  ctx: TalkContext,
  asked: Asked,
): Promise<readonly RecordingEvidence[] | NoAnswer> {
  const wide = { from: span.from - SLACK_MS, to: span.to + SLACK_MS };
  const found = new Map<string, RecordingEvidence>();
  const add = (all: readonly RecordingEvidence[]): void => {
    for (const one of all) {
      if (isIn(one, wide) && !found.has(one.recordingId)) found.set(one.recordingId, one);
    }
  };
  if ("uniqueId" in target) {
    const told = await toldLegs(legsByUniqueId(target.uniqueId), ctx, asked);
    if ("kind" in told) return told;
    add(told);
  } else {
    const told = await asked.hours.of(wide.from, wide.to, ctx);
    if ("kind" in told) return told;
    for (const { digest, legs } of told) {
      const its = legs.filter((leg) => isOfExtension(leg, target.extension));
      add(recordingsOf(its, digest, ctx.now(), true));
    }
  }
  for (const tag of asked.orders.tags(keyOf(target), wide)) {
    const told = await toldLegs(legsByTag(tag), ctx, asked);
    if ("kind" in told) return told;
    add(told);
  }
  return [...found.values()].toSorted((a, b) => a.startAt - b.startAt);
}

async function toldLegs(
  wanted: Wanted,
  ctx: TalkContext,
  { ask, timeZone }: Asked,
): Promise<readonly RecordingEvidence[] | NoAnswer> {
  const told = await ask(wanted, ctx);
  if (told.kind !== "told") return told;
  if (told.body === undefined) return badReply("no list of legs");
  const legs = readLegs(told.body, timeZone, ctx.now());
  return "kind" in legs ? legs : recordingsOf(legs, digestOf(told.text), ctx.now());
}

const isIn = ({ endAt, startAt }: RecordingEvidence, { from, to }: Span): boolean =>
  startAt <= to && (endAt ?? startAt) >= from;
