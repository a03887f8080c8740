/**
 * Reads the next entries of one log, and makes of them the lines that a destination asked for. An
 * entry that cannot be read stops no copy: the copy says so in its place, and goes on behind it.
 *
 * @module
 */
import type { TenantId } from "../../../control/call.ts";
import { canonical } from "../../../log/canonical.ts";
import { readCheckpoint } from "../../../log/checkpoint.ts";
import type { Entry } from "../../../log/entry.ts";
import { cefLine, ocsfLine } from "../../../log/exports.ts";
import { toBase64 } from "../../../log/note.ts";
import type { LogStore } from "../../../log/store.ts";
import type { CopyConfig } from "../../../policy/configCopies.ts";
import { VERSION } from "../version.ts";
import { CopyFailed, type CopyItem, type Head, type Lines } from "./carrier.ts";

/** Of the lines in one parcel; one line may be longer. */
export const PARCEL_LENGTH_MAX = 1 << 20;

type Log = Pick<LogStore, "read" | "origin">;

/**
 * The lines behind `after`, at least one: there must be entries behind it. Throws `CopyFailed` where
 * the log cannot be read at all.
 */
export async function readLines(
  log: Log,
  tenant: TenantId,
  after: number,
  { countMax, format }: { readonly countMax: number; readonly format: CopyConfig["format"] },
): Promise<Lines> {
  const origin = log.origin(tenant);
  const { entries, next } = await entriesBehind(log, tenant, after, countMax);
  const items: CopyItem[] = [];
  let length = 0;
  for (const entry of entries) {
    // Nobody's word is taken for where an entry stands: a changed one could make the copy skip.
    if (entry.position !== after + items.length + 1) break;
    const text = lineOf(entry, format, origin);
    length += text.length;
    if (items.length > 0 && length > PARCEL_LENGTH_MAX) break;
    items.push({ kind: "entry", entry, text });
  }
  let to = after + items.length;
  if (items.length === 0) {
    to = Math.max(after + 1, entries.length === 0 ? (next ?? 0) : 0);
    items.push(unreadable(origin, after + 1, to));
  }
  return { kind: "lines", tenant, origin, items, from: after + 1, to };
}

/**
 * Fewer where one among them is damaged; none where the first is. Of a log that was put aside `next`
 * says then behind which position it goes on.
 */
async function entriesBehind(
  log: Log,
  tenant: TenantId,
  after: number,
  countMax: number,
): Promise<{ readonly entries: readonly Entry[]; readonly next?: number }> {
  for (let count = countMax; count >= 1; count = Math.floor(count / 2)) {
    try {
      return await log.read(tenant, {}, after, count);
    } catch (error) {
      if (error instanceof CopyFailed) throw error;
      if (!isDamage(error)) throw new CopyFailed("log_not_read");
    }
  }
  return { entries: [] };
}

const isDamage = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "log_damaged";

function unreadable(origin: string, position: number, to: number): CopyItem {
  const data = { origin, position, ...(to > position ? { to } : {}) };
  const text = JSON.stringify({ type: "log.unreadable", data });
  return { kind: "unreadable", position, text };
}

function lineOf(entry: Entry, format: CopyConfig["format"], origin: string): string {
  const product = { version: VERSION, origin };
  switch (format) {
    case "json":
      // What was read is in canonical form, or it would not have been: these are its own bytes.
      return canonical(entry);
    case "cef":
      return cefLine(entry, product);
    case "ocsf":
      return ocsfLine(entry, product);
  }
}

/** A head as it is sent: what heads that are shipped look like, too. */
export function headOf(tenant: TenantId, note: string, verifierKey: string): Head {
  const { origin, root, size } = readCheckpoint(note);
  const data = { origin, size, root: toBase64(root), note, verifierKey };
  return {
    kind: "head",
    tenant,
    origin,
    size,
    text: JSON.stringify({ type: "log.checkpoint", data }),
  };
}
