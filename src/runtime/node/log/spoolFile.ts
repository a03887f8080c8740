/**
 * The spool as the service writes it while it runs: without waiting for a disk that hangs, in order,
 * and emptied again once everything in it stands in the log.
 *
 * @module
 */
import { open, rm, truncate } from "node:fs/promises";
import type { CallId, TenantId } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import type { Folder } from "./folder.ts";
import { spoolLine } from "./spool.ts";

/** Lines that wait for a disk that hangs; beyond it they are left out, as best effort allows. */
const WAITING_COUNT_MAX = 10_000;

export interface SpoolFile {
  /** Never rejects. Resolves once it is durable, or cannot be. */
  add(
    tenant: TenantId,
    callId: CallId,
    expectedVersion: number,
    events: readonly CallEvent[],
  ): Promise<void>;
  /** The call has come this far in the log. */
  reached(tenant: TenantId, callId: CallId, version: number): void;
}

export function spoolFile(folder: Folder, waitingCountMax: number = WAITING_COUNT_MAX): SpoolFile {
  /** How far each call has to come in the log until nothing of it is needed here. */
  const needed = new Map<string, number>();
  let last = Promise.resolve();
  let waiting = 0;
  /** A disk that was full may have taken the half of a line. */
  let isTorn = false;
  const inTurn = (does: () => Promise<void>): Promise<void> => {
    waiting += 1;
    last = last
      .then(does)
      .catch(() => undefined)
      .finally(() => void (waiting -= 1));
    return last;
  };

  async function write(line: string): Promise<void> {
    const whole = isTorn ? `\n${line}` : line;
    isTorn = true;
    const file = await open(folder.spool, "a", 0o600);
    try {
      await file.appendFile(whole);
      await file.sync();
      isTorn = false;
    } finally {
      await file.close();
    }
  }

  return {
    add(tenant, callId, expectedVersion, events) {
      if (waiting >= waitingCountMax) return last;
      const key = `${tenant}\n${callId}`;
      const end = expectedVersion + events.length;
      needed.set(key, Math.max(end, needed.get(key) ?? 0));
      const line = spoolLine({ tenant, callId, expectedVersion, events });
      return inTurn(async () => {
        try {
          await write(line);
        } catch {
          // A full disk: the ballast makes room for what matters most.
          await rm(folder.ballast, { force: true });
          await write(line);
        }
      });
    },
    reached(tenant, callId, version) {
      if (needed.size === 0) return;
      const key = `${tenant}\n${callId}`;
      if ((needed.get(key) ?? Number.POSITIVE_INFINITY) > version) return;
      needed.delete(key);
      if (needed.size === 0) void inTurn(() => emptied(folder.spool));
    },
  };

  async function emptied(path: string): Promise<void> {
    // Something may have been added since this was asked for: that stays.
    if (needed.size === 0) await truncate(path, 0);
  }
}
