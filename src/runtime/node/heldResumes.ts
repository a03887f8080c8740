/**
 * After a restore nobody knows which windows the missing entries had opened. Until the last promise
 * they may have given has run out, no recorder is told to record again; pauses go out as ever.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { DeskRules } from "../../control/commands.ts";
import type { Clock, RecorderPort } from "../../control/ports.ts";
import type { Config } from "../../policy/config.ts";
import { deskRulesOf } from "../../policy/rules.ts";
import type { NodeLog } from "./log/openLog.ts";
import type { Fleet } from "./recorders.ts";

/** The fleet's recorders as the desks may drive them now. */
export function heldFleet(
  fleet: Pick<Fleet, "ports">,
  config: Config,
  log: Pick<NodeLog, "restoredAt">,
  clock: Pick<Clock, "now">,
): readonly { readonly port: RecorderPort; readonly rules: DeskRules }[] {
  const until = heldUntil(config, log.restoredAt);
  return fleet.ports.map((port) => ({
    port: heldResumes(port, until, clock.now),
    rules: deskRulesOf(config, port.id),
  }));
}

/** A page was told to collect for no longer than a lease, and none was prolonged since. */
function heldUntil(config: Config, restoredAt: EpochMs | undefined): EpochMs {
  const leases = Object.values(config.tenants).map(({ rules }) => rules.leaseMsMax);
  return restoredAt === undefined ? 0 : restoredAt + Math.max(0, ...leases);
}

function heldResumes(port: RecorderPort, until: EpochMs, now: () => EpochMs): RecorderPort {
  const { resume } = port;
  if (resume === undefined || now() >= until) return port;
  return {
    ...port,
    resume(target, ctx) {
      if (now() >= until) return resume(target, ctx);
      const detail = "held back after a restore: a window that is missing may still be open";
      return Promise.resolve({ kind: "refused", reason: "not_permitted", detail });
    },
  };
}
