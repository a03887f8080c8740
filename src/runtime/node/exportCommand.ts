/**
 * `tacet export PLACE`: a period of a control log for other programs and people: NDJSON that still
 * verifies, CSV for spreadsheets, CEF and OCSF lines for a SIEM.
 *
 * @module
 */
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Entry } from "../../log/entry.ts";
import { cefLine, csvHead, csvRow, ocsfLine, type Product } from "../../log/exports.ts";
import { leafLine } from "../../log/ndjson.ts";
import { matches } from "../../log/filter.ts";
import { readEntry } from "../../log/form.ts";
import { NoSource } from "./log/noSource.ts";
import { type Source, sourcesAt } from "./log/sources.ts";
import { type Help, failureOf, usageOf } from "./help.ts";
import type { Output } from "./output.ts";
import { timeOption } from "./timeOption.ts";
import { VERSION } from "./version.ts";

export const EXPORT_HELP: Help = {
  name: "export",
  does: "Writes a control log for a spreadsheet, a SIEM, or to verify elsewhere.",
  usage: [
    "PATH|URL --out PLACE [--format ndjson|csv|cef|ocsf] [--tenant TENANT] [--from TIME] [--to TIME]",
  ],
  terms: {
    PATH: "a service's log folder (it may be running), or an exported folder or .ndjson file",
    URL: "a running service; the credential is in TACET_TOKEN or TACET_API_KEY",
    "--out": "a new folder for ndjson, a new file for the others",
    "--format":
      "ndjson: all entries, signed heads and keys, which tacet verify checks, without a period; csv, cef, ocsf: the entries of a period",
    "--tenant": "whose log, where there are several",
    "--from": "from this moment on, such as 2026-11-22T09:00:00Z",
    "--to": "up to this moment",
  },
  exit: {
    0: "it is written",
    1: "an entry could not be read as one and was left out",
    2: "nothing could be read or written, or the arguments do not fit",
  },
  examples: [
    "tacet export /var/lib/tacet --format csv --out october.csv --from 2026-10-01T00:00:00Z",
  ],
};

const USAGE = usageOf(EXPORT_HELP);

const FORMATS = ["ndjson", "csv", "cef", "ocsf"] as const;
type Format = (typeof FORMATS)[number];

/** Exit code: 0, 1 where an entry could not be read as one, 2 where nothing could. */
export async function exportCommand(args: string[], io: Output): Promise<number> {
  try {
    const asked = parse(args);
    const { TACET_API_KEY, TACET_TOKEN } = process.env;
    const token = TACET_TOKEN ?? TACET_API_KEY;
    const found = await sourcesAt(asked.place, token === undefined ? {} : { token });
    try {
      const source = chosen(found.sources, asked.tenant);
      const { count, unread } =
        asked.format === "ndjson"
          ? await writeFolder(source, asked.out)
          : await writePeriod(source, asked.out, lineIn(asked.format, source), asked);
      io.out(`${count} entries of ${source.name} are in ${asked.out}.`);
      if (unread === 0) return 0;
      io.err(`${unread} could not be read as entries and were left out: run \`tacet verify\`.`);
      return 1;
    } finally {
      found.close();
    }
  } catch (error) {
    io.err(failureOf(EXPORT_HELP, error));
    return 2;
  }
}

interface Asked {
  readonly place: string;
  readonly out: string;
  readonly format: Format;
  readonly tenant?: string;
  readonly from?: number;
  readonly to?: number;
}

function parse(args: string[]): Asked {
  const text = { type: "string" } as const;
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: text, format: text, tenant: text, from: text, to: text },
  });
  const [place, ...more] = positionals;
  if (place === undefined || values.out === undefined || more.length > 0) throw new NoSource(USAGE);
  const format = FORMATS.find((one) => one === (values.format ?? "ndjson"));
  if (format === undefined) throw new NoSource(`--format takes ${FORMATS.join(", ")}.`);
  const [from, to] = [timeOption("--from", values.from), timeOption("--to", values.to)];
  if (format === "ndjson" && (from !== undefined || to !== undefined)) {
    throw new NoSource("An ndjson export is the whole log, or it could not be verified.");
  }
  return {
    place,
    out: values.out,
    format,
    ...(values.tenant === undefined ? {} : { tenant: values.tenant }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function chosen(sources: readonly Source[], tenant: string | undefined): Source {
  const known = sources.filter((one) => tenant === undefined || one.tenant === tenant);
  // Where there is one log of a tenant, beside the system's, it is meant.
  const own = known.length > 1 ? known.filter((one) => one.tenant !== "system") : known;
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return only;
  const names = sources.map((one) => one.tenant ?? one.name).join(", ");
  throw new NoSource(`Say which log, by --tenant: there are ${names}.`);
}

function lineIn(format: Exclude<Format, "ndjson">, source: Source) {
  const product = (entry: Entry): Product => ({
    version: VERSION,
    origin: source.origin ?? `tacet/${entry.tenant}`,
  });
  switch (format) {
    case "csv":
      return { head: csvHead(), line: csvRow };
    case "cef":
      return { head: "", line: (entry: Entry) => `${cefLine(entry, product(entry))}\n` };
    case "ocsf":
      return { head: "", line: (entry: Entry) => `${ocsfLine(entry, product(entry))}\n` };
  }
}

interface Written {
  readonly count: number;
  readonly unread: number;
}

/** As the disk takes them: memory does not grow with the log. */
async function writePeriod(
  source: Source,
  path: string,
  { head, line }: { readonly head: string; readonly line: (entry: Entry) => string },
  { from, to }: Pick<Asked, "from" | "to">,
): Promise<Written> {
  const period = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  let count = 0;
  let unread = 0;
  await writing(path, async (write) => {
    await write(head);
    for await (const stored of source.entries) {
      if ("erased" in stored) continue;
      const formed = readEntry(stored.bytes);
      if (formed.kind !== "entry") {
        unread += 1;
        continue;
      }
      if (!matches(formed.entry, period)) continue;
      count += 1;
      await write(line(formed.entry));
    }
  });
  return { count, unread };
}

/** The bytes that were hashed, the hashes of what was pruned, and the heads that sign them. */
async function writeFolder(source: Source, folder: string): Promise<Written> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [entries = "", ...beside] = ["entries.ndjson", "checkpoints.txt", "keys.pub"].map((name) =>
    join(folder, name),
  );
  const texts = [source.heads.join("\n"), source.keys.map((key) => `${key}\n`).join("")];
  let count = 0;
  await writing(entries, async (write) => {
    for await (const stored of source.entries) {
      const isErased = "erased" in stored;
      await write(isErased ? leafLine(stored.erased) : stored.bytes);
      await write("\n");
      if (!isErased) count += 1;
    }
    if (source.prunedMeanwhile?.() === true) {
      throw new NoSource(`${source.name} was pruned while it was read: run this again.`);
    }
  });
  for (const [index, path] of beside.entries()) {
    await writing(path, (write) => write(texts[index] ?? ""));
  }
  return { count, unread: 0 };
}

async function writing(
  path: string,
  run: (write: (part: string | Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  // A log is nobody's to read but its owner's, and what is there is not written over.
  const file = await open(path, "wx", 0o600);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  async function flush(): Promise<void> {
    await file.appendFile(Buffer.concat(waiting));
    [waiting, waitingBytes] = [[], 0];
  }
  try {
    await run(async (part) => {
      const bytes = Buffer.from(part);
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (waitingBytes >= WRITE_BYTES) await flush();
    });
    await flush();
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    // Half of a log would pass for the whole of it.
    await rm(path, { force: true });
    throw error;
  }
}

const WRITE_BYTES = 65_536;
