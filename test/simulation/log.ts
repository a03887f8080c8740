/**
 * A control log on a simulated disk: the log's own encoding, tree and signed heads above, and below
 * a disk that can be slow, full or uncertain and survives crashes. What is read comes from its bytes.
 */
import { isAtRest } from "../../src/control/conclude.ts";
import type { CallState } from "../../src/control/call.ts";
import { newCall } from "../../src/control/call.ts";
import type { CallEvent } from "../../src/control/events.ts";
import { evolve, fold } from "../../src/control/evolve.ts";
import type { AppendResult, CallDirectory, ControlLog } from "../../src/control/ports.ts";
import { draftOfEvent, eventOfEntry, isCallEntry } from "../../src/log/callEntries.ts";
import { openCheckpoint, signCheckpoint } from "../../src/log/checkpoint.ts";
import type { Checkpoint } from "../../src/log/checkpoint.ts";
import type { Entry, EntryDraft } from "../../src/log/entry.ts";
import { readEntry } from "../../src/log/form.ts";
import { signerOf, toBase64 } from "../../src/log/note.ts";
import { consistencyProof, extendsTree } from "../../src/log/proof.ts";
import type { LogEnd, Sealed } from "../../src/log/seal.ts";
import { emptyLog, sealAll } from "../../src/log/seal.ts";
import { rootOf } from "../../src/log/tree.ts";
import { verifyLog } from "../../src/log/verify.ts";
import type { VirtualClock } from "./clock.ts";
import { OwnTree } from "./tree.ts";

export type DiskFault = "none" | "failed_not_applied" | "failed_but_applied";

/** One fact of a call as its bytes tell it. */
export interface LoggedEvent {
  readonly position: number;
  readonly tenant: string;
  readonly callId: string;
  readonly event: CallEvent;
}

export interface SimLog extends ControlLog, CallDirectory {
  readonly entries: readonly LoggedEvent[];
  readonly spooled: {
    tenant: string;
    callId: string;
    expectedVersion: number;
    events: readonly CallEvent[];
  }[];
  /** What a start does with the spool: facts that still fit are entered, the others are not. */
  reopen(): void;
  /** The durable state of every call, by tenant and call. */
  readonly states: ReadonlyMap<string, CallState>;
  stateOf(tenant: string, callId: string): CallState;
  /** What the process that crashed was still writing is not written. */
  crash(): void;
  /** Facts that are no call's own, such as what a desktop has shown. */
  enter(drafts: readonly EntryDraft[]): void;
  origin(tenant: string): string;
  size(tenant: string): number;
  readonly newestAt: number;
  /** Hears of every entry, once it is durable and before anyone is answered. */
  committed: (logged: LoggedEvent) => void;
  /** What is wrong with the log, as it stands on its disk. */
  readonly wrong: string[];
  /** Signs a head, then verifies all bytes against all heads ever signed, and reads every call anew. */
  audit(): Promise<void>;
  disk: (tenant: string, callId: string) => DiskFault;
  delayMs: (tenant: string, callId: string) => number;
  /** From the write to its answer. */
  answerMs: () => number;
}

interface Disk {
  readonly rows: Sealed[];
  readonly notes: string[];
  readonly tree: OwnTree;
  end: LogEnd;
}

const KEY = signerOf("tacet.simulated", new Uint8Array(32).fill(7));

export function simLog(clock: VirtualClock): SimLog {
  const entries: LoggedEvent[] = [];
  const spooled: SimLog["spooled"] = [];
  const states = new Map<string, CallState>();
  const positions = new Map<string, number>();
  const windows = new Map<string, string>();
  const disks = new Map<string, Disk>();
  let epoch = 0;

  const key = (tenant: string, callId: string) => `${tenant}\n${callId}`;
  const diskOf = (tenant: string): Disk => {
    const known = disks.get(tenant);
    if (known !== undefined) return known;
    const made = { rows: [], notes: [], tree: new OwnTree(), end: emptyLog };
    disks.set(tenant, made);
    return made;
  };
  const stateOf = (tenant: string, callId: string) => states.get(key(tenant, callId)) ?? newCall;

  /** Writes, then reads back from the bytes what was written. */
  function write(tenant: string, drafts: readonly EntryDraft[]): number[] {
    const disk = diskOf(tenant);
    const { sealed, end } = sealAll(drafts, disk.end, "unknown");
    disk.rows.push(...sealed);
    disk.end = end;
    for (const { bytes } of sealed) {
      disk.tree.add(bytes);
      note(tenant, readBack(bytes));
    }
    if (toBase64(rootOf(end.tree)) !== disk.tree.root())
      log.wrong.push(`tree: ${tenant} at ${end.tree.size} does not extend what was written`);
    return sealed.map(({ entry }) => entry.position);
  }
  function readBack(bytes: Uint8Array): Entry {
    const formed = readEntry(bytes);
    if (formed.kind === "malformed") throw new Error(`an entry ${formed.problem}`);
    return formed.entry;
  }
  function note(tenant: string, entry: Entry): void {
    const { callId, position, windowId } = entry;
    if (callId === undefined || !isCallEntry(entry)) return;
    const event = eventOfEntry(entry);
    const logged = { position, tenant, callId, event };
    entries.push(logged);
    states.set(key(tenant, callId), evolve(stateOf(tenant, callId), event));
    positions.set(key(tenant, callId), position);
    if (windowId !== undefined) windows.set(key(tenant, windowId), callId);
    log.committed(logged);
  }
  const append = (tenant: string, callId: string, events: readonly CallEvent[]) =>
    write(
      tenant,
      events.map((event) => draftOfEvent(tenant, callId, event)),
    );
  const versionOf = (tenant: string, callId: string) => stateOf(tenant, callId).version;
  const calls = () =>
    [...positions.keys()].map((one) => {
      const [tenant = "", callId = ""] = one.split("\n");
      return { tenant, callId };
    });

  const log: SimLog = {
    entries,
    spooled,
    states,
    stateOf,
    wrong: [],
    committed: () => {},
    crash: () => void (epoch += 1),
    origin: (tenant) => `tacet.simulated/${tenant}`,
    size: (tenant) => disks.get(tenant)?.rows.length ?? 0,
    get newestAt() {
      return Math.max(0, ...[...disks.values()].map((disk) => disk.end.at));
    },
    enter(drafts) {
      for (const draft of drafts) write(draft.tenant, [draft]);
    },
    reopen() {
      for (const { tenant, callId, expectedVersion, events } of spooled.splice(0)) {
        if (versionOf(tenant, callId) === expectedVersion) append(tenant, callId, events);
      }
    },
    async audit() {
      for (const [tenant, disk] of disks) await auditDisk(tenant, disk, log);
      const read = new Map<string, CallEvent[]>();
      for (const [tenant, disk] of disks) {
        for (const { bytes } of disk.rows) {
          const entry = readBack(bytes);
          if (entry.callId === undefined || !isCallEntry(entry)) continue;
          const events = read.get(key(tenant, entry.callId));
          if (events === undefined) read.set(key(tenant, entry.callId), [eventOfEntry(entry)]);
          else events.push(eventOfEntry(entry));
        }
      }
      for (const [call, events] of read) states.set(call, fold(events));
    },
    disk: () => "none",
    delayMs: () => 1,
    answerMs: () => 0,
    async append(tenant, callId, expectedVersion, events): Promise<AppendResult> {
      const process = epoch;
      const ms = log.delayMs(tenant, callId);
      if (ms > 0) await clock.sleep(ms);
      if (process !== epoch) return { kind: "failed", detail: "the process is gone" };
      const fault = log.disk(tenant, callId);
      if (fault === "failed_not_applied") return { kind: "failed", detail: "disk full" };
      if (versionOf(tenant, callId) !== expectedVersion) return { kind: "conflict" };
      const written = append(tenant, callId, events);
      const answerMs = log.answerMs();
      if (answerMs > 0) await clock.sleep(answerMs);
      return fault === "failed_but_applied"
        ? { kind: "failed", detail: "the reply of the disk was lost" }
        : { kind: "appended", positions: written };
    },
    async load(tenant, callId) {
      return {
        state: stateOf(tenant, callId),
        position: positions.get(key(tenant, callId)) ?? 0,
      };
    },
    async spool(tenant, callId, expectedVersion, events) {
      spooled.push({ tenant, callId, expectedVersion, events });
    },
    async unrested() {
      return calls().filter((one) => !isAtRest(stateOf(one.tenant, one.callId)));
    },
    async live(tenant, limit, first, agentId) {
      const sign = first === "newest" ? -1 : 1;
      return [...positions]
        .toSorted(([, a], [, b]) => sign * (a - b))
        .map(([call]) => call.split("\n"))
        .filter(([of]) => of === tenant)
        .map(([, callId = ""]) => callId)
        .filter((callId) => {
          const state = stateOf(tenant, callId);
          const theirs = agentId === undefined || state.agentId === agentId;
          return state.endedAt === undefined && theirs;
        })
        .slice(0, limit);
    },
    async callOfWindow(tenant, windowId) {
      return windows.get(key(tenant, windowId));
    },
  };
  return log;
}

async function auditDisk(tenant: string, disk: Disk, log: SimLog): Promise<void> {
  const signer = { ...(await signerOf(log.origin(tenant), new Uint8Array(32).fill(7))) };
  const { tree } = disk.end;
  disk.notes.push(await signCheckpoint({ size: tree.size, root: rootOf(tree) }, signer));
  const heads: Checkpoint[] = [];
  for (const note of disk.notes) heads.push(await openCheckpoint(note, await KEY));
  const verified = await verifyLog({ entries: disk.rows, checkpoints: heads });
  const whole = verified.kind === "intact" && verified.signedTo === disk.rows.length;
  if (!whole) log.wrong.push(`verify: ${tenant} ${JSON.stringify(verified)}`);
  const leaves = disk.rows.map((row) => row.leaf);
  const [last, before] = [heads.at(-1), heads.at(-2)];
  if (last === undefined || before === undefined || before.size === 0) return;
  const proof = consistencyProof(leaves, before.size);
  if (!extendsTree(before.size, before.root, last.size, last.root, proof))
    log.wrong.push(
      `verify: ${tenant}'s head at ${last.size} does not extend that at ${before.size}`,
    );
}
