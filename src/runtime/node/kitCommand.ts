/**
 * `tacet kit FOLDER --out KIT`: one folder for an auditor, with entries, tiles, signed heads, the key,
 * and a page that verifies them in a browser.
 *
 * @module
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { type SignedHead, openSigned } from "../../log/keyChain.ts";
import { parseVerifier } from "../../log/note.ts";
import { SYSTEM_TENANT } from "../../log/store.ts";
import { KIT_ENTRY_COUNT_MAX, NoKit, writeKit } from "./kit/write.ts";
import { openForReading, tenantsOf } from "./log/database.ts";
import { folderAt } from "./log/folder.ts";
import { notesIn } from "./log/notesFile.ts";
import { keysIn } from "./log/sources.ts";
import { type Output, messageOf } from "./output.ts";
import { timeOption } from "./timeOption.ts";

const USAGE = `usage: tacet kit FOLDER --out KIT [--tenant TENANT] [--from TIME] [--to TIME]

FOLDER  a service's log folder; it may be running
KIT     a new folder, to hand over
TIME    such as 2026-11-01T00:00:00Z; from it, and up to it. At most ${KIT_ENTRY_COUNT_MAX} entries`;

/** Heads put beside the newest: spread over all there are. */
const HEAD_COUNT_MAX = 500;

/** Exit code: 0 written, 1 there is no kit to write, 2 wrong arguments. */
export async function kitCommand(args: string[], io: Output): Promise<number> {
  let asked: Asked;
  try {
    asked = parse(args);
  } catch (error) {
    io.err(`${messageOf(error)}\n${USAGE}`);
    return 2;
  }
  const { out } = asked;
  if (existsSync(out) && readdirSync(out).length > 0) {
    io.err(`${out} is not empty.`);
    return 2;
  }
  try {
    mkdirSync(out, { recursive: true, mode: 0o700 });
    const { entryCount, first, last, origin } = await make(asked);
    io.out(`${out}: entries ${first} to ${last} (${entryCount}) of ${origin}`);
    io.out("Give the key to the auditor by another way too: key.pub is in the kit.");
    return 0;
  } catch (error) {
    rmSync(out, { recursive: true, force: true });
    io.err(messageOf(error));
    return 1;
  }
}

interface Asked {
  readonly place: string;
  readonly out: string;
  readonly tenant?: string;
  readonly from?: number;
  readonly to?: number;
}

const text = { type: "string" } as const;

function parse(args: string[]): Asked {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: text, tenant: text, from: text, to: text },
  });
  const [place, ...more] = positionals;
  const { out, tenant } = values;
  if (place === undefined || out === undefined || more.length > 0) {
    throw new NoKit("A log's folder and --out are needed.");
  }
  const [from, to] = [timeOption("--from", values.from), timeOption("--to", values.to)];
  return {
    place,
    out,
    ...(tenant === undefined ? {} : { tenant }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

async function make({ from, out, place, to, tenant: named }: Asked) {
  const folder = folderAt(place);
  if (!existsSync(folder.database)) throw new NoKit(`There is no log in ${place}.`);
  const db = openForReading(folder.database);
  try {
    const tenant = chosen(tenantsOf(db), named);
    const notes = [folder.all(tenant), folder.latest(tenant)].flatMap((path) => notesIn(path));
    const keys = keysIn(folder.publicKeys, folder.publicKey);
    // Heads first: what they sign is committed by the time the database is read.
    db.exec("BEGIN");
    const newest = await newestOf(notes, keys, tenant);
    const { origin, size } = newest.head.checkpoint;
    const first = from === undefined ? 1 : firstAt(db, tenant, size, from);
    const last = to === undefined ? size : firstAt(db, tenant, size, to) - 1;
    if (last < first) throw new NoKit("No signed entry lies in this time.");
    const others = spread(notes.filter((note) => note !== newest.note));
    const made = await writeKit({ db, tenant, ...newest, others, keys, first, last, out });
    return { ...made, origin };
  } finally {
    db.close();
  }
}

function chosen(tenants: readonly string[], named: string | undefined): string {
  const own = tenants.filter((tenant) => tenant !== SYSTEM_TENANT);
  const [only] = own;
  if (named === undefined && only !== undefined && own.length === 1) return only;
  if (named !== undefined && tenants.includes(named)) return named;
  throw new NoKit(`Choose one with --tenant: ${tenants.join(", ")}.`);
}

async function newestOf(
  notes: readonly string[],
  keys: readonly string[],
  tenant: string,
): Promise<{ head: SignedHead; note: string }> {
  const known = keys.map(parseVerifier);
  const heads = await Promise.all(
    notes.slice(-2).map(async (note) => ({ note, head: await openSigned(note, known) })),
  );
  const newest = heads.toSorted((a, b) => b.head.checkpoint.size - a.head.checkpoint.size)[0];
  if (newest !== undefined && newest.head.checkpoint.size > 0) return newest;
  throw new NoKit(`No head was signed of ${tenant} yet.`);
}

/** The first and the last, and as many between as there is room for. */
function spread(notes: readonly string[]): string[] {
  const unique = [...new Set(notes)];
  const step = Math.max(1, unique.length / HEAD_COUNT_MAX);
  const count = Math.min(unique.length, HEAD_COUNT_MAX);
  return Array.from({ length: count }, (_, index) => unique[Math.floor(index * step)] as string);
}

/** Position of the first entry at or after this moment; `size + 1` where there is none. */
function firstAt(db: DatabaseSync, tenant: string, size: number, at: number): number {
  const entryAt = db.prepare("SELECT bytes FROM entries WHERE tenant = ? AND position = ?");
  let [low, high] = [1, size + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = entryAt.get(tenant, middle) as { bytes: Uint8Array } | undefined;
    const entry = JSON.parse(Buffer.from(row?.bytes ?? []).toString() || "{}") as { at?: number };
    if ((entry.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
