/**
 * The simulated recorder's resources `recordings` and `recording`: search, download, its own page,
 * and the update of a finished record, as the vendor documents them.
 *
 * @module
 */
import type { Context } from "hono";
import { late } from "../late.ts";
import type { EpochMs } from "../../control/call.ts";
import { cutConnection } from "../simulator.ts";
import type { Faults } from "../simulator.ts";
import { toneWav } from "../wav.ts";
import type { Kept, KeptRecordings } from "./recordings.ts";
import { idOf, silenceIn } from "./recordings.ts";
import { failed, succeeded } from "./envelope.ts";

export interface ArchiveOptions {
  readonly now: () => EpochMs;
  readonly has: (version: string) => boolean;
  /** What `rec_hh` is made with. */
  readonly salt: string;
  /** Whether `from` and `to` are of starts, or of whatever overlaps: the vendor does not say. */
  readonly rangeOf: "starts" | "overlaps";
}

type Told = Readonly<Record<string, string>>;
const dayMs = 86_400_000;
const pageSizeMin = 10;
const columns: Readonly<Record<string, (kept: Kept) => string>> = {
  note: ({ fields }) => fields.note,
  sessionid: ({ fields }) => fields.session_id,
  callerid: ({ fields }) => fields.caller_id,
  dialed: ({ fields }) => fields.dialed,
  extension: ({ fields }) => fields.extension,
  recordid: ({ record_id }) => record_id,
};

export class Archive {
  readonly #kept: KeptRecordings;
  readonly #faults: Faults;
  readonly #options: ArchiveOptions;

  constructor(kept: KeptRecordings, faults: Faults, options: ArchiveOptions) {
    this.#kept = kept;
    this.#faults = faults;
    this.#options = options;
  }

  /** Undefined for requests about something else. */
  async answer(c: Context, query: Told, form: Told): Promise<Response | undefined> {
    const { res } = query;
    if (res !== "recordings" && res !== "recording") return undefined;
    const slow = this.#faults.take("slow-reads");
    if (this.#faults.take("rate-limited")) {
      return c.text("too many requests", 429, { "retry-after": "7" });
    }
    if (this.#faults.take("search-not-permitted")) return failed(c, -3, "Action not permitted!");
    if (this.#faults.take("search-fails")) {
      return failed(c, -1, `cannot search (${this.#options.salt})`);
    }
    if (res === "recordings") {
      const asked = c.req.method === "POST" ? await this.#search(c, form) : failed(c, -1, "POST");
      return late(slow, asked);
    }
    if (c.req.method === "POST") return this.#update(c, query, form);
    return late(slow, await this.#download(c, query["href"] ?? ""));
  }

  /** The vendor's page with a player in it. */
  async page(c: Context): Promise<Response> {
    const { playlist = "", ss = "", hh = "" } = c.req.query();
    const kept = this.#kept.byId(playlist);
    if (kept === undefined || !(await this.#opens(kept, ss, hh))) return c.text("no access", 403);
    return c.html(`<!doctype html><title>Player</title><audio title="${kept.record_id}"></audio>`);
  }

  async #search(c: Context, form: Told): Promise<Response> {
    const question = readQuestion(form, this.#options.has("4.9.6"));
    if (typeof question === "string") return failed(c, -1, question);
    const { draw, page, pagesize } = question;
    const found = this.#kept
      .all()
      .filter((kept) => fits(kept, question, this.#options.rangeOf))
      .toSorted((a, b) => b.start_tm - a.start_tm);
    let records = found.slice(page * pagesize, (page + 1) * pagesize);
    let totalcount = found.length;
    if (page > 0) {
      if (this.#faults.take("second-page-fails")) return failed(c, -1, "cursor lost");
      if (this.#faults.take("page-beyond-the-end")) records = [];
      if (this.#faults.take("list-moves")) totalcount += 1;
    }
    const shown = await Promise.all(records.map((kept) => this.#view(kept, question.days)));
    if (this.#faults.take("malformed-record"))
      Object.assign(shown.at(-1) ?? {}, { start_tm: null });
    const wrong = this.#faults.take("wrong-draw") === undefined ? 0 : 1;
    return succeeded(c, { draw: draw + wrong, totalcount, page, pagesize, records: shown });
  }

  /** What goes on has no end yet, which is told as 0. */
  async #view(kept: Kept, days: number): Promise<Record<string, unknown>> {
    const { fields, mutes: _mutes, end_tm, modified, ...name } = kept;
    const closed = end_tm !== undefined && this.#faults.take("never-closes") === undefined;
    const access = this.#options.has("4.9.6") && this.#faults.take("no-rec-hash") === undefined;
    const rec_ss = this.#options.now() + days * dayMs;
    return {
      ...name,
      end_tm: closed ? end_tm : 0,
      duration: closed ? end_tm - kept.start_tm : 0,
      modified: this.#faults.take("modified") === undefined ? modified : 1,
      closed: closed ? 1 : 0,
      ...fields,
      ...(access && { rec_ss, rec_hh: await this.#accessHash(kept, rec_ss) }),
    };
  }

  async #download(c: Context, href: string): Promise<Response> {
    const [archive = "", record = "", type = "", ss = "", hh = ""] = href.split(".");
    const kept = this.#kept.byId(`${archive}.${record}.${type}`);
    if (kept === undefined) return failed(c, -1, "no such recording");
    if (this.#options.has("4.9.6") && !(await this.#opens(kept, ss, hh))) {
      return failed(c, -4, "HASH error");
    }
    const now = this.#options.now();
    // A recorder that said it was muted, and was not.
    const leaks = this.#faults.take("records-through-mute") !== undefined;
    const wav = toneWav({
      durationMs: (kept.end_tm ?? now) - kept.start_tm,
      silent: leaks ? [] : silenceIn(kept, now),
    });
    return c.body(wav, 200, { "content-type": "application/wav" });
  }

  #update(c: Context, query: Told, form: Told): Response {
    if (!this.#options.has("5.0.1")) return failed(c, -1, "unknown resource");
    if (this.#faults.take("record-write-lost")) return cutConnection("heard");
    const kept = this.#kept.byId(query["id"] ?? "");
    if (kept === undefined) return failed(c, -1, "no such recording");
    const { flag, note } = form;
    if (flag !== undefined && !/^(\d|10)$/.test(flag)) return failed(c, -1, "flag is 0 to 10");
    kept.fields = {
      ...kept.fields,
      ...(note === undefined ? {} : { note }),
      ...(flag === undefined ? {} : { flag: Number(flag) }),
    };
    return succeeded(c, "");
  }

  async #opens(kept: Kept, ss: string, hh: string): Promise<boolean> {
    return Number(ss) > this.#options.now() && hh === (await this.#accessHash(kept, Number(ss)));
  }

  /** What the vendor hashes is unknown; this is this simulator's own. */
  async #accessHash(kept: Kept, ss: number): Promise<string> {
    const bytes = new TextEncoder().encode(`${ss}${this.#options.salt}${idOf(kept)}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

interface Question {
  readonly draw: number;
  readonly dataset: string;
  readonly channels: readonly number[] | undefined;
  readonly from: number;
  readonly to: number;
  readonly page: number;
  readonly pagesize: number;
  readonly days: number;
  readonly and: readonly Condition[];
  readonly or: readonly Condition[];
}
type Condition = (kept: Kept) => boolean;

/** The question, or what is wrong with it. */
function readQuestion(form: Told, hasAccess: boolean): Question | string {
  const number = (name: string, otherwise: number): number => Number(form[name] ?? otherwise);
  const draw = number("draw", 0);
  if (!Number.isSafeInteger(draw) || draw < 1) return "draw is required";
  const dataset = form["dataset"] ?? "MAIN";
  if (dataset !== "MAIN" && dataset !== "NET") return "no such dataset";
  const [page, pagesize] = [number("page", 0), number("pagesize", 100)];
  if (!Number.isSafeInteger(page) || page < 0) return "page is 0 or more";
  if (!Number.isSafeInteger(pagesize) || pagesize < pageSizeMin) return "pagesize is 10 or more";
  const days = number("hrefexp", 7);
  if (hasAccess && !(days >= 1 && days <= 30)) return "hrefexp is 1 to 30";
  const channels = form["channels"] === undefined ? undefined : parsed(form["channels"]);
  if (channels !== undefined && !Array.isArray(channels)) return "channels is a list";
  const [and, or] = [conditionsOf(form["andparams"]), conditionsOf(form["orparams"])];
  if (and === undefined || or === undefined) return "fld, val and op are required";
  const { from: first = "0", to: last = "Infinity" } = form;
  const range = { from: Number(first), to: Number(last) };
  return { draw, dataset, channels, ...range, page, pagesize, days, and, or };
}

function conditionsOf(text: string | undefined): readonly Condition[] | undefined {
  if (text === undefined) return [];
  const list = parsed(text);
  if (!Array.isArray(list)) return undefined;
  const conditions = list.map((one: Readonly<Record<string, unknown>>): Condition | undefined => {
    const { fld, op, val } = one;
    const column = columns[String(fld)];
    if (column === undefined || typeof val !== "string") return undefined;
    if (op === "equals") return (kept) => column(kept) === val;
    return op === "contains" ? (kept) => column(kept).includes(val) : undefined;
  });
  const good = conditions.filter((one) => one !== undefined);
  return good.length === conditions.length ? good : undefined;
}

function fits(kept: Kept, question: Question, rangeOf: ArchiveOptions["rangeOf"]): boolean {
  const { and, channels, dataset, from, or, to } = question;
  const isNet = kept.archive_id === "NET";
  if (isNet !== (dataset === "NET")) return false;
  // An empty list gives an empty answer: documented.
  if (channels !== undefined && !channels.includes(kept.channel)) return false;
  const end = rangeOf === "starts" ? kept.start_tm : (kept.end_tm ?? Number.POSITIVE_INFINITY);
  if (kept.start_tm > to || end < from) return false;
  if (!and.every((condition) => condition(kept))) return false;
  return or.length === 0 || or.some((condition) => condition(kept));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
