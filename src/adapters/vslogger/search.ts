/**
 * What is asked of VSLogger's `recordings` search, and how a page of its answer is read. Pure. All
 * parameters are documented by the vendor; that lists go into the form as JSON text is inferred from
 * its notation.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { VsloggerRecording } from "./recording.ts";
import { readRecording } from "./recording.ts";
import type { Wanted } from "./wire.ts";

export type Dataset = "MAIN" | "NET";

export interface Condition {
  readonly fld: "note" | "sessionid" | "callerid" | "dialed" | "extension" | "recordid";
  readonly val: string;
  readonly op: "equals" | "contains";
}

export interface Search {
  readonly dataset: Dataset;
  /** Never an empty list, which the vendor answers with nothing. */
  readonly channels?: readonly [number, ...number[]];
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  /** From 0. */
  readonly page: number;
  /** At least 10. */
  readonly pageSize: number;
  /** All of these. */
  readonly and?: readonly Condition[];
  /** One of these. */
  readonly or?: readonly Condition[];
  /** For how many days `rec_ss` and `rec_hh` open a recording, 1 to 30: from 4.9.6. */
  readonly accessDays?: number;
}

export function searchOf(search: Search): Wanted {
  const { channels, from, to, and, or, accessDays } = search;
  return {
    res: "recordings",
    query: {},
    form: {
      draw: String(drawOf(search)),
      dataset: search.dataset,
      ...(channels === undefined ? {} : { channels: JSON.stringify(channels) }),
      ...(from === undefined ? {} : { from: String(Math.max(0, Math.floor(from))) }),
      ...(to === undefined ? {} : { to: String(Math.max(0, Math.ceil(to))) }),
      page: String(search.page),
      pagesize: String(search.pageSize),
      ...(and === undefined ? {} : { andparams: JSON.stringify(and) }),
      ...(or === undefined ? {} : { orparams: JSON.stringify(or) }),
      ...(accessDays === undefined ? {} : { hrefexp: String(accessDays) }),
    },
  };
}

/**
 * A number made of the question: an answer to another one does not fit, and the same question asked
 * again is answered word for word, so that its digest can be compared. 1 to 2³¹ − 1, by FNV-1a.
 */
export function drawOf(search: Search): number {
  const { dataset, channels, from, to, page, pageSize, and, or, accessDays } = search;
  const parts = [dataset, channels, from, to, page, pageSize, and, or, accessDays];
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(JSON.stringify(parts))) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 1 || 1;
}

export interface SearchPage {
  readonly totalCount: number;
  readonly records: readonly VsloggerRecording[];
}

/** One page of the answer, or in a few words why it is none. */
export function readPage(data: unknown, search: Search): SearchPage | string {
  if (typeof data !== "object" || data === null) return "the search tells no data";
  const { draw, page, records, totalcount } = data as Readonly<Record<string, unknown>>;
  // Numbers are taken as numbers or as their text.
  const says = (told: unknown, asked: number): boolean =>
    (typeof told === "number" || typeof told === "string") && String(told) === String(asked);
  if (!says(draw, drawOf(search))) return "the search's draw is of another question";
  if (page !== undefined && !says(page, search.page)) return "the search tells another page";
  const isCount = typeof totalcount === "number" || typeof totalcount === "string";
  const totalCount = isCount ? Number(totalcount) : Number.NaN;
  if (!Number.isSafeInteger(totalCount) || totalCount < 0) return "the search tells no totalcount";
  if (!Array.isArray(records)) return "the search tells no records";
  const readable = records.map(readRecording);
  const good = readable.filter((one) => one !== undefined);
  return good.length === readable.length
    ? { totalCount, records: good }
    : "a recording of the search lacks what makes it one";
}
