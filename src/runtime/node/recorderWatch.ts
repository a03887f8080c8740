/**
 * What follows when a recorder goes down or comes back: an entry with start, end and cause, an
 * alert, a word to the event stream, a number, and a line for operators.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type { PreflightFinding } from "../../adapters/recorder.ts";
import type { AlertSink } from "../../alerts/alert.ts";
import type { Health, Turn } from "../../alerts/health.ts";
import type { EpochMs, RecorderId } from "../../control/call.ts";
import type { Clock } from "../../control/ports.ts";
import type { Hub } from "../../events/hub.ts";
import type { Logger } from "../../http/deps.ts";
import type { Entry } from "../../log/entry.ts";
import { type EntryFilter, type EntryPage, type LogStore, SYSTEM_TENANT } from "../../log/store.ts";
import type { Config } from "../../policy/config.ts";
import type { AlertMetrics } from "./alerts/alertMetrics.ts";
import type { EnterLater } from "./enterLater.ts";
import { watchHealth } from "./health.ts";
import { type Fleet, tenantsOf } from "./recorders.ts";

/** Of what a preflight found, in an entry. */
const FOUND_COUNT_MAX = 5;
const FOUND_CHARACTERS_MAX = 200;

export interface RecorderWatchOptions {
  readonly config: Config;
  readonly fleet: Fleet;
  readonly log: Pick<LogStore, "read" | "size">;
  readonly hub: Pick<Hub, "recorder">;
  readonly clock: Clock;
  readonly sink: AlertSink;
  readonly metrics: AlertMetrics;
  readonly entries: EnterLater;
  readonly logger: Logger;
}

type Down = Extract<Health, { healthy: false }>;

/**
 * Goes on with the failures that were open when an earlier process ended, once the log has told of
 * them; nobody waits for that. Returns what ends it.
 */
export function watchRecorders(options: RecorderWatchOptions): () => void {
  let end: (() => void) | undefined;
  let ended = false;
  void openFailures(options.log)
    .catch(() => new Map<RecorderId, Down>())
    .then((known) => {
      if (!ended) end = watchFrom(options, known);
      return known;
    });
  return () => {
    ended = true;
    end?.();
  };
}

function watchFrom(
  options: RecorderWatchOptions,
  known: ReadonlyMap<RecorderId, Down>,
): () => void {
  const { clock, config, fleet, metrics, sink } = options;
  const ids = new Set(fleet.ports.map(({ id }) => id));
  for (const [id, down] of known) {
    if (ids.has(id)) tell(options, id, down);
    else enterEnd(options, id, { ...down, until: clock.now() }, "no_longer_configured");
  }
  for (const id of ids) {
    metrics.recorder(id, !known.has(id));
    // Its end was entered, and the process ended before the alert was closed.
    if (!known.has(id)) sink.resolve({ kind: "recorder_down", recorderId: id }, clock.now());
  }
  const told = new Map<RecorderId, readonly PreflightFinding[]>();
  const watch = watchHealth({
    rules: config.health,
    fleet,
    clock,
    known: new Map([...known].filter(([id]) => ids.has(id))),
    looked(id, findings) {
      const failed = findings.filter(({ ok }) => !ok);
      if (isDeepStrictEqual(told.get(id) ?? [], failed)) return;
      told.set(id, failed);
      for (const { detail, name } of failed)
        options.logger.warn({ recorderId: id, name, detail }, "a recorder's preflight failed");
    },
    turned: (id, turn, findings) => turned(options, id, turn, findings),
  });
  fleet.judged = watch.of;
  return () => watch.stop();
}

function turned(
  options: RecorderWatchOptions,
  recorderId: RecorderId,
  turn: Turn,
  findings: readonly PreflightFinding[],
): void {
  const { entries, logger, metrics } = options;
  const { cause, since } = turn;
  if (turn.type === "recovered") {
    enterEnd(options, recorderId, turn, "healthy_again");
    metrics.recorder(recorderId, true);
    tell(options, recorderId, { healthy: true });
    logger.info({ recorderId, reason: cause }, "a recorder is healthy again");
    return;
  }
  const found = findings
    .slice(0, FOUND_COUNT_MAX)
    .map(({ detail, name }) => ({ name, detail: detail.slice(0, FOUND_CHARACTERS_MAX) }));
  entries.enter({
    type: "RecorderWentDown",
    at: options.clock.now(),
    component: "health",
    outcome: "failure",
    recorderId,
    reason: cause,
    detail: { since, found },
  });
  metrics.recorder(recorderId, false);
  metrics.recorderFailed(recorderId);
  tell(options, recorderId, { healthy: false, since, cause });
  logger.warn({ recorderId, reason: cause }, "a recorder is down");
}

function enterEnd(
  { entries, clock, sink }: RecorderWatchOptions,
  recorderId: RecorderId,
  { cause, since, until }: Pick<Down, "cause" | "since"> & { readonly until: EpochMs },
  how: "healthy_again" | "no_longer_configured",
): void {
  entries.enter({
    type: "RecorderRecovered",
    at: clock.now(),
    component: "health",
    outcome: "success",
    recorderId,
    reason: how,
    detail: { since, until, cause },
  });
  sink.resolve({ kind: "recorder_down", recorderId }, until);
}

function tell({ config, hub, sink }: RecorderWatchOptions, recorderId: RecorderId, health: Health) {
  const tenants = tenantsOf(config, recorderId);
  for (const tenant of tenants) hub.recorder(tenant, { recorderId, ...health });
  if (health.healthy) return;
  const { cause, since } = health;
  sink.raise({ kind: "recorder_down", recorderId, tenants, since, cause });
}

const TYPES: readonly string[] = ["RecorderWentDown", "RecorderRecovered"];

/** Recorders whose last entry of the two says that they went down. */
async function openFailures(
  log: Pick<LogStore, "read" | "size">,
): Promise<ReadonlyMap<RecorderId, Down>> {
  const last = new Map<RecorderId, Entry>();
  let indexedTo = log.size(SYSTEM_TENANT);
  const readAll = async (filter: EntryFilter, from: number): Promise<void> => {
    for (let after: number | undefined = from; after !== undefined;) {
      const page: EntryPage = await log.read(SYSTEM_TENANT, filter, after, 1_000);
      for (const entry of page.entries) {
        const { recorderId = "", position, type } = entry;
        if (!TYPES.includes(type)) continue;
        if (position > (last.get(recorderId)?.position ?? 0)) last.set(recorderId, entry);
      }
      indexedTo = Math.min(indexedTo, page.indexedTo);
      after = page.next;
    }
  };
  for (const type of TYPES) await readAll({ type }, 0);
  // What the search file has not got yet is read entry by entry.
  await readAll({}, indexedTo);
  const down = [...last].filter(([, { type }]) => type === "RecorderWentDown");
  return new Map(
    down.map(([id, { at, detail, reason }]) => {
      const since = detail?.["since"];
      const began = typeof since === "number" ? since : at;
      return [id, { healthy: false, since: began, cause: reason ?? "unknown" }];
    }),
  );
}
