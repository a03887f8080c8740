/** A control log in memory whose disk can be slow, full or uncertain, and which survives crashes. */
import { evolve, fold } from "../../src/control/evolve.ts";
import { isAtRest } from "../../src/control/conclude.ts";
import type { CallState } from "../../src/control/call.ts";
import { newCall } from "../../src/control/call.ts";
import type { CallEvent } from "../../src/control/events.ts";
import type { AppendResult, CallDirectory, ControlLog } from "../../src/control/ports.ts";
import type { VirtualClock } from "./clock.ts";

export type DiskFault = "none" | "failed_not_applied" | "failed_but_applied";

export interface SimLog extends ControlLog, CallDirectory {
  readonly entries: { position: number; tenant: string; callId: string; event: CallEvent }[];
  readonly spooled: { callId: string; expectedVersion: number; events: readonly CallEvent[] }[];
  /** What a start does with the spool: facts that still fit are entered, the others are not. */
  reopen(): void;
  /** The durable state of every call, for the judge. */
  readonly states: ReadonlyMap<string, CallState>;
  /** What the process that crashed was still writing is not written. */
  crash(): void;
  disk: () => DiskFault;
  delayMs: () => number;
}

export function simLog(clock: VirtualClock): SimLog {
  const entries: SimLog["entries"] = [];
  const spooled: SimLog["spooled"] = [];
  const states = new Map<string, CallState>();
  let epoch = 0;
  const enter = (tenant: string, callId: string, event: CallEvent) => {
    entries.push({ position: entries.length + 1, tenant, callId, event });
    states.set(callId, evolve(states.get(callId) ?? newCall, event));
    return entries.length;
  };
  const versionOf = (callId: string) => states.get(callId)?.version ?? 0;
  const eventsOf = (tenant: string, callId: string) =>
    entries.filter((one) => one.tenant === tenant && one.callId === callId).map((one) => one.event);
  const stateOf = (tenant: string, callId: string) => fold(eventsOf(tenant, callId));
  const ids = () => {
    const seen = new Map(
      entries.map(({ tenant, callId }) => [`${tenant}\n${callId}`, { tenant, callId }]),
    );
    return [...seen.values()];
  };

  const log: SimLog = {
    entries,
    spooled,
    states,
    crash: () => void (epoch += 1),
    reopen() {
      for (const { callId, expectedVersion, events } of spooled.splice(0)) {
        if (versionOf(callId) === expectedVersion) {
          for (const event of events) enter("t", callId, event);
        }
      }
    },
    disk: () => "none",
    delayMs: () => 1,
    async append(tenant, callId, expectedVersion, events): Promise<AppendResult> {
      const process = epoch;
      const ms = log.delayMs();
      if (ms > 0) await clock.sleep(ms);
      if (process !== epoch) return { kind: "failed", detail: "the process is gone" };
      const fault = log.disk();
      if (fault === "failed_not_applied") return { kind: "failed", detail: "disk full" };
      if (versionOf(callId) !== expectedVersion) return { kind: "conflict" };
      const positions = events.map((event) => enter(tenant, callId, event));
      return fault === "failed_but_applied"
        ? { kind: "failed", detail: "the reply of the disk was lost" }
        : { kind: "appended", positions };
    },
    async load(tenant, callId) {
      const own = entries.filter((one) => one.tenant === tenant && one.callId === callId);
      return { state: fold(own.map((one) => one.event)), position: own.at(-1)?.position ?? 0 };
    },
    async spool(_tenant, callId, expectedVersion, events) {
      spooled.push({ callId, expectedVersion, events });
    },
    async unrested() {
      return ids().filter(({ tenant, callId }) => !isAtRest(stateOf(tenant, callId)));
    },
    async live(tenant) {
      return ids()
        .filter((one) => one.tenant === tenant && stateOf(tenant, one.callId).endedAt === undefined)
        .map((one) => one.callId);
    },
    async callOfWindow(tenant, windowId) {
      return ids().find(
        (one) => one.tenant === tenant && stateOf(tenant, one.callId).windows[windowId],
      )?.callId;
    },
  };
  return log;
}
