/**
 * VSLogger as a witness: what it recorded of a conversation, how a recording is fetched, opened and
 * marked. Nothing of `rec_ss` and `rec_hh` is kept: each use asks for its own.
 *
 * @module
 */
import { digestOf } from "../foreign.ts";
import type {
  AdapterContext,
  HttpRequest,
  NoAnswer,
  RecordingEvidence,
  RecordingPage,
} from "../recorder.ts";
import type { Span } from "./find.ts";
import { isOf, overlaps, questionsFor } from "./find.ts";
import type { RecordingName, VsloggerRecording } from "./recording.ts";
import { readRecordingId, recordingIdOf, testimonyOf } from "./recording.ts";
import type { Dataset, Search } from "./search.ts";
import { readPage, searchOf } from "./search.ts";
import type { VsloggerSettings, WitnessSettings } from "./settings.ts";
import { hasAccessHash } from "./settings.ts";
import type { Sightings } from "./sightings.ts";
import type { Talk } from "./talk.ts";
import type { VsloggerTarget } from "./target.ts";
import { keyOf } from "./target.ts";
import { badReply } from "./wire.ts";

/** Pages that are read of one search, and how often it is begun anew because the list moved. */
export const PAGE_COUNT_MAX = 50;
const ROUND_COUNT_MAX = 3;
/** The vendor's least. */
const PAGE_SIZE_MIN = 10;

interface Found {
  readonly recording: VsloggerRecording;
  readonly replyDigest: string;
}

export interface Witness {
  evidence(
    target: VsloggerTarget,
    span: Span,
    ctx: AdapterContext,
  ): Promise<readonly RecordingEvidence[] | NoAnswer>;
  audio(recordingId: string, ctx: AdapterContext): Promise<HttpRequest | NoAnswer>;
  page(recordingId: string, ctx: AdapterContext): Promise<RecordingPage | NoAnswer>;
  /** Searches for what was recorded this moment; why that is not answered, where it is not. */
  canSearch(ctx: AdapterContext): Promise<NoAnswer | undefined>;
  /** The recorder's own record, found by its name. */
  lookUp(recordingId: string, ctx: AdapterContext): Promise<VsloggerRecording | NoAnswer>;
}

export function witness(
  settings: Pick<VsloggerSettings, "version">,
  asked: WitnessSettings,
  talk: Talk,
  seen: Sightings,
): Witness {
  const hashed = hasAccessHash(settings);
  const { pageSize } = asked;
  const paging = { pageSize, ...(hashed ? { accessDays: asked.accessDays } : {}) };

  const list = async (
    question: Omit<Search, "page" | "pageSize" | "accessDays"> & Partial<Pick<Search, "pageSize">>,
    ctx: AdapterContext,
  ): Promise<readonly Found[] | NoAnswer> => {
    for (let round = 0; round < ROUND_COUNT_MAX; round += 1) {
      const listed = await pages({ ...paging, ...question }, ctx);
      if (listed !== "moved") return listed;
    }
    return { kind: "unreachable", detail: "the list of recordings changed while it was read" };
  };

  const pages = async (
    question: Omit<Search, "page">,
    ctx: AdapterContext,
  ): Promise<readonly Found[] | NoAnswer | "moved"> => {
    const found = new Map<string, Found>();
    let count = 0;
    let total: number | undefined;
    for (let page = 0; page < PAGE_COUNT_MAX; page += 1) {
      const search = { ...question, page };
      const { told, body } = await talk.hear(searchOf(search), "read", ctx);
      if (told.kind !== "told") return told;
      const read = readPage(told.data, search);
      if (typeof read === "string") return badReply(read);
      // A recording that came or went moves all behind it from page to page.
      if (total !== undefined && read.totalCount !== total) return "moved";
      total = read.totalCount;
      const replyDigest = digestOf(body);
      for (const recording of read.records) {
        const id = recordingIdOf(recording);
        if (found.has(id)) return "moved";
        found.set(id, { recording, replyDigest });
      }
      count += read.records.length;
      if (count >= total) return [...found.values()];
      if (read.records.length === 0) return badReply(`page ${page} of the search is empty`);
    }
    const detail =
      `the search finds more than ${PAGE_COUNT_MAX * pageSize} recordings: ` +
      "raise witness.pageSize, or lower witness.recordingMsMax";
    return { kind: "refused", reason: "vendor_error", detail };
  };

  const evidence: Witness["evidence"] = async (target, span, ctx) => {
    const sighted = seen.of(keyOf(target)).filter((one) => overlapping(one, span));
    const wide = { from: span.from - asked.clockOffMsMax, to: span.to + asked.clockOffMsMax };
    // Whether the vendor's range is of starts is unknown: one that began before is looked for too.
    const range = { from: wide.from - asked.recordingMsMax, to: wide.to };
    const all = new Map<string, RecordingEvidence>();
    for (const dataset of asked.datasets) {
      for (const question of questionsFor(target, sighted)) {
        const found = await list({ ...question, ...range, dataset }, ctx);
        if ("kind" in found) return found;
        for (const { recording, replyDigest } of found) {
          if (!overlaps(recording, wide) || !isOf(recording, target, sighted)) continue;
          const testimony = testimonyOf(recording, ctx.now(), replyDigest);
          all.set(testimony.recordingId, testimony);
        }
      }
    }
    return [...all.values()].toSorted((a, b) => a.startAt - b.startAt);
  };

  const lookUp: Witness["lookUp"] = async (recordingId, ctx) => {
    const name = readRecordingId(recordingId);
    if (name === undefined) return notOurs;
    for (const dataset of datasetsOf(name, asked.datasets)) {
      const and = [{ fld: "recordid", val: name.recordId, op: "equals" }] as const;
      const found = await list({ dataset, and }, ctx);
      if ("kind" in found) return found;
      const one = found.find(({ recording }) => recordingIdOf(recording) === recordingId);
      if (one !== undefined) return one.recording;
    }
    return notFound;
  };

  /** What opens the file now. */
  const access = async (
    recordingId: string,
    ctx: AdapterContext,
  ): Promise<NonNullable<VsloggerRecording["access"]> | NoAnswer> => {
    const recording = await lookUp(recordingId, ctx);
    if ("kind" in recording) return recording;
    return recording.access ?? badReply("the search tells no rec_ss and rec_hh");
  };

  const canSearch: Witness["canSearch"] = async (ctx) => {
    const now = ctx.now();
    for (const dataset of asked.datasets) {
      const found = await list({ dataset, from: now, to: now, pageSize: PAGE_SIZE_MIN }, ctx);
      if ("kind" in found) return found;
    }
    return undefined;
  };

  return {
    evidence,
    lookUp,
    canSearch,
    async audio(recordingId, ctx) {
      if (readRecordingId(recordingId) === undefined) return notOurs;
      if (!hashed) return talk.sign(downloadOf(recordingId), ctx);
      const opened = await access(recordingId, ctx);
      if ("kind" in opened) return opened;
      return talk.sign(downloadOf(`${recordingId}.${opened.ss}.${opened.hh}`), ctx);
    },
    async page(recordingId, ctx) {
      const opened = await access(recordingId, ctx);
      if ("kind" in opened) return opened;
      const query = new URLSearchParams({ playlist: recordingId, ...opened });
      return { kind: "page", url: `${talk.linkPoint}?${query.toString()}` };
    },
  };
}

const downloadOf = (href: string) =>
  ({ res: "recording", query: { href }, accept: "application/wav" }) as const;

const overlapping = (one: Span, other: Span): boolean =>
  one.from <= other.to && one.to >= other.from;

/** `archive_id` "corresponds to dataset in requests", which knows two; others are looked for. */
function datasetsOf(
  { archiveId }: RecordingName,
  configured: readonly Dataset[],
): readonly Dataset[] {
  return archiveId === "MAIN" || archiveId === "NET" ? [archiveId] : configured;
}

const notOurs: NoAnswer = {
  kind: "refused",
  reason: "target_not_found",
  detail: "not the name of a recording: archive_id.record_id.record_type",
};
const notFound: NoAnswer = {
  kind: "refused",
  reason: "target_not_found",
  detail: "the recorder lists no recording of this name",
};
