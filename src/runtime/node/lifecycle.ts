/**
 * What the system log says of the service itself: started, stopped, and what was changed in its
 * configuration, by whom on this machine.
 *
 * @module
 */
import { userInfo } from "node:os";
import type { Json } from "../../control/call.ts";
import type { Clock } from "../../control/ports.ts";
import type { EntryDraft } from "../../log/entry.ts";
import { SYSTEM_TENANT } from "../../log/store.ts";
import type { Config } from "../../policy/config.ts";
import { changedPaths, configDigest } from "../../policy/digest.ts";
import type { NodeLog } from "./log/openLog.ts";
import { readKept, replaceKept } from "./configKept.ts";

/** Enters the start, and a change of configuration since the last one. Throws where it is not durable. */
export async function enterStart(
  log: NodeLog,
  config: Config,
  clock: Clock,
  version: string,
): Promise<void> {
  const digest = await configDigest(config.document);
  const before = await readKept(config.log.folder);
  const beforeDigest = before === undefined ? undefined : await configDigest(before);
  const drafts: EntryDraft[] = [];
  if (log.keyCreated) drafts.push(fact(clock, "KeyCreated", { verifierKey: log.verifierKey }));
  if (before !== undefined && beforeDigest !== undefined && beforeDigest !== digest) {
    const paths = [...changedPaths(before, config.document)];
    drafts.push(
      fact(clock, "ConfigurationChanged", { before: beforeDigest, after: digest, paths }),
    );
  }
  const despooled = log.despooled;
  drafts.push(
    fact(clock, "LogStarted", {
      version,
      configuration: digest,
      despooled,
      sandbox: config.sandbox,
    }),
  );
  const entered = await log.enter(drafts);
  if (entered.kind === "failed") throw new Error(`the log cannot be written: ${entered.detail}`);
  await replaceKept(config.log.folder, config.document);
}

/** Best effort: a stop is not held up by a log that cannot be written. */
export async function enterStop(log: NodeLog, clock: Clock, reason: string): Promise<void> {
  await log.enter([{ ...fact(clock, "LogStopped", {}), reason }]);
}

function fact(clock: Clock, type: string, detail: { readonly [name: string]: Json }): EntryDraft {
  return {
    at: clock.now(),
    tenant: SYSTEM_TENANT,
    type,
    actor: { id: `os:${userName()}`, kind: "operator" },
    origin: { component: "service" },
    outcome: "success",
    detail,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
