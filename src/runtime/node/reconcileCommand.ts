/**
 * `tacet reconcile payments.csv`: begins with the payments, and says of each whether it fell into a
 * silence that the control log shows.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isTimeZone } from "../../adapters/zone.ts";
import { paymentJudge } from "../../evidence/reconcileIndex.ts";
import { isAllSecured, type Reconciled } from "../../evidence/reconciled.ts";
import { parseVerifier, type Verifier } from "../../log/note.ts";
import { type Help, failureOf, usageOf } from "./help.ts";
import type { Output } from "./output.ts";
import { enterResult } from "./reconcile/enterResult.ts";
import { type JudgedLog, readJudgedLog } from "./reconcile/judgedLog.ts";
import { type Columns, type ListOptions, readPayments } from "./reconcile/paymentList.ts";
import { reportFile, tally } from "./reconcile/reconcileReport.ts";

export const RECONCILE_HELP: Help = {
  name: "reconcile",
  does: "Tells of each payment in a list whether the log shows that it was silent then.",
  usage: [
    "PAYMENTS --log PATH|URL [--tenant TENANT] [--tolerance SECONDS] [--time COLUMN] [--call COLUMN] [--agent COLUMN] [--reference COLUMN] [--zone ZONE] [--key VKEY|FILE]... [--checkpoint FILE]... [--out FILE] [--url URL] [--token TOKEN | --api-key KEY] [--no-entry]",
  ],
  terms: {
    PAYMENTS:
      "a CSV file: a header and a row a payment, parted by , or ; in UTF-8. Never with card numbers",
    "--log":
      "a service's log folder (it may be running), or an exported folder or .ndjson file, or a running service",
    "--tenant": "whose log, where there are several",
    "--tolerance": "how far the payment system's clock and tacet's may be apart, in seconds; 5",
    "--time": "what the column of times is called; time",
    "--call": "that of calls; call. A payment needs a time, and a call or an agent",
    "--agent": "that of agents; agent",
    "--reference": "that of references; reference",
    "--zone": "whose clock times without an offset are, such as Europe/London",
    "--key":
      "a verifier key (name+id+base64) you got by another way, or a file with such keys: the log is checked",
    "--checkpoint": "signed heads kept elsewhere",
    "--out": "every payment with what was found: CSV, or JSON where FILE ends in .json",
    "--url":
      "the service that enters the result; otherwise TACET_URL. Of the payments only counts and a digest are sent",
    "--token": "a token for the service; otherwise TACET_TOKEN",
    "--api-key": "an API key for the service; otherwise TACET_API_KEY",
    "--no-entry": "enters nothing",
  },
  exit: {
    0: "all are secured",
    1: "some are not",
    2: "it could not be told, or not be entered as asked, or the arguments do not fit",
  },
  examples: [
    "tacet reconcile payments.csv --log /var/lib/tacet --zone Europe/London --out found.csv",
  ],
};

const USAGE = usageOf(RECONCILE_HELP);

const TOLERANCE_S = 5;
const TOLERANCE_S_MAX = 3_600;

/** Exit code: 0 all secured, 1 some are not, 2 it could not be told, or not be entered as asked. */
export async function reconcileCommand(args: string[], io: Output): Promise<number> {
  try {
    return await run(args, io);
  } catch (error) {
    io.err(failureOf(RECONCILE_HELP, error));
    return 2;
  }
}

async function run(args: string[], io: Output): Promise<number> {
  const given = parse(args);
  const { list, out, toleranceMs } = given;
  const began = performance.now();
  const span = await spanOf(list);
  const log = await readJudgedLog({
    ...given.log,
    span: { from: span.from - toleranceMs, to: span.to + toleranceMs },
  });
  const judge = paymentJudge(log.known, toleranceMs);
  const sums = tally();
  const file = out === undefined ? undefined : await reportFile(out);
  const again = readPayments(list);
  for await (const payment of again.rows) {
    const judged = { payment, finding: judge(payment) };
    sums.take(judged);
    await file?.write(judged);
  }
  if (again.digest() !== span.digest) throw new Error("The list was changed while it was read.");
  const result = resultOf(log, { ...span, toleranceMs, counts: sums.counts });
  await file?.end(result);
  for (const line of sums.lines(span)) io.out(line);
  for (const line of toldOf(log, result)) io.out(line);
  io.out(`Judged in ${((performance.now() - began) / 1_000).toFixed(1)} s.`);
  const code = isAllSecured(result) ? 0 : 1;
  if (given.entry === undefined) return code;
  const entered = await enterResult(result, {
    ...given.entry,
    place: given.log.place,
    tenant: log.tenant,
    now: Date.now,
  });
  (entered.kind === "failed" ? io.err : io.out)(entered.sentence);
  return entered.kind === "failed" ? 2 : code;
}

/** The first pass: whether the list can be read at all, and over which days. */
async function spanOf(list: ListOptions) {
  const first = readPayments(list);
  let [from, to] = [Infinity, -Infinity];
  for await (const { at } of first.rows) {
    from = Math.min(from, at);
    to = Math.max(to, at);
  }
  if (from > to) throw new Error("The list has no payments.");
  return { from, to, digest: first.digest() };
}

function resultOf(log: JudgedLog, rest: Omit<Reconciled, "against">): Reconciled {
  const { origin, root, size, verified } = log;
  const { counts, digest, from, to, toleranceMs } = rest;
  const of = origin === undefined ? {} : { origin };
  return { counts, digest, from, to, toleranceMs, against: { ...of, size, root, verified } };
}

function toldOf({ lines, origin, tenant }: JudgedLog, { against, digest }: Reconciled): string[] {
  const named = origin ?? tenant;
  return [
    "",
    `List: SHA-256 ${digest}`,
    `Log: ${named}, ${against.size} entries, root ${against.root}`,
    ...lines,
    ...(against.verified ? [] : ["The log was not checked: give its verifier key (--key)."]),
  ];
}

const text = { type: "string" } as const;
const many = { type: "string", multiple: true } as const;

function parse(args: string[]) {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      log: text,
      tenant: text,
      tolerance: text,
      time: text,
      call: text,
      agent: text,
      reference: text,
      zone: text,
      key: many,
      checkpoint: many,
      out: text,
      url: text,
      token: text,
      "api-key": text,
      "no-entry": { type: "boolean" },
    },
  });
  const [path, ...more] = positionals;
  const { log: place, tenant, zone } = values;
  if (path === undefined || more.length > 0 || place === undefined) throw new Error(USAGE);
  if (zone !== undefined && !isTimeZone(zone)) {
    throw new Error("--zone takes the name of a time zone, such as Europe/London.");
  }
  const { TACET_API_KEY, TACET_TOKEN, TACET_URL } = process.env;
  const token = values.token ?? values["api-key"] ?? TACET_TOKEN ?? TACET_API_KEY;
  const credential = token === undefined ? {} : { token };
  const url = values.url ?? (/^https?:\/\//.test(place) ? place : TACET_URL);
  const list: ListOptions = {
    path,
    columns: columnsOf(values),
    ...(zone === undefined ? {} : { zone }),
  };
  return {
    list,
    toleranceMs: toleranceOf(values.tolerance),
    out: values.out,
    log: {
      place,
      ...credential,
      ...(tenant === undefined ? {} : { tenant }),
      trusted: (values.key ?? []).flatMap(keysFrom),
      checkpoints: values.checkpoint ?? [],
    },
    entry:
      values["no-entry"] === true
        ? undefined
        : { ...credential, ...(url === undefined ? {} : { url }) },
  };
}

function columnsOf(values: Readonly<Record<string, unknown>>): Columns {
  const which = ["time", "call", "agent", "reference"] as const;
  const named = which.filter((name) => typeof values[name] === "string");
  const name = (one: (typeof which)[number]): string => {
    const value = values[one];
    return typeof value === "string" ? value : one;
  };
  return {
    time: name("time"),
    call: name("call"),
    agent: name("agent"),
    reference: name("reference"),
    named: new Set(named),
  };
}

function toleranceOf(given: string | undefined): number {
  const seconds = given === undefined ? TOLERANCE_S : Number(given.replace(/s$/, ""));
  if (given === "" || !(seconds >= 0 && seconds <= TOLERANCE_S_MAX)) {
    throw new Error(`--tolerance takes seconds, from 0 to ${TOLERANCE_S_MAX}.`);
  }
  return Math.round(seconds * 1_000);
}

function keysFrom(given: string): Verifier[] {
  if (/^[^+]+\+[0-9a-f]{8}\+/.test(given)) return [parseVerifier(given)];
  const lines = readFileSync(given, "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map(parseVerifier);
}
