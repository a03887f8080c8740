/**
 * Follows a successor's first entry to the log whose place it took: what is missing of it, and
 * whether what was found then is still there as it was.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Checkpoint } from "../../log/checkpoint.ts";
import { openSigned } from "../../log/keyChain.ts";
import { type Verifier, fromBase64, parseVerifier } from "../../log/note.ts";
import { type Succession, successionOf } from "../../log/succession.ts";
import { type Erased, type Kept, type Stored, verifyLog } from "../../log/verify.ts";
import { type Source, sourcesAt } from "./log/sources.ts";
import { sentence } from "./verifyOne.ts";

export interface Followed {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** A predecessor that is not here is no finding: what it was is stated under a signature. */
export async function verifyKept(
  link: Succession,
  successor: Source,
  trusted: readonly Verifier[],
): Promise<Followed> {
  const lines = [statement(link)];
  // The name is the log's own word, so it leads nowhere else.
  const place = successor.folder && join(successor.folder, basename(link.keptIn));
  if (place === undefined || place === "" || !existsSync(place)) {
    return { ok: true, lines: [...lines, "it is not here to be checked"] };
  }
  if (link.found.size === 0) return { ok: true, lines };
  const found = await sourcesAt(place, {}).catch(() => undefined);
  try {
    const source = found?.sources.find(({ tenant }) => tenant === successor.tenant);
    if (source === undefined) {
      return { ok: false, lines: [...lines, `${place}: THE LOG THAT WAS KEPT CANNOT BE READ`] };
    }
    const checked = await compare(link, source, trusted);
    return { ok: checked.ok, lines: [...lines, ...checked.lines] };
  } finally {
    found?.close();
  }
}

async function compare(
  link: Succession,
  source: Source,
  trusted: readonly Verifier[],
): Promise<Followed> {
  const known = [...trusted, ...source.keys.map(parseVerifier)];
  const signed = await headsUpTo(link.agreesTo, source, known);
  const root = fromBase64(link.found.root) ?? new Uint8Array(0);
  const asFound: Checkpoint = {
    origin: link.predecessor,
    size: link.found.size,
    root,
    extensions: [],
  };
  let before: Succession | undefined;
  const verified = await verifyLog({
    entries: firstOf(source.entries, link.found.size),
    checkpoints: [...signed, asFound],
    heard(entry) {
      if (entry.position === 1) before = successionOf(entry);
    },
  });
  if (verified.kind !== "intact") {
    return { ok: false, lines: [`${link.predecessor}: ${sentence(verified)}`] };
  }
  const line = `${link.predecessor}: as it was found then, ${link.found.size} entries, ${signed.length} signed heads`;
  if (before === undefined) return { ok: true, lines: [line] };
  // Kept logs lie side by side in the folder of the newest.
  const folder = source.folder === undefined ? undefined : join(source.folder, "..");
  const earlier = await verifyKept(
    before,
    { ...source, ...(folder === undefined ? {} : { folder }) },
    trusted,
  );
  return { ok: earlier.ok, lines: [line, ...earlier.lines] };
}

async function headsUpTo(
  size: number,
  source: Source,
  known: readonly Verifier[],
): Promise<Checkpoint[]> {
  const heads: Checkpoint[] = [];
  for (const note of source.heads) {
    const head = await openSigned(note, known).catch(() => undefined);
    if (head !== undefined && head.checkpoint.size <= size) heads.push(head.checkpoint);
  }
  return heads;
}

async function* firstOf(entries: Kept, count: number): AsyncGenerator<Stored | Erased> {
  let left = count;
  if (left === 0) return;
  for await (const stored of entries) {
    yield stored;
    left -= 1;
    if (left === 0) return;
  }
}

function statement(link: Succession): string {
  const { differs, found, missing, predecessor, problem, signed } = link;
  const had = signed === undefined ? "no signed head is known" : `${signed.size} were signed`;
  const gone =
    missing === undefined
      ? "none of the signed entries is missing"
      : `entries ${missing.from} to ${missing.to} ARE MISSING`;
  const other = differs === true ? "; what was found IS NOT what was signed" : "";
  const why = problem === undefined ? "" : `; reading ended there because it ${problem}`;
  return `successor of ${predecessor}: ${found.size} entries were found, ${had}, ${gone}${other}${why}`;
}
