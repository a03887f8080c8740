/**
 * `tacet verify PATH|URL`: tells whether a log is what was signed, and where it first is not. Needs no
 * server.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Checkpoint, openCheckpoint, splitNotes } from "../../log/checkpoint.ts";
import { type Verifier, formatVerifier, parseVerifier, verifierOf } from "../../log/note.ts";
import { type Verified, verifyLog } from "../../log/verify.ts";
import { NoSource, type Source, sourcesAt } from "./log/sources.ts";
import { visible } from "./output.ts";

export interface CommandOutput {
  out(line: string): void;
  err(line: string): void;
}

const USAGE = `usage: tacet verify PATH|URL [--key VKEY|FILE] [--checkpoint FILE] [--since FILE] [--token TOKEN | --api-key KEY]

PATH   a service's log folder, an exported folder, or an exported .ndjson file
URL    a running service; the token may be in TACET_TOKEN or TACET_API_KEY
--key         the verifier key (name+id+base64), or a file with it
--checkpoint  signed heads of the log, beside those found with it
--since       a head saved earlier: the log must still begin with what it signed`;

/** Exit code: 0 intact, 1 something is wrong, 2 it could not be checked. */
export async function verifyCommand(args: string[], io: CommandOutput): Promise<number> {
  try {
    return await run(args, io);
  } catch (error) {
    // Wrong arguments, unreadable files and malformed keys: none of them holds a secret.
    io.err(error instanceof Error ? error.message : "The log could not be checked.");
    return 2;
  }
}

async function run(args: string[], io: CommandOutput): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      key: { type: "string" },
      checkpoint: { type: "string" },
      since: { type: "string" },
      token: { type: "string" },
      "api-key": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [place, ...more] = positionals;
  if (values.help === true) {
    io.out(USAGE);
    return 0;
  }
  if (place === undefined || more.length > 0) {
    io.err(USAGE);
    return 2;
  }
  const { TACET_TOKEN, TACET_API_KEY } = process.env;
  const token = values.token ?? values["api-key"] ?? TACET_TOKEN ?? TACET_API_KEY;
  const found = await sourcesAt(place, token === undefined ? {} : { token });
  const { sources } = found;
  try {
    const given = [values.checkpoint, values.since].flatMap((path) =>
      path === undefined ? [] : splitNotes(readFileSync(path, "utf8")),
    );
    if (sources.length === 0) throw new NoSource(`${place} has no entries and no signed head.`);
    const key = values.key === undefined ? undefined : keyFrom(values.key);
    let worst = 0;
    for (const source of sources) worst = Math.max(worst, await verifyOne(source, key, given, io));
    if (key === undefined) {
      io.out(
        "The key came with the log: who doubts the key's holder needs it from elsewhere (--key).",
      );
    }
    return worst;
  } finally {
    found.close();
  }
}

function keyFrom(text: string): Verifier {
  if (/^[^+]+\+[0-9a-f]{8}\+/.test(text)) return parseVerifier(text);
  return parseVerifier(readFileSync(text, "utf8"));
}

async function verifyOne(
  source: Source,
  trusted: Verifier | undefined,
  given: readonly string[],
  io: CommandOutput,
): Promise<number> {
  const key = trusted ?? (source.key === undefined ? undefined : parseVerifier(source.key));
  if (key === undefined) {
    throw new NoSource(`No verifier key came with ${source.name}: give it with --key.`);
  }
  const own = await openAll(source.heads, key);
  const others = await openAll(given, key);
  const bad = [own, others].find((heads) => typeof heads === "string");
  if (typeof bad === "string") return tell(`${source.name}: BAD SIGNED HEAD: ${bad}`);
  const heads = [...(own as Checkpoint[]), ...(others as Checkpoint[])];
  const origin = originOf(source, key, heads);
  const strange = (own as Checkpoint[]).find((head) => head.origin !== origin);
  if (strange !== undefined) {
    return tell(`${source.name}: BAD SIGNED HEAD: it is of ${strange.origin}, not of ${origin}`);
  }
  // A head given on the command line may be of another tenant of the same folder.
  const checkpoints = heads.filter((head) => head.origin === origin);
  if (checkpoints.length === 0) {
    return tell(`${origin}: NO SIGNED HEAD: nothing shows that these entries are those written`);
  }
  const verified = await verifyLog({ entries: source.entries, checkpoints });
  if (verified.kind !== "intact") return tell(`${origin}: ${sentence(verified)}`);
  io.out(visible(`${origin}: ${sentence(verified)}`));
  io.out(`  root ${verified.root}, key ${formatVerifier(verifierOf(origin, key.publicKey))}`);
  return 0;

  function tell(line: string): number {
    io.out(visible(line));
    return 1;
  }
}

function originOf(source: Source, key: Verifier, heads: readonly Checkpoint[]): string {
  if (source.tenant !== undefined) return `${key.name}/${encodeURIComponent(source.tenant)}`;
  return heads[0]?.origin ?? source.name;
}

/** The heads, or what is wrong with the first bad one. */
async function openAll(notes: readonly string[], key: Verifier): Promise<Checkpoint[] | string> {
  const heads: Checkpoint[] = [];
  for (const [index, note] of notes.entries()) {
    try {
      heads.push(await openCheckpoint(note, key));
    } catch (error) {
      return `head ${index + 1}: ${error instanceof Error ? error.message : "unreadable"}`;
    }
  }
  return heads;
}

function sentence(verified: Verified): string {
  switch (verified.kind) {
    case "intact":
      return intact(verified);
    case "bad_entry":
      return `ENTRY ${verified.position} IS WRONG: it ${verified.problem}`;
    case "bad_span":
      return `AN ENTRY FROM ${verified.from} TO ${verified.to} IS WRONG: ${verified.problem}`;
    case "cut":
      return `ENTRIES ${verified.from} TO ${verified.to} ARE MISSING: a head had signed them`;
    case "forked":
      return `TWO HISTORIES of ${verified.size} entries were signed`;
    case "unreadable":
      return `ENTRY ${verified.position} CANNOT BE READ: the file is damaged`;
    default:
      return verified satisfies never;
  }
}

function intact({ size, signedTo, checkpoints }: Extract<Verified, { kind: "intact" }>): string {
  const rest = size - signedTo;
  const open = rest === 0 ? "" : `; the last ${rest} are under no signature yet`;
  return `INTACT, ${size} entries, ${checkpoints} signed heads${open}`;
}
