/**
 * The control log on Node: one SQLite file a folder, one writer, heads and key beside it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { CallState, EpochMs, TenantId } from "../../../control/call.ts";
import { isAtRest } from "../../../control/conclude.ts";
import { evolve, fold } from "../../../control/evolve.ts";
import type { Entry } from "../../../log/entry.ts";
import { originOf } from "../../../log/origin.ts";
import type { LogStore } from "../../../log/store.ts";
import { type Ballast, ballastAt } from "./ballast.ts";
import { callCache, liveCalls, readableOf } from "./calls.ts";
import { openDatabase, prepare, tenantsOf } from "./database.ts";
import { type Folder, ensureOwnFile, folderAt, makeFolder } from "./folder.ts";
import { startHeads } from "./heads.ts";
import { lockFolder } from "./lock.ts";
import type { LogKey } from "./key.ts";
import {
  checkOrigin,
  endsOf,
  keyOf,
  damageTold,
  refuseHalfRestored,
  refuseHalfRotated,
  restoredAtOf,
  saveTree,
  takeSpool,
} from "./opening.ts";
import { hashesOf } from "./nodes.ts";
import { type PruneAsk, type PruneStep, prunerOf } from "./prune.ts";
import { bundleOf, readBackPage, readPage } from "./read.ts";
import { openSearch } from "./search.ts";
import { shippedNotes } from "./shipped.ts";
import { spoolTo } from "./spool.ts";
import { upgrade } from "./upgrade.ts";
import { type Faults, type Request, type Writer, type Written, startWriter } from "./writer.ts";

export interface OpenLogOptions {
  readonly folder: string;
  /** Before the tenant in every origin, such as `tacet.example`; the signing key's name too. */
  readonly originBase: string;
  /** In the folder where it is not given. Made where the log is new and the file is missing. */
  readonly signingKeyPath?: string;
  readonly now: () => EpochMs;
  /** What is known of the clock now, for each entry. */
  readonly clockState?: () => Entry["clock"];
  /** A grown log's head is signed this often. */
  readonly signMs?: number;
  readonly ballastBytes?: number;
  /** Calls whose state is kept in memory. */
  readonly callCountMax?: number;
  /** Bounds the database file; SQLite's pages of 4096 bytes. */
  readonly pageCountMax?: number;
  readonly faults?: Faults;
  /** Hears how long each transaction took to be durable, for metrics. */
  readonly measured?: (ms: number, entries: number) => void;
  /** Folders heads were shipped to: a log that lacks what one of them says is refused. */
  readonly shipFolders?: readonly string[];
  /** A new log's place in the line of successors; for restoring alone. */
  readonly generation?: number;
  /** Signs heads beside the key, while it takes its place. */
  readonly nextKey?: LogKey;
}

export interface NodeLog extends LogStore {
  /** `name+keyid+base64`: give it to whoever verifies. */
  readonly verifierKey: string;
  /** The signing key was made just now: enter `KeyCreated`. */
  readonly keyCreated: boolean;
  /** Facts taken from the spool of an earlier log failure. */
  readonly despooled: number;
  /** The time of the newest entry of any tenant; 0 where there is none. */
  readonly newestAt: EpochMs;
  /** 1, or which log in the line of successors this is. */
  readonly generation: number;
  /** When this log took another's place; undefined where it took none's. */
  readonly restoredAt?: EpochMs;
  /** Folders with shipped heads that could not be read, so that nothing was compared with them. */
  readonly notCompared: readonly string[];
  /** Lets the next old entries go, by an entry that says so; `erase` takes them out of the file. */
  prune(tenant: TenantId, ask: PruneAsk): Promise<PruneStep>;
  /** Erases some of what may go; false when nothing is left. Rejects where it cannot. */
  erase(tenant: TenantId): Promise<boolean>;
}

/** What is open in this very thread. */
export interface OwnLog extends NodeLog {
  /** Writes these in one transaction, now: for copies of entries from a log before this one. */
  writeNow(requests: readonly Request[]): readonly Written[];
}

/** After a tenant's first entry its first head is signed this soon. */
const FIRST_SIGN_MS = 100;

const summarise = (state: CallState) => ({
  unrested: !isAtRest(state),
  ended: state.endedAt !== undefined,
  agentId: state.agentId,
});

/**
 * Opens the log for writing. Throws `LogLocked` where another process has it, `LogRefused` where it
 * is not the log its signed heads tell of, `LogKeyRefused` where the key does not fit.
 */
export async function openLog(options: OpenLogOptions): Promise<NodeLog> {
  return await openOwnLog(options);
}

/** The same, for who restores. */
export async function openOwnLog(options: OpenLogOptions): Promise<OwnLog> {
  const folder = folderAt(options.folder);
  makeFolder(folder.path);
  // Before any of them is locked: closing a file lets go of its process's locks on it.
  for (const path of [folder.lock, folder.database]) {
    if (!existsSync(path)) ensureOwnFile(path);
  }
  const unlock = lockFolder(folder);
  let db: DatabaseSync | undefined;
  try {
    db = openDatabase(folder.database, options.pageCountMax);
    return await start(options, folder, db, unlock);
  } catch (error) {
    db?.close();
    unlock();
    throw damageTold(error, folder);
  }
}

async function start(
  options: OpenLogOptions,
  folder: Folder,
  db: DatabaseSync,
  unlock: () => void,
): Promise<OwnLog> {
  const { originBase: base } = options;
  refuseHalfRestored(folder);
  refuseHalfRotated(options, folder);
  const generation = checkOrigin(db, base, folder, options.generation);
  const sql = prepare(db);
  const { key, keys, created } = await keyOf(options, folder, db);
  const { shipped, notCompared } = await shippedNotes(options.shipFolders ?? [], base);
  const { ends, known } = await endsOf({ db, sql, folder, base, generation, keys, shipped });
  const ballast = ballastAt(folder.ballast, options.ballastBytes ?? 8 << 20);
  ballast.restore();
  const calls = callCache(sql, fold, options.callCountMax ?? 20_000);
  upgrade(db, (tenant, callId) => readableOf(calls, tenant, callId));
  const tenants = () => [...new Set([...ends.keys(), ...tenantsOf(db)])];
  const search = openSearch(folder.search, sql, () => tenantsOf(db));
  const grown = new Map<TenantId, number>();
  let soon: NodeJS.Timeout | undefined;
  const signSoon = () => {
    soon ??= setTimeout(() => {
      soon = undefined;
      signGrown().catch(() => undefined);
    }, FIRST_SIGN_MS).unref();
  };
  const writer = startWriter({
    db,
    sql,
    calls,
    ends,
    evolve,
    summarise,
    clockState: options.clockState ?? (() => "unknown"),
    faults: options.faults ?? {},
    makeRoom: () => ballast.giveUp(),
    committed: (tenant, sealed) => {
      search.note(tenant, sealed);
      // A tenant's first entries do not wait for the timer to be under a signature.
      if (!known.has(tenant) && !grown.has(tenant)) signSoon();
    },
    uncertain: () => search.distrust(),
    measured: options.measured ?? (() => undefined),
  });
  const heads = startHeads({
    folder,
    base,
    generation,
    key,
    ...(options.nextKey === undefined ? {} : { nextKey: options.nextKey }),
    endOf: (tenant) => writer.endOf(tenant),
    known,
    signed: (tenant, tree) => saveTree(sql, tenant, tree),
  });
  const pruner = prunerOf({
    db,
    sql,
    now: options.now,
    calls,
    writer: () => writer,
    heads: () => heads,
    search: () => search,
  });
  const readFrom = { sql, search, pruner };
  const despooled = takeSpool(folder, sql, options.now(), (requests) => writer.writeNow(requests));

  async function signGrown(): Promise<void> {
    for (const tenant of tenantsOf(db)) {
      const { size } = writer.endOf(tenant).tree;
      if (grown.get(tenant) === size) continue;
      await heads.sign(tenant);
      grown.set(tenant, size);
    }
  }
  const timer = setInterval(() => tend(ballast, writer, signGrown), options.signMs ?? 60_000);
  timer.unref();
  void search.caughtUp();
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    clearInterval(timer);
    clearTimeout(soon);
    try {
      writer.writeNow([]);
      await signGrown();
    } finally {
      await search.close();
      db.close();
      unlock();
    }
  }

  return {
    verifierKey: key.verifierKey,
    keyCreated: created,
    despooled,
    generation,
    ...restoredAtOf(db),
    notCompared,
    writeNow: (requests) => writer.writeNow(requests),
    newestAt: Math.max(0, ...tenants().map((tenant) => writer.endOf(tenant).at)),
    async append(tenant, callId, expectedVersion, events) {
      if (closing !== undefined) return { kind: "failed", detail: "the log is closed" };
      const request = { kind: "call", tenant, callId, expectedVersion, events } as const;
      const written = await writer.write(request);
      return written.kind === "written"
        ? { kind: "appended", positions: written.positions }
        : written;
    },
    async load(tenant, callId) {
      return calls.get(tenant, callId);
    },
    async spool(tenant, callId, expectedVersion, events) {
      try {
        spoolTo(folder.spool, { tenant, callId, expectedVersion, events });
      } catch {
        ballast.giveUp();
        try {
          spoolTo(folder.spool, { tenant, callId, expectedVersion, events });
        } catch {
          // Best effort: /readyz fails and the operators know by then.
        }
      }
    },
    async unrested() {
      const rows = db.prepare("SELECT tenant, call_id FROM calls WHERE unrested = 1").all();
      return (rows as unknown as { tenant: string; call_id: string }[]).map((row) => ({
        tenant: row.tenant,
        callId: row.call_id,
      }));
    },
    live: async (tenant, limit, first, agentId) => liveCalls(db, tenant, limit, first, agentId),
    callOfWindow: (tenant, windowId) => search.callOfWindow(tenant, windowId),
    async enter(drafts) {
      if (closing !== undefined) return { kind: "failed", detail: "the log is closed" };
      const written = await writer.write({ kind: "facts", drafts });
      if (written.kind === "written") return { kind: "entered", positions: [...written.positions] };
      return written.kind === "failed" ? written : { kind: "failed", detail: "conflict" };
    },
    read: (tenant, filter, after, limit) =>
      readPage(readFrom, (of) => writer.endOf(of).tree.size, { tenant, filter, after, limit }),
    readBack: (tenant, filter, before, limit) =>
      readBackPage(readFrom, writer.endOf(tenant).tree.size, { tenant, filter, before, limit }),
    prune: async (tenant, ask) => pruner.step(tenant, ask),
    erase: (tenant) => pruner.erase(tenant),
    prunedTo: pruner.prunedTo,
    checkpoint: (tenant) => heads.sign(tenant),
    signedHead: async (tenant) => heads.newest(tenant),
    hashes: (tenant, level, from, count) => hashesOf(sql, search, { tenant, level, from, count }),
    bundle: async (tenant, from, count) => bundleOf(sql, tenant, from, count),
    origin: (tenant) => originOf(base, tenant, generation),
    size: (tenant) => writer.endOf(tenant).tree.size,
    tenants,
    healthy: () => writer.healthy(),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** What the timer does. A failure here is told by the next write and by /readyz. */
function tend(ballast: Ballast, writer: Writer, sign: () => Promise<void>): void {
  writer.probe();
  if (writer.healthy()) ballast.restore();
  sign().catch(() => undefined);
}
