/**
 * What Fonouc recorded of a call: its CDRs say that a recording exists, the report of recordings
 * says when it began and how long it is.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import type { EpochMs } from "../../control/call.ts";
import { digestOf } from "../foreign.ts";
import type { HttpRequest, NoAnswer, RecordingEvidence } from "../recorder.ts";
import { badReply, refused } from "./reply.ts";
import type { Asking, Scrub } from "./reply.ts";
import type { FonoucSettings, FonoucTarget } from "./settings.ts";
import type { Session } from "./session.ts";
import {
  isRecordingId,
  readCdr,
  readMetadata,
  readPage,
  readRecording,
  recordingRequest,
  reportRequest,
} from "./wire.ts";
import type { Cdr, Metadata, OneOf, Report, Span } from "./wire.ts";

const MINUTE_MS = 60_000;
/** A recording that goes into the span may have begun this long before it. */
const BEFORE_MS = 4 * 60 * MINUTE_MS;
/** A CDR or recording may be filed under the time it was written, this long after the span. */
const AFTER_MS = 60 * MINUTE_MS;
/** How far the vendor's clock may be off. */
const CLOCK_MS = 5 * MINUTE_MS;
/** A call of which no CDR is to be had for this long after it has none. */
const CDR_MS_MAX = 2 * MINUTE_MS;
/** Begin and length come in whole seconds, and nobody says how they are rounded. */
const WITHIN_MS = 1_000;
/** Pages of one report for one question. */
const PAGE_COUNT_MAX = 100;
/** Recordings that are asked for one by one for one question; more stay unfinished until asked again. */
const LOOKUP_COUNT_MAX = 20;

type Told = RecordingEvidence & { readonly endAt: EpochMs };
type Named = Cdr & { readonly recordingId: string; readonly digest: string };
interface Found {
  readonly record: unknown;
  readonly digest: string;
}

export interface Testimony {
  evidence(
    target: FonoucTarget,
    span: Span,
    ctx: Asking,
  ): Promise<readonly RecordingEvidence[] | NoAnswer>;
  audio(recordingId: string, ctx: Asking): Promise<HttpRequest | NoAnswer>;
  /** Asks for one record of the last minute. */
  probe(report: Report, ctx: Asking): Promise<NotDone | undefined>;
}

export function testimonyOf(settings: FonoucSettings, session: Session, scrub: Scrub): Testimony {
  const { ask, sign } = session;

  /** Every record of a report that is wanted, from all its pages, or none of them. */
  const report = async (
    name: Report,
    span: Span,
    isWanted: (one: OneOf) => boolean,
    ctx: Asking,
  ): Promise<readonly Found[] | NotDone> => {
    const found: Found[] = [];
    const keys = new Set<string>();
    let startKey: string | undefined;
    for (let page = 0; page < PAGE_COUNT_MAX; page += 1) {
      const reply = await ask(reportRequest(settings, name, span, startKey), ctx);
      if ("kind" in reply) return reply;
      const read = readPage(reply, name, scrub);
      if ("kind" in read) return read;
      const digest = digestOf(reply.body);
      for (const one of read.records) {
        if (isWanted(one)) found.push({ record: one.record, digest });
      }
      if (read.next === undefined) return found;
      if (keys.has(read.next)) {
        return badReply(`the next page of ${name} is one that was read: raise pageSize`);
      }
      keys.add(read.next);
      startKey = read.next;
    }
    return badReply(`more than ${PAGE_COUNT_MAX} pages of ${name}: raise pageSize`);
  };

  /** A recording that a CDR names and the report does not have. */
  const lookUp = async (
    id: string,
    ctx: Asking,
  ): Promise<{ readonly record: Metadata; readonly digest: string } | undefined | NotDone> => {
    const reply = await ask(recordingRequest(settings, id, "metadata"), ctx);
    // A file where metadata were asked for is longer than what is taken: it is asked for again.
    if ("kind" in reply) return reply.kind === "in_doubt" ? undefined : reply;
    const read = readRecording(reply, id, scrub);
    if (read.kind === "metadata") return { record: read.record, digest: digestOf(reply.body) };
    return read.kind === "file" || read.kind === "none" ? undefined : read;
  };

  const probe = async (name: Report, ctx: Asking): Promise<NotDone | undefined> => {
    const last = { from: ctx.now() - MINUTE_MS, to: ctx.now() };
    const reply = await ask(reportRequest({ ...settings, pageSize: 1 }, name, last), ctx);
    const read = "kind" in reply ? reply : readPage(reply, name, scrub);
    return "kind" in read ? read : undefined;
  };

  /** What the call's CDRs say was recorded, and how many of them there are. */
  const legs = async (callId: string, wide: Span, ctx: Asking) => {
    const cdrs = await report("cdrs", wide, (one) => one.callId === callId, ctx);
    if ("kind" in cdrs) return cdrs;
    const named = new Map<string, Named>();
    for (const { digest, record } of cdrs) {
      const cdr = readCdr(record);
      if ("kind" in cdr) return cdr;
      const { recordingId } = cdr;
      if (recordingId !== undefined) named.set(recordingId, { ...cdr, recordingId, digest });
    }
    return { count: cdrs.length, named };
  };

  /** What is described, by its recording's id. */
  const described = async (
    isWanted: (one: OneOf) => boolean,
    wide: Span,
    ctx: Asking,
  ): Promise<Map<string, Told> | NotDone> => {
    const recordings = await report("recordings", wide, isWanted, ctx);
    if ("kind" in recordings) return recordings;
    const told = new Map<string, Told>();
    for (const { digest, record } of recordings) {
      const metadata = readMetadata(record);
      if ("kind" in metadata) return metadata;
      // Pages overlap where several records have the second at which one ends.
      if (!told.has(metadata.recordingId)) {
        told.set(metadata.recordingId, finished(metadata, digest));
      }
    }
    return told;
  };

  return {
    async evidence({ callId }, span, ctx) {
      const wide = { from: span.from - BEFORE_MS, to: span.to + AFTER_MS };
      const calls = await legs(callId, wide, ctx);
      if ("kind" in calls) return calls;
      if (calls.count === 0 && ctx.now() < span.to + CDR_MS_MAX) {
        const detail = "no CDR of this call yet, so what was recorded of it is not known";
        return refused("target_not_found", detail);
      }
      const { named } = calls;
      // A recording may be filed under another leg than the one whose CDR names it.
      const isOurs = (one: OneOf) => one.callId === callId || named.has(one.id ?? "");
      const told = await described(isOurs, wide, ctx);
      if (!(told instanceof Map)) return told;
      const missing = [...named.values()].filter(({ recordingId }) => !told.has(recordingId));
      for (const [index, cdr] of missing.entries()) {
        const found = index < LOOKUP_COUNT_MAX ? await lookUp(cdr.recordingId, ctx) : undefined;
        if (found !== undefined && "kind" in found) return found;
        told.set(
          cdr.recordingId,
          found === undefined ? unfinished(cdr) : finished(found.record, found.digest),
        );
      }
      return [...told.values()]
        .filter((one) => touches(one, span))
        .toSorted((a, b) => a.startAt - b.startAt);
    },

    async audio(recordingId, ctx) {
      if (!isRecordingId(recordingId)) return refused("target_not_found", "no recording's id");
      // A token's life is not documented: it is shown to be good before it is given away.
      const trouble = await probe("recordings", ctx);
      if (trouble !== undefined) return trouble;
      return sign(recordingRequest(settings, recordingId, "file"), ctx);
    },

    probe,
  };
}

/** A Kazoo recording is described once it is stored, so what is described is finished. */
function finished(record: Metadata, replyDigest: string): Told {
  const endAt = record.startAt + record.durationMs;
  return { ...record, endAt, withinMs: WITHIN_MS, closed: true, replyDigest };
}

/** All that is known of it: it lies in the time that was talked, up to when the CDR was written. */
function unfinished({ at, digest, recordingId, talkedMs }: Named): Told {
  return {
    recordingId,
    startAt: at - talkedMs,
    endAt: at,
    withinMs: talkedMs + WITHIN_MS,
    closed: false,
    replyDigest: digest,
  };
}

const touches = ({ endAt, startAt }: Told, { from, to }: Span): boolean =>
  startAt <= to + CLOCK_MS && endAt >= from - CLOCK_MS;
