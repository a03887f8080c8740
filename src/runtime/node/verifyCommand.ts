/**
 * `tacet verify PATH|URL`: tells whether a log is what was signed, and where it first is not. Needs no
 * server.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { splitNotes } from "../../log/checkpoint.ts";
import { type Verifier, parseVerifier } from "../../log/note.ts";
import { SYSTEM_TENANT } from "../../log/store.ts";
import type { FetchOptions } from "./log/fetchWhole.ts";
import { NoSource, NotFetched } from "./log/noSource.ts";
import { type Source, sourcesAt } from "./log/sources.ts";
import { isTileFolder } from "./log/tileSource.ts";
import { type Help, failureOf, usageOf } from "./help.ts";
import type { Output } from "./output.ts";
import { verifyKept } from "./verifyKept.ts";
import { type Given, verifyOne } from "./verifyOne.ts";
import { isReceipt, verifyReceiptFile, verifyTileFolder } from "./verifyProofs.ts";

export const VERIFY_HELP: Help = {
  name: "verify",
  does: "Checks a control log, an auditor's kit or a receipt: is it what was signed?",
  usage: [
    "PATH|URL [--key VKEY|FILE]... [--checkpoint FILE]... [--since FILE]... [--entry FILE] [--token TOKEN | --api-key KEY]",
  ],
  terms: {
    PATH: "a service's log folder (it may be running), an exported folder or .ndjson file, a folder of tiles (an auditor's kit), or a receipt (.tlog-proof) with its entry beside it (the same name, .json)",
    URL: "a running service",
    "--key": "a verifier key (name+id+base64) you got by another way, or a file with such keys",
    "--checkpoint": "signed heads of the log, beside those found with it",
    "--since": "a head saved earlier: the log must still begin with what it signed",
    "--entry": "the entry that a receipt is of, where it is not beside it",
    "--token": "a token for the service; otherwise TACET_TOKEN",
    "--api-key": "an API key for the service; otherwise TACET_API_KEY",
  },
  exit: {
    0: "intact",
    1: "a finding: the first thing that is wrong",
    2: "it could not be checked, or the arguments do not fit",
    3: "a service did not hand it over: that says nothing of the log",
  },
  examples: ["tacet verify /var/lib/tacet --key tacet.example+1a2b3c4d+AbCd..."],
};

const USAGE = usageOf(VERIFY_HELP);

const KEY_CAME_ALONG =
  "The key came with the log: who doubts the key's holder needs it from elsewhere (--key).";

const NOT_FETCHED =
  "NOT FETCHED: of the log this says nothing, neither that it is intact nor that it is not. Run this again.";

/** Exit code: 0 intact, 1 something is wrong, 2 it could not be checked, 3 it could not be fetched. */
export async function verifyCommand(
  args: string[],
  io: Output,
  fetching: Omit<FetchOptions, "token"> = {},
): Promise<number> {
  try {
    return await run(args, io, fetching);
  } catch (error) {
    if (error instanceof NotFetched) {
      io.err(error.message);
      io.err(NOT_FETCHED);
      return 3;
    }
    // Wrong arguments, unreadable files and malformed keys: none of them holds a secret.
    io.err(failureOf(VERIFY_HELP, error));
    return 2;
  }
}

const many = { type: "string", multiple: true } as const;

async function run(
  args: string[],
  io: Output,
  fetching: Omit<FetchOptions, "token">,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      key: many,
      checkpoint: many,
      since: many,
      entry: { type: "string" },
      token: { type: "string" },
      "api-key": { type: "string" },
    },
  });
  const [place, ...more] = positionals;
  if (place === undefined || more.length > 0) {
    io.err(USAGE);
    return 2;
  }
  const notes = [...(values.checkpoint ?? []), ...(values.since ?? [])].flatMap((path) =>
    splitNotes(readFileSync(path, "utf8")),
  );
  const trusted = (values.key ?? []).flatMap(keysFrom);
  if (isReceipt(place) || isTileFolder(place)) {
    const checked = isReceipt(place)
      ? await verifyReceiptFile(place, values.entry, trusted)
      : await verifyTileFolder(place, { notes, trusted });
    for (const line of checked.lines) io.out(line);
    if (trusted.length === 0) io.out(KEY_CAME_ALONG);
    return checked.ok ? 0 : 1;
  }
  const { TACET_TOKEN, TACET_API_KEY } = process.env;
  const token = values.token ?? values["api-key"] ?? TACET_TOKEN ?? TACET_API_KEY;
  const found = await sourcesAt(place, {
    ...fetching,
    ...(token === undefined ? {} : { token }),
  });
  try {
    if (found.sources.length === 0) {
      throw new NoSource(`${place} has no entries and no signed head.`);
    }
    const worst = await verifyAll(found.sources, { notes, trusted }, io);
    if (trusted.length === 0) io.out(KEY_CAME_ALONG);
    return worst;
  } finally {
    found.close();
  }
}

/** The system's log first: a key it hands on may sign logs that began later. */
async function verifyAll(sources: readonly Source[], given: Given, io: Output): Promise<number> {
  const first = sources.filter(({ tenant }) => tenant === SYSTEM_TENANT);
  const rest = sources.filter(({ tenant }) => tenant !== SYSTEM_TENANT);
  let trusted = given.trusted;
  let worst = 0;
  for (const source of [...first, ...rest]) {
    const told = await verifyOne(source, { ...given, trusted });
    for (const line of told.lines) io.out(line);
    worst = Math.max(worst, told.ok ? 0 : 1);
    // What nobody trusted vouches for nothing.
    if (trusted.length > 0 && source.tenant === SYSTEM_TENANT) {
      trusted = [...trusted, ...told.vouched];
    }
    if (told.succession === undefined) continue;
    const before = await verifyKept(told.succession, source, trusted);
    for (const line of before.lines) io.out(`  ${line}`);
    worst = Math.max(worst, before.ok ? 0 : 1);
  }
  return worst;
}

function keysFrom(text: string): Verifier[] {
  if (/^[^+]+\+[0-9a-f]{8}\+/.test(text)) return [parseVerifier(text)];
  const lines = readFileSync(text, "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map(parseVerifier);
}
