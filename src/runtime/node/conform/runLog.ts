/**
 * The control log of conformance runs, in a folder of its own: what was ordered of whose recorder,
 * by whom, and what was seen. `tacet verify` and `tacet log` open it like any other.
 *
 * @module
 */
import { userInfo } from "node:os";
import type { Json, RecorderId } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Entry, EntryDraft } from "../../../log/entry.ts";
import { SYSTEM_TENANT } from "../../../log/store.ts";
import { watchClock } from "../clockState.ts";
import { openLog } from "../log/openLog.ts";

type Members = { readonly [name: string]: Json };

/** What an earlier run left when it was killed. */
export interface Unfinished {
  readonly recorderId: RecorderId;
  readonly targetKey: string;
}

export interface RunLog {
  /** Durable on return; rejects where it could not be written. */
  enter(type: string, detail: Members, outcome?: "success" | "failure"): Promise<void>;
  /** The newest run in this log, where its end is not in it. */
  readonly unfinished: Unfinished | undefined;
  /** The signed head over all that was entered. */
  head(): Promise<string>;
  readonly verifierKey: string;
  close(): Promise<void>;
}

export interface RunLogOptions {
  readonly folder: string;
  /** The served log's; this one has a name of its own. */
  readonly origin: string;
  readonly recorderId: RecorderId;
  readonly clock: Clock & { startFrom(at: number): void };
}

/** As many entries as a run has at most, so that an earlier one that was killed is seen. */
const LOOK_BACK_COUNT = 1_000;

/** Rejects where the folder is another process's, another log's, or cannot be written. */
export async function openRunLog(options: RunLogOptions): Promise<RunLog> {
  const { clock, folder, origin, recorderId } = options;
  const clockWatch = watchClock(() => undefined);
  await clockWatch.first;
  clockWatch.stop();
  const log = await openLog({
    folder,
    originBase: `conform.${origin}`,
    now: clock.now,
    clockState: clockWatch.state,
    ballastBytes: 0,
  });
  clock.startFrom(log.newestAt);
  const actor = { id: `os:${userName()}`, kind: "operator" } as const;

  async function enter(
    type: string,
    detail: Members,
    outcome: "success" | "failure" = "success",
  ): Promise<void> {
    const draft: EntryDraft = {
      at: clock.now(),
      tenant: SYSTEM_TENANT,
      type,
      recorderId,
      actor,
      origin: { component: "conform" },
      outcome,
      detail,
    };
    const entered = await log.enter([draft]);
    if (entered.kind === "failed") {
      throw new Error(`the log in ${folder} cannot be written: ${entered.detail}`);
    }
  }

  try {
    const after = Math.max(0, log.size(SYSTEM_TENANT) - LOOK_BACK_COUNT);
    const { entries } = await log.read(SYSTEM_TENANT, {}, after, LOOK_BACK_COUNT);
    if (log.keyCreated) await enter("KeyCreated", { verifierKey: log.verifierKey });
    return {
      enter,
      unfinished: unfinishedIn(entries),
      head: () => log.checkpoint(SYSTEM_TENANT),
      verifierKey: log.verifierKey,
      close: () => log.close(),
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}

function unfinishedIn(entries: readonly Entry[]): Unfinished | undefined {
  const newest = entries.findLast(({ type }) =>
    ["ConformanceBegan", "ConformanceEnded"].includes(type),
  );
  if (newest?.type !== "ConformanceBegan") return undefined;
  const { detail, position, recorderId } = newest;
  const targetKey = detail?.["targetKey"];
  if (recorderId === undefined || typeof targetKey !== "string") return undefined;
  const ordered = entries.some(
    (entry) => entry.position > position && entry.type === "OrderIntended",
  );
  return ordered ? { recorderId, targetKey } : undefined;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
