/**
 * What a reconciliation says to people and to programs: a table, and a file with a line a payment.
 *
 * @module
 */
import { createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { Finding, Why } from "../../../evidence/reconcile.ts";
import { type Outcome, OUTCOMES, type Reconciled } from "../../../evidence/reconciled.ts";
import type { ListedPayment } from "./paymentList.ts";

/** Payments that are not secured and stand in the table; the file has all. */
const SHOWN_COUNT_MAX = 20;

const NAMES: Readonly<Record<Outcome, string>> = {
  secured: "secured",
  late: "late",
  unsecured: "unsecured",
  no_window: "no window",
};

export type Judged = { readonly payment: ListedPayment; readonly finding: Finding };

/** Collects what the table says; of payments no more than it shows. */
export function tally() {
  const counts: Record<Outcome, number> = { secured: 0, late: 0, unsecured: 0, no_window: 0 };
  const whys = new Map<Why, number>();
  const shown: Judged[] = [];
  return {
    counts,
    take(judged: Judged) {
      const { outcome, why } = judged.finding;
      counts[outcome] += 1;
      whys.set(why, (whys.get(why) ?? 0) + 1);
      if (outcome !== "secured" && shown.length < SHOWN_COUNT_MAX) shown.push(judged);
    },
    lines: ({ from, to }: Pick<Reconciled, "from" | "to">): string[] => {
      const all = OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
      const lines = [`${all} payments from ${iso(from)} to ${iso(to)}`, ""];
      for (const outcome of OUTCOMES) {
        lines.push(`${NAMES[outcome].padEnd(10)} ${String(counts[outcome]).padStart(9)}`);
      }
      lines.push(...hints(whys));
      if (shown.length > 0) lines.push("", ...table(shown, all - counts.secured));
      return lines;
    },
  };
}

const iso = (at: number): string => new Date(at).toISOString();

function hints(whys: ReadonlyMap<Why, number>): string[] {
  const say = (why: Why, sentence: string): string[] => {
    const count = whys.get(why) ?? 0;
    return count === 0 ? [] : [`${count} ${sentence}`];
  };
  const said = [
    ...say("outside_log", "lie before the log's first entry or after its last: it cannot tell"),
    ...say("call_unknown", "name a call that the log does not know then"),
    ...say("agent_unknown", "name an agent that the log does not know then"),
  ];
  return said.length === 0 ? [] : ["", ...said];
}

function table(shown: readonly Judged[], count: number): string[] {
  const rows = shown.map(({ finding, payment }) => [
    String(payment.line),
    iso(payment.at),
    payment.callId ?? payment.agentId ?? "",
    payment.reference ?? "",
    NAMES[finding.outcome],
    finding.why,
  ]);
  const head = ["line", "time", "call or agent", "reference", "outcome", "why"];
  const widths = head.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const more = count - shown.length;
  return more > 0 ? [...lines, `and ${more} more; --out FILE has all`] : lines;
}

/** Every payment, as it is judged. */
export interface ReportFile {
  write(judged: Judged): Promise<void>;
  end(reconciled: Reconciled): Promise<void>;
}

/** JSON where the name says so, else CSV. Rejects where it cannot be written. */
export async function reportFile(path: string): Promise<ReportFile> {
  const stream = createWriteStream(path, { mode: 0o600 });
  await once(stream, "open");
  return path.toLowerCase().endsWith(".json") ? jsonTo(stream) : csvTo(stream);
}

const HEAD = ["line", "time", "call", "agent", "reference", "outcome", "why", "windowId"];

function csvTo(stream: WriteStream): ReportFile {
  let begun = false;
  return {
    async write({ finding, payment }) {
      const { agentId = "", at, callId = "", line, reference = "" } = payment;
      const { callId: found = "", outcome, why, windowId = "" } = finding;
      const call = callId === "" ? found : callId;
      const row = [String(line), iso(at), call, agentId, reference, outcome, why, windowId];
      const text = `${row.map(cellOf).join(",")}\r\n`;
      await put(stream, begun ? text : `${HEAD.join(",")}\r\n${text}`);
      begun = true;
    },
    end: () => close(stream, begun ? "" : `${HEAD.join(",")}\r\n`),
  };
}

/** A spreadsheet takes what begins so for a formula: it is put behind an apostrophe. */
export function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r\n|%]/.test(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function jsonTo(stream: WriteStream): ReportFile {
  let begun = false;
  return {
    async write({ finding, payment }) {
      const { at, ...rest } = payment;
      const one = JSON.stringify({ ...rest, time: iso(at), ...finding, at });
      await put(stream, `${begun ? ",\n" : '{"payments":[\n'}${one}`);
      begun = true;
    },
    end: (reconciled) =>
      close(
        stream,
        `${begun ? "" : '{"payments":['}\n],"summary":${JSON.stringify(reconciled)}}\n`,
      ),
  };
}

async function put(stream: WriteStream, text: string): Promise<void> {
  if (stream.errored !== null) throw stream.errored;
  if (!stream.write(text)) await Promise.race([once(stream, "drain"), finished(stream)]);
}

async function close(stream: WriteStream, text: string): Promise<void> {
  stream.end(text);
  await finished(stream);
}
