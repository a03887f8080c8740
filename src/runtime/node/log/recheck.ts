/**
 * Verifies the log again while it is written: all of it once after a start and then daily, what is
 * new more often. A finding is told as loudly as can be, and the service goes on protecting calls.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { Mark, Rechecked, RecheckWork } from "./recheckPass.ts";

export interface Standing {
  readonly tenant: TenantId;
  readonly ok: boolean;
  /** Entries that were found as they were written, from the first, at the newest pass. */
  readonly position: number;
  readonly at: EpochMs;
  /** What is wrong, in a word and in a sentence, and the first entry that is. */
  readonly failure?: Failure;
}

export interface Failure {
  readonly cause: string;
  readonly position?: number;
  readonly since: EpochMs;
}

/** Each is called as it happens. None throws. */
export interface RecheckTold {
  /** A whole log was read from its first entry and is as it was written. */
  verified(tenant: TenantId, facts: { size: number; root: string; signedTo: number }): void;
  /** Once a finding. */
  failed(tenant: TenantId, failure: Failure): void;
  /** What had failed was read whole and is as it was written. */
  recovered(tenant: TenantId): void;
  /** The reading itself could not be done. */
  broken(problem: string): void;
  /** It can be done again. */
  mended(): void;
}

export interface RecheckOptions {
  readonly folder: string;
  readonly now: () => EpochMs;
  readonly told: RecheckTold;
  /** For tests: another way to read. */
  readonly read?: (work: RecheckWork, found: (one: Rechecked) => void) => Reading;
}

export interface Reading {
  /** Rejects where it could not be done. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

export interface Recheck {
  /** Reads again: `whole` from the first entries, else from where the last reading ended. */
  run(whole: boolean): Promise<void>;
  standings(): readonly Standing[];
  stop(): Promise<void>;
}

export function startRecheck({ folder, now, read = inThread, told }: RecheckOptions): Recheck {
  const marks = new Map<TenantId, Mark>();
  const standings = new Map<TenantId, Standing>();
  let reading: Reading | undefined;
  let stopped = false;
  let isBroken = false;

  function found(whole: boolean, { mark, tenant, verified }: Rechecked): void {
    const before = standings.get(tenant);
    if (verified.kind === "intact") {
      if (mark !== undefined) marks.set(tenant, mark);
      const { root, signedTo, size } = verified;
      // What an earlier pass found is not undone by a later part of the log being good.
      if (before?.failure !== undefined && !whole) return;
      standings.set(tenant, { tenant, ok: true, position: size, at: now() });
      if (before?.failure !== undefined) told.recovered(tenant);
      if (whole) told.verified(tenant, { size, root, signedTo });
      return;
    }
    const position = firstBad(verified);
    const cause = verified.kind;
    const known = before?.failure;
    const isKnown = known?.cause === cause && known.position === position;
    const failure: Failure = isKnown
      ? known
      : { cause, since: known?.since ?? now(), ...(position === undefined ? {} : { position }) };
    standings.set(tenant, {
      tenant,
      ok: false,
      position: Math.max(0, (position ?? 1) - 1),
      at: now(),
      failure,
    });
    // A log that failed is read from its first entry until it is whole again.
    marks.delete(tenant);
    if (!isKnown) told.failed(tenant, failure);
  }

  return {
    standings: () => [...standings.values()],
    async run(whole) {
      if (stopped || reading !== undefined) return;
      const work = { folder, marks: whole ? new Map<TenantId, Mark>() : new Map(marks) };
      const wasWhole = (tenant: TenantId) => !work.marks.has(tenant);
      reading = read(work, (one) => found(wasWhole(one.tenant), one));
      try {
        await reading.done;
        if (isBroken) told.mended();
        isBroken = false;
      } catch (error) {
        isBroken = true;
        if (!stopped) told.broken(error instanceof Error ? error.message : "unknown failure");
      } finally {
        reading = undefined;
      }
    },
    async stop() {
      stopped = true;
      await reading?.stop();
    },
  };
}

function firstBad(verified: Exclude<Rechecked["verified"], { kind: "intact" }>) {
  switch (verified.kind) {
    case "bad_entry":
    case "unreadable":
      return verified.position;
    case "bad_span":
    case "cut":
      return verified.from;
    case "forked":
      return verified.size;
    case "bad_head":
      return undefined;
  }
}

/** A reading needs little: a file and heads of any length are read in parts. */
const HEAP_MB_MAX = 96;

function inThread(work: RecheckWork, found: (one: Rechecked) => void): Reading {
  const worker = new Worker(new URL("./recheckThread.ts", import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  worker.unref();
  const done = new Promise<void>((resolve, reject) => {
    worker.on("message", found);
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
  return { done, stop: async () => void (await worker.terminate()) };
}
