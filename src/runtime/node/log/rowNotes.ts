/**
 * What the log's file notes beside its entries, held against what the entries say: a call's entry
 * before, and how far the log was pruned.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Entry } from "../../../log/entry.ts";
import { readEntry } from "../../../log/form.ts";
import { prunedToOf } from "../../../log/retention.ts";
import type { Verified } from "../../../log/verify.ts";
import { prunedNoteIn } from "./database.ts";

/** What was met of a call. */
export interface CallMet {
  readonly newest: number;
  /** The first entry of it that was met since it began, and what that one named before itself. */
  readonly first: number;
  readonly firstPrev: number;
}

export const metWith = (before: CallMet | undefined, position: number, prev: number): CallMet =>
  before === undefined || prev === 0
    ? { newest: position, first: position, firstPrev: prev }
    : { ...before, newest: position };

/** What a row says of its call's entry before it, where that was met, was pruned, or never was. */
interface Following {
  readonly entry: Entry;
  readonly prev: number;
  /** Undefined: none was met. */
  readonly before: CallMet | undefined;
  /** Entries up to here may be gone; 0 where none are. */
  readonly prunedTo: number;
}

/** A call that was pruned in part is forgotten: its id begins anew, or goes on from what is gone. */
export function followsIn({ before, entry, prev, prunedTo }: Following): boolean {
  if (prev === (before?.newest ?? 0)) return true;
  if (before === undefined) return prev > 0 && prev <= prunedTo;
  const isCut = before.first <= prunedTo || before.firstPrev > 0;
  return prunedTo > 0 && prev === 0 && isCut && entry.type === "CallRegistered";
}

/** An entry that prunes more than is noted: few prune, so only then the note is asked for. */
export function unnoted(entry: Entry, prunedTo: () => number): string | undefined {
  const to = prunedToOf(entry);
  return to !== undefined && to > prunedTo()
    ? "prunes more than is noted beside the entries"
    : undefined;
}

/** What is wrong with the note of how far the log was pruned. */
export function noteFlaw(db: DatabaseSync, tenant: string): BadEntry | undefined {
  const note = prunedNoteIn(db, tenant);
  if (note === undefined) return undefined;
  const row = db
    .prepare("SELECT bytes FROM entries WHERE tenant = ? AND position = ?")
    .get(tenant, note.entry) as { readonly bytes: Uint8Array } | undefined;
  const formed = row === undefined ? undefined : readEntry(row.bytes);
  if (formed?.kind === "entry" && prunedToOf(formed.entry) === note.upto) return undefined;
  const problem = `does not prune entries up to ${note.upto}, as is noted beside the entries`;
  return { kind: "bad_entry", position: note.entry, problem };
}

type BadEntry = Extract<Verified, { kind: "bad_entry" }>;
