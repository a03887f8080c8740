/**
 * Reads logs again, entry by entry, in slices with a rest after each: what was written is still
 * what is there, and is what was signed. Uses a connection of its own and keeps no transaction open.
 *
 * @module
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { TenantId } from "../../../control/call.ts";
import { isCallEntry } from "../../../log/callEntries.ts";
import { splitNotes } from "../../../log/checkpoint.ts";
import type { Entry } from "../../../log/entry.ts";
import { openSigned } from "../../../log/keyChain.ts";
import { type Verifier, parseVerifier } from "../../../log/note.ts";
import { originOf } from "../../../log/origin.ts";
import {
  type Erased,
  type Pass,
  type Reached,
  type Stored,
  type Verified,
  startPass,
} from "../../../log/verify.ts";
import { type EntryRow, metaOf, openForReading, prunedToIn, tenantsOf } from "./database.ts";
import { type CallMet, followsIn, metWith, noteFlaw, unnoted } from "./rowNotes.ts";
import { type Folder, folderAt, readIfThere, tenantsWithHeads } from "./folder.ts";

/** Where the last pass over one tenant's log had come. */
export interface Mark extends Reached {
  /** Of the file of all heads: those before it were met. */
  readonly headBytes: number;
}

export interface Rechecked {
  readonly tenant: TenantId;
  /** `bad_head`: a signed head was changed, or is of another log. */
  readonly verified: Verified | { readonly kind: "bad_head"; readonly problem: string };
  /** Where the next pass may go on; only of an intact log. */
  readonly mark?: Mark;
}

export interface RecheckWork {
  readonly folder: string;
  /** Tenants that are not in it are read from their first entry. */
  readonly marks: ReadonlyMap<TenantId, Mark>;
  /** Calls kept in mind, where it is not `CALL_COUNT_MAX`. */
  readonly callCountMax?: number;
}

/** Entries read at once: some milliseconds' work. */
const SLICE = 250;
/** Calls whose newest entry is kept in mind, to check the next one's word of it. */
const CALL_COUNT_MAX = 100_000;
const HEADS_BYTES = 256 << 10;

/** One result a tenant. `rest` is given the ms a slice took. Throws where the file cannot be opened. */
export async function* recheckAll(
  work: RecheckWork,
  rest: (workedMs: number) => void,
): AsyncGenerator<Rechecked> {
  const folder = folderAt(work.folder);
  const lines = `${readIfThere(folder.publicKeys) ?? ""}${readIfThere(folder.publicKey) ?? ""}`;
  const keys = lines
    .split("\n")
    .filter((line) => line !== "")
    .map(parseVerifier);
  const db = openForReading(folder.database);
  try {
    const base = metaOf(db, "origin") ?? "";
    const generation = Number(metaOf(db, "generation") ?? "1");
    for (const tenant of new Set([...tenantsOf(db), ...tenantsWithHeads(folder)])) {
      const origin = originOf(base, tenant, generation);
      const callCountMax = work.callCountMax ?? CALL_COUNT_MAX;
      const one = { db, folder, keys, tenant, origin, rest, callCountMax };
      yield await recheckOne(one, work.marks.get(tenant));
    }
  } finally {
    db.close();
  }
}

interface One {
  readonly db: DatabaseSync;
  readonly folder: Folder;
  readonly keys: readonly Verifier[];
  readonly tenant: TenantId;
  readonly origin: string;
  readonly rest: (workedMs: number) => void;
  readonly callCountMax: number;
}

async function recheckOne(one: One, mark: Mark | undefined): Promise<Rechecked> {
  const { db, folder, tenant } = one;
  // Heads first: what they sign is committed by the time the entries are counted.
  const latest = readIfThere(folder.latest(tenant));
  const heads = headsFrom(folder.all(tenant), mark?.headBytes ?? 0);
  const pass = startPass(undefined, mark);
  const misfit = chainCheck(one);
  const slice = db.prepare(
    "SELECT position, bytes, leaf, call_id, prev FROM entries WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?",
  );
  let pending: string[] = [];
  try {
    for (;;) {
      const startedAt = performance.now();
      const from = pass.reached().tree.size;
      const rows = slice.all(tenant, from, SLICE) as unknown as EntryRow[];
      const to = from + rows.length;
      // Every head of a size up to here is known before its entry is taken.
      while (pending.length > 0 || (pending = heads.next()).length > 0) {
        const bad = await expectUpTo(one, pass, pending, rows.length < SLICE ? Infinity : to);
        if (bad !== undefined) return { tenant, verified: bad };
        if (pending.length > 0) break;
      }
      for (const row of rows) {
        const bad = pass.take(storedOf(row, misfit));
        if (bad !== undefined) return { tenant, verified: bad };
      }
      one.rest(performance.now() - startedAt);
      if (rows.length < SLICE) break;
    }
    if (latest !== undefined) {
      const bad = await expectUpTo(one, pass, [latest], Infinity);
      if (bad !== undefined) return { tenant, verified: bad };
    }
  } catch {
    const position = pass.reached().tree.size + 1;
    return { tenant, verified: { kind: "unreadable", position } };
  }
  const verified = pass.end();
  if (verified.kind !== "intact") return { tenant, verified };
  const flaw = noteFlaw(db, tenant);
  if (flaw !== undefined) return { tenant, verified: flaw };
  return { tenant, verified, mark: { ...pass.reached(), headBytes: heads.readTo() } };
}

/** Takes from `pending` the heads of at most this size, and gives them to the pass. */
async function expectUpTo(
  { keys, origin }: One,
  pass: Pass,
  pending: string[],
  size: number,
): Promise<Rechecked["verified"] | undefined> {
  while (pending.length > 0) {
    const note = pending[0] ?? "";
    if (Number(note.split("\n")[1]) > size) return undefined;
    pending.shift();
    const head = await openSigned(note, keys).catch(() => undefined);
    if (head === undefined) return { kind: "bad_head", problem: "no key of this log signed it" };
    const { checkpoint } = head;
    if (checkpoint.origin !== origin) {
      return { kind: "bad_head", problem: "it is of another log" };
    }
    const bad = pass.expect(checkpoint);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

function storedOf(
  row: EntryRow,
  misfit: (row: EntryRow, entry: Entry) => string | undefined,
): Stored | Erased {
  const { bytes, leaf, position } = row;
  if (bytes.length === 0) return { position, erased: leaf };
  return { position, bytes, leaf, misfit: (entry) => misfit(row, entry) };
}

/** Whether a row's own notes fit: which call it is of, and that call's entry before. */
function chainCheck({ callCountMax, db, tenant }: One) {
  const newest = new Map<string, CallMet>();
  const callAt = db.prepare(
    "SELECT call_id, length(bytes) AS length FROM entries WHERE tenant = ? AND position = ?",
  );
  // Asked each time: the log may be pruned while it is read.
  const prunedTo = () => prunedToIn(db, tenant);
  return (row: EntryRow, entry: Entry): string | undefined => {
    const callId = isCallEntry(entry) ? (entry.callId as string) : null;
    if (callId !== row.call_id) return "is filed under another call";
    if (callId === null) return unnoted(entry, prunedTo);
    const before = newest.get(callId);
    const prev = row.prev ?? -1;
    newest.delete(callId);
    newest.set(callId, metWith(before, row.position, prev));
    if (newest.size > callCountMax) {
      const [oldest] = newest.keys();
      if (oldest !== undefined) newest.delete(oldest);
    }
    const fits =
      before === undefined
        ? isOfCall(prev, callId)
        : prev === before.newest || followsIn({ entry, prev, before, prunedTo: prunedTo() });
    return fits ? undefined : "names another entry before it in its call";
  };

  /** Of a call that was not met in this pass no more can be told than that it leads to its own. */
  function isOfCall(position: number, callId: string): boolean {
    if (position === 0) return true;
    const there = callAt.get(tenant, position) as
      | { readonly call_id: string | null; readonly length: number }
      | undefined;
    return there !== undefined && (there.call_id === callId || there.length === 0);
  }
}

/** The notes of a file, some at a time, up to where it ended when this was called. */
function headsFrom(path: string, start: number) {
  const file = existsSync(path) ? openSync(path, "r") : undefined;
  const end = file === undefined ? 0 : fstatSync(file).size;
  if (file !== undefined) closeSync(file);
  let at = start;
  return {
    readTo: () => at,
    next(): string[] {
      if (at >= end) return [];
      const bytes = Buffer.alloc(Math.min(HEADS_BYTES, end - at));
      const again = openSync(path, "r");
      try {
        readSync(again, bytes, 0, bytes.length, at);
      } finally {
        closeSync(again);
      }
      // Each note is followed by an empty line; what has none yet is for the next time.
      const text = bytes.toString("latin1");
      const whole = [...text.matchAll(WHOLE)].at(-1);
      if (whole === undefined) return [];
      const length = whole.index + whole[0].length;
      at += length;
      return splitNotes(bytes.subarray(0, length).toString("utf8"));
    },
  };
}

/** A signature line, whose dash is three bytes, and the empty line behind the note. */
const WHOLE = /\n\u00e2\u0080\u0094 [^\n]+\n\n/g;
