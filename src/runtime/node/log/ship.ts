/**
 * Ships the newest signed heads to where policy says, from the files they are kept in. The latest
 * wins; a place that does not take them is tried again, and nothing waits for it.
 *
 * @module
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { EpochMs } from "../../../control/call.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Destination } from "./shipTo.ts";

/** How often it is looked for new heads: far less often than they are signed. */
const LOOK_MS = 2_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;
/** A failure is entered once it has lasted so long: a moment's is nobody's business. */
const FAILURE_MS_MIN = 60_000;
/** What a stop waits for the last heads. */
const LAST_MS_MAX = 3_000;

const NAME = /^checkpoint-.+\.txt$/;

export interface ShipStanding {
  readonly name: string;
  /** For how long a head has been waiting; 0 where none is. */
  readonly lagMs: number;
  readonly waitingCount: number;
  readonly failure?: { readonly since: EpochMs; readonly why: string };
}

export interface ShipOptions {
  /** The log's own folder. */
  readonly folder: string;
  readonly destinations: readonly Destination[];
  readonly clock: Clock;
  readonly lookMs?: number;
  readonly failureMsMin?: number;
  /** Once a failure that lasts, and once it is over. None throws. */
  readonly failed: (name: string, failure: { since: EpochMs; why: string }) => void;
  readonly recovered: (name: string, failure: { since: EpochMs; why: string }) => void;
}

export interface Shipping {
  standings(): readonly ShipStanding[];
  /** After the log was closed: its last heads, as far as time allows. */
  stop(): Promise<void>;
}

interface Kept {
  readonly note: string;
  readonly seenAt: EpochMs;
}

interface Lane {
  readonly to: Destination;
  /** The note each file held when it was shipped. */
  readonly shipped: Map<string, string>;
  busy: Promise<void> | undefined;
  failures: number;
  failure: { since: EpochMs; why: string } | undefined;
  told: boolean;
  nextAt: EpochMs;
}

export function startShipping(options: ShipOptions): Shipping {
  const { clock, folder } = options;
  /** One a tenant: as many as there are logs. */
  const newest = new Map<string, Kept>();
  const changedAt = new Map<string, number>();
  const lanes = options.destinations.map((to): Lane => ({
    to,
    shipped: new Map(),
    busy: undefined,
    failures: 0,
    failure: undefined,
    told: false,
    nextAt: 0,
  }));
  let cancel = () => {};
  let stopped = false;

  async function look(): Promise<void> {
    for (const name of (await readdir(folder)).filter((one) => NAME.test(one))) {
      const path = join(folder, name);
      const { mtimeMs } = await stat(path);
      if (changedAt.get(name) === mtimeMs) continue;
      const note = await readFile(path, "utf8");
      changedAt.set(name, mtimeMs);
      if (newest.get(name)?.note !== note) newest.set(name, { note, seenAt: clock.now() });
    }
  }

  const waiting = (lane: Lane) =>
    [...newest].filter(([name, { note }]) => lane.shipped.get(name) !== note);

  /** One at a time a place: one that hangs holds one file thread and no more. */
  function drive(lane: Lane): void {
    if (lane.busy !== undefined || clock.now() < lane.nextAt || waiting(lane).length === 0) return;
    lane.busy = shipAll(lane).finally(() => {
      lane.busy = undefined;
    });
  }

  async function shipAll(lane: Lane): Promise<void> {
    for (const [name, { note }] of waiting(lane)) {
      try {
        await lane.to.put(note);
      } catch (error) {
        return failed(lane, error instanceof Error ? error.message : "unknown");
      }
      lane.shipped.set(name, note);
    }
    if (lane.failure !== undefined && lane.told) options.recovered(lane.to.name, lane.failure);
    lane.failures = 0;
    lane.failure = undefined;
    lane.told = false;
  }

  function failed(lane: Lane, why: string): void {
    const now = clock.now();
    lane.failure = { since: lane.failure?.since ?? now, why };
    const fullMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(lane.failures, 20));
    lane.failures += 1;
    lane.nextAt = now + fullMs * (0.5 + clock.random() / 2);
  }

  function tellLasting(lane: Lane): void {
    const { failure, told } = lane;
    if (failure === undefined || told || stopped) return;
    if (clock.now() - failure.since < (options.failureMsMin ?? FAILURE_MS_MIN)) return;
    lane.told = true;
    options.failed(lane.to.name, failure);
  }

  async function beat(): Promise<void> {
    // A folder that cannot be listed is told by the log itself.
    await look().catch(() => undefined);
    for (const lane of lanes) {
      drive(lane);
      tellLasting(lane);
    }
  }

  function schedule(): void {
    if (stopped) return;
    cancel = clock.after(options.lookMs ?? LOOK_MS, () => void beat().finally(schedule));
  }
  if (lanes.length > 0) void beat().finally(schedule);

  return {
    standings: () =>
      lanes.map((lane) => {
        const open = waiting(lane);
        const oldest = Math.min(...open.map(([, { seenAt }]) => seenAt));
        return {
          name: lane.to.name,
          lagMs: open.length === 0 ? 0 : Math.max(0, clock.now() - oldest),
          waitingCount: open.length,
          ...(lane.failure === undefined ? {} : { failure: lane.failure }),
        };
      }),
    async stop() {
      stopped = true;
      cancel();
      const last = async () => {
        await Promise.all(lanes.map(({ busy }) => busy ?? Promise.resolve()));
        await look().catch(() => undefined);
        await Promise.all(lanes.map((lane) => shipAll(lane)));
      };
      if (lanes.length > 0) await atMost(LAST_MS_MAX, last());
      await atMost(LAST_MS_MAX, Promise.all(lanes.map(({ to }) => to.close())));
    },
  };
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
