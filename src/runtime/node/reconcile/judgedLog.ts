/**
 * The control log that payments are judged against: read once, in order, from a folder, an exported
 * file or a service; checked where a key is given; and named by its size and root.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { EpochMs } from "../../../control/call.ts";
import type { Known } from "../../../evidence/reconcileIndex.ts";
import { gatherWindows } from "../../../evidence/reconcileWindows.ts";
import { eventOfEntry, isCallEntry } from "../../../log/callEntries.ts";
import type { Entry } from "../../../log/entry.ts";
import { readCheckpoint, splitNotes } from "../../../log/checkpoint.ts";
import { toBase64, type Verifier } from "../../../log/note.ts";
import { SYSTEM_TENANT } from "../../../log/store.ts";
import { emptyTree, grow, leafHash, rootOf } from "../../../log/tree.ts";
import type { Erased, Stored } from "../../../log/verify.ts";
import { NoSource } from "../log/noSource.ts";
import { type Source, sourcesAt } from "../log/sources.ts";
import { verifyOne } from "../verifyOne.ts";

export interface LogAsked {
  readonly place: string;
  readonly tenant?: string;
  readonly token?: string;
  /** Got by another way than the log. Without one, nothing is checked. */
  readonly trusted: readonly Verifier[];
  /** Files with signed heads that were kept elsewhere. */
  readonly checkpoints: readonly string[];
  /** Windows that were open at some moment of it are wanted. */
  readonly span: { readonly from: EpochMs; readonly to: EpochMs };
}

export interface JudgedLog {
  readonly known: Known;
  readonly tenant: string;
  readonly origin?: string;
  readonly size: number;
  readonly root: string;
  readonly verified: boolean;
  /** What checking it said. */
  readonly lines: readonly string[];
}

/** It is not what was signed: nothing is judged by it. */
class LogNotGood extends Error {
  readonly code = "log_not_good";
}

/** Throws `NoSource` where it cannot be read, `LogNotGood` where it is not what it should be. */
export async function readJudgedLog(asked: LogAsked): Promise<JudgedLog> {
  const { checkpoints, place, token, trusted } = asked;
  const found = await sourcesAt(place, token === undefined ? {} : { token });
  try {
    const source = chosen(found.sources, asked.tenant);
    const pass = reading(source, asked.span);
    if (trusted.length === 0) {
      for await (const _ of pass.entries) continue;
      return { ...pass.end(source), verified: false, lines: [] };
    }
    const notes = checkpoints.flatMap((path) => splitNotes(readFileSync(path, "utf8")));
    const keys = [...trusted, ...(await vouched(found.sources, notes, trusted))];
    const told = await verifyOne({ ...source, entries: pass.entries }, { notes, trusted: keys });
    if (!told.ok) throw new LogNotGood(told.lines.join("\n"));
    return { ...pass.end(source), verified: true, lines: told.lines };
  } finally {
    found.close();
  }
}

function chosen(sources: readonly Source[], tenant: string | undefined): Source {
  const own = sources.filter(
    (one) =>
      one.tenant !== SYSTEM_TENANT && (tenant === undefined || (one.tenant ?? tenant) === tenant),
  );
  const [first, ...more] = own;
  if (first !== undefined && more.length === 0) return first;
  const known = sources.map((one) => one.tenant ?? one.name).filter((one) => one !== SYSTEM_TENANT);
  const there = `there are: ${known.join(", ") || "none"}.`;
  throw new NoSource(
    first === undefined ? `There is no such log here; ${there}` : `Whose log? --tenant; ${there}`,
  );
}

/** Keys that the system's log, which is read first, hands on to. */
async function vouched(
  sources: readonly Source[],
  notes: readonly string[],
  trusted: readonly Verifier[],
): Promise<readonly Verifier[]> {
  const system = sources.find(({ tenant }) => tenant === SYSTEM_TENANT);
  return system === undefined ? [] : (await verifyOne(system, { notes, trusted })).vouched;
}

/** Listens to the entries as they pass. */
function reading(source: Source, span: LogAsked["span"]) {
  const gathering = gatherWindows(span);
  let tree = emptyTree;
  let tenant = source.tenant;
  let flaw: string | undefined;

  function hear(stored: Stored | Erased): void {
    if ("erased" in stored) {
      tree = grow(tree, stored.erased);
      gathering.forget();
      return;
    }
    const { bytes, leaf } = stored;
    const position = tree.size + 1;
    // A hash that is stored beside its entry is compared with it where the log is checked.
    tree = grow(tree, leaf ?? leafHash(bytes));
    if (flaw !== undefined) return;
    const entry = parsed(bytes);
    if (entry === undefined) {
      flaw = `entry ${position} is no entry`;
      return;
    }
    tenant ??= entry.tenant;
    if (entry.position !== position) {
      flaw = `entry ${position} says that it is entry ${entry.position}: this is not a whole log`;
    } else if (entry.tenant !== tenant) flaw = `entry ${position} is of another tenant`;
    gathering.reach(entry.at);
    if (isCallEntry(entry)) gathering.take(entry.callId as string, eventOfEntry(entry));
  }

  return {
    entries: passing(source.entries, hear),
    end(of: Source) {
      if (flaw !== undefined) throw new LogNotGood(`${of.name}: ${flaw}.`);
      if (tree.size === 0 || tenant === undefined) throw new NoSource(`${of.name} has no entries.`);
      const origin = of.origin ?? originIn(of.heads);
      return {
        known: gathering.end(),
        tenant,
        size: tree.size,
        root: toBase64(rootOf(tree)),
        ...(origin === undefined ? {} : { origin }),
      };
    },
  };
}

/** Whether it is in the form of an entry to the letter is for who checks the log to say. */
function parsed(bytes: Uint8Array): Entry | undefined {
  try {
    const value = JSON.parse(decoder.decode(bytes)) as Partial<Entry> | null;
    const isEntry = typeof value?.type === "string" && typeof value.at === "number";
    return isEntry ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function originIn(heads: readonly string[]): string | undefined {
  const [newest] = heads.slice(-1);
  try {
    return newest === undefined ? undefined : readCheckpoint(newest).origin;
  } catch {
    return undefined;
  }
}

async function* passing(
  entries: Source["entries"],
  hear: (stored: Stored | Erased) => void,
): AsyncGenerator<Stored | Erased> {
  for await (const stored of entries) {
    hear(stored);
    yield stored;
  }
}
