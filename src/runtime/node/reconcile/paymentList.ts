/**
 * A list of payments, read row by row and never held whole: CSV with a header, its delimiter told
 * apart, every cell looked at for card numbers.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { CsvError, type Info, parse } from "csv-parse";
import type { Payment } from "../../../evidence/reconcileIndex.ts";
import { hasCardNumber } from "../../../policy/cardholder.ts";
import { idForm } from "../../../policy/idForm.ts";
import { momentOf } from "./paymentTime.ts";

/** A row beyond this is none, such as a quotation mark that is never closed. */
const ROW_BYTES_MAX = 65_536;
/** Beyond so many rows that cannot be read, no more are looked for. */
export const PROBLEM_COUNT_MAX = 20;

export interface Columns {
  readonly time: string;
  readonly agent: string;
  readonly call: string;
  readonly reference: string;
  /** Named on the command line: must be there. */
  readonly named: ReadonlySet<"time" | "agent" | "call" | "reference">;
}

export interface ListOptions {
  readonly path: string;
  readonly columns: Columns;
  readonly zone?: string;
}

/** `line`: where its row begins in the file, from 1. */
export interface ListedPayment extends Payment {
  readonly line: number;
  readonly reference?: string;
}

/** What cannot be judged, by place: no message repeats what a cell holds. */
export class BadList extends Error {
  readonly code = "bad_list";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

export interface ReadList {
  /** In the order of the file. Throws `BadList` for the first rows that cannot be read. */
  readonly rows: AsyncIterable<ListedPayment>;
  /** SHA-256 of the file in hex, once every row was read. */
  digest(): string;
}

export function readPayments(options: ListOptions): ReadList {
  const hash = createHash("sha256");
  return { rows: rowsOf(options, hash), digest: () => hash.copy().digest("hex") };
}

type Hash = ReturnType<typeof createHash>;

async function* rowsOf(options: ListOptions, hash: Hash): AsyncGenerator<ListedPayment> {
  const chunks = textOf(options.path, hash);
  const { delimiter, text } = await headOf(chunks);
  const parser = parse({
    delimiter,
    info: true,
    trim: true,
    skip_empty_lines: true,
    max_record_size: ROW_BYTES_MAX,
  });
  const lines = lineCount();
  const source = Readable.from(rejoined(text, chunks, lines), { objectMode: false });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  const problems: string[] = [];
  let places: Places | undefined;
  let line = 1;
  try {
    for await (const parsed of parser) {
      const { info, record } = parsed as { info: Info; record: string[] };
      const at = lines.to(info.bytes) - newlinesIn(record);
      line = lines.to(info.bytes) + 1;
      if (places === undefined) {
        guard(record, at, problems, () => false);
        if (problems.length > 0) throw new BadList(problems);
        places = placesOf(record, options.columns);
        continue;
      }
      const payment = paymentOf(record, at, places, options.zone, problems);
      if (problems.length >= PROBLEM_COUNT_MAX) break;
      if (problems.length === 0 && payment !== undefined) yield payment;
    }
  } catch (error) {
    throw told(error, line);
  } finally {
    source.destroy();
  }
  if (places === undefined) throw new BadList(["The list is empty: its first line names columns."]);
  if (problems.length > 0) throw new BadList(problems);
}

/** A parser's own words quote what it met. */
function told(error: unknown, line: number): unknown {
  if (!(error instanceof CsvError)) return error;
  const what =
    error.code === "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH"
      ? "has more or fewer cells than the header"
      : "is no CSV row: look at its quotation marks";
  return new BadList([`Line ${line} ${what}.`]);
}

async function* textOf(path: string, hash: Hash): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      yield decoder.decode(chunk as Buffer, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new BadList(["The list is not UTF-8: save it as CSV in UTF-8."]);
  }
}

/** Reads as far as the header goes, which tells how cells are parted. */
async function headOf(
  chunks: AsyncGenerator<string>,
): Promise<{ readonly delimiter: "," | ";"; readonly text: string }> {
  let text = "";
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    text += text === "" ? next.value.replace(/^\uFEFF/, "") : next.value;
    if (/[\r\n]/.test(text) || text.length > ROW_BYTES_MAX) break;
  }
  const [header = ""] = text.split(/[\r\n]/, 1);
  const bare = header.replaceAll(/"(?:[^"]|"")*"/g, "");
  const count = (mark: string): number => bare.split(mark).length - 1;
  return { delimiter: count(";") > count(",") ? ";" : ",", text };
}

async function* rejoined(
  text: string,
  rest: AsyncGenerator<string>,
  lines: Lines,
): AsyncGenerator<Buffer> {
  yield lines.pass(Buffer.from(text));
  for await (const chunk of rest) yield lines.pass(Buffer.from(chunk));
}

/** Which line of the file a byte is on. Remembers no more lines than are on their way. */
interface Lines {
  pass(chunk: Buffer): Buffer;
  /** The line of the row that ends with this many bytes, its own line end among them. */
  to(byte: number): number;
}

function lineCount(): Lines {
  let [passed, line, first] = [0, 1, 0];
  let ends: number[] = [];
  return {
    pass(chunk) {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) {
        ends.push(passed + at);
      }
      passed += chunk.length;
      return chunk;
    },
    to(byte) {
      while ((ends[first] ?? Infinity) < byte - 1) {
        first += 1;
        line += 1;
      }
      if (first > 10_000) [ends, first] = [ends.slice(first), 0];
      return line;
    },
  };
}

const newlinesIn = (record: readonly string[]): number =>
  record.reduce((count, cell) => count + cell.split("\n").length - 1, 0);

interface Places {
  readonly time: number;
  readonly call?: number;
  readonly agent?: number;
  readonly reference?: number;
  /** For messages; not what is no plain name. */
  readonly names: readonly string[];
}

function placesOf(header: readonly string[], columns: Columns): Places {
  const names = header.map((name) => name.trim().toLowerCase());
  const said = header.map((name, index) =>
    /^[\p{L}_][\p{L}\p{N} _.-]{0,40}$/u.test(name) ? name : `number ${index + 1}`,
  );
  const place = (which: "time" | "agent" | "call" | "reference"): number | undefined => {
    const index = names.indexOf(columns[which].trim().toLowerCase());
    if (index >= 0) return index;
    if (which !== "time" && !columns.named.has(which)) return undefined;
    throw new BadList([
      `There is no column "${columns[which]}" (--${which}). There are: ${said.join(", ")}.`,
    ]);
  };
  const [time, call, agent, reference] = (["time", "call", "agent", "reference"] as const).map(
    place,
  );
  if (call === undefined && agent === undefined) {
    throw new BadList([
      `There is neither a column "${columns.call}" (--call) nor "${columns.agent}" (--agent). There are: ${said.join(", ")}.`,
    ]);
  }
  return {
    time: time ?? 0,
    names: said,
    ...(call === undefined ? {} : { call }),
    ...(agent === undefined ? {} : { agent }),
    ...(reference === undefined ? {} : { reference }),
  };
}

function paymentOf(
  record: readonly string[],
  line: number,
  places: Places,
  zone: string | undefined,
  problems: string[],
): ListedPayment | undefined {
  const cell = (index: number | undefined): string =>
    index === undefined ? "" : (record[index] ?? "");
  const moment = momentOf(cell(places.time), zone);
  // Times and identifiers are judged by form: one in ten numbers of milliseconds looks like a card's.
  const isForm = (index: number): boolean =>
    (index === places.time && moment.ok) ||
    ((index === places.call || index === places.agent) && idForm(record[index] ?? "").ok);
  if (guard(record, line, problems, isForm, places.names)) return undefined;
  if (!moment.ok) {
    problems.push(`Line ${line}: its time ${moment.problem}.`);
    return undefined;
  }
  const [callId, agentId, reference] = [places.call, places.agent, places.reference].map(cell);
  if (!callId && !agentId) {
    problems.push(`Line ${line} names neither a call nor an agent.`);
    return undefined;
  }
  return {
    line,
    at: moment.at,
    ...(callId ? { callId } : {}),
    ...(agentId ? { agentId } : {}),
    ...(reference ? { reference } : {}),
  };
}

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Whether some cell could be a card number; then the list is refused, and the number goes nowhere. */
function guard(
  record: readonly string[],
  line: number,
  problems: string[],
  isForm: (index: number) => boolean,
  names: readonly string[] = [],
): boolean {
  const index = record.findIndex(
    (cell, at) => !isForm(at) && !UUID.test(cell) && hasCardNumber(cell),
  );
  if (index < 0) return false;
  const name = names[index] ?? `number ${index + 1}`;
  problems.push(
    `Line ${line}, column ${name}: looks like a card number. Remove that column, or put a reference in its place: the list is refused.`,
  );
  return true;
}
