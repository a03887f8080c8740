/**
 * Keeps the outbox and empties it: what changes is made durable, then what is due is sent, and
 * tried again until it is received or given up. No caller ever waits for any of it.
 *
 * @module
 */
import type { Alert, AlertSink } from "../../../alerts/alert.ts";
import { type Signal, signalsOf } from "../../../alerts/conditions.ts";
import type { MessageContext } from "../../../alerts/message.ts";
import { type Change, type Delivery, type Endpoint, Outbox } from "../../../alerts/outbox.ts";
import type { TenantId } from "../../../control/call.ts";
import type { CallChange, Clock } from "../../../control/ports.ts";
import { within } from "../../../control/within.ts";
import type { AlertsConfig } from "../../../policy/configAlerts.ts";
import type { AlertMetrics } from "./alertMetrics.ts";
import { type OutboxFile, withinReach } from "./outboxFile.ts";
import { type Sender, SENDING_COUNT_MAX } from "./sender.ts";
import { sendersOf, toldOf } from "./senders.ts";

/** Changes made durable in one go: a bound on how long the loop stands still. */
const FLUSH_COUNT_MAX = 500;
/** Changes that wait to be written. Beyond it the file is written anew from what is in memory. */
const UNSAVED_COUNT_MAX = 20_000;
/** After a write that failed; and how far the marks may be behind the log. */
const RETRY_MS = 1_000;
const MARK_EVERY_MS = 10_000;
const STOP_MS_MAX = 1_000;
/** Messages wait for a file that hangs no longer than this. */
const SAVE_MS_MAX = 2_000;
/** The longest a timer is set for: clocks may step, and messages are not forgotten. */
const LOOK_MS_MAX = 60_000;

export interface CourierOptions {
  readonly config: AlertsConfig;
  readonly context: MessageContext;
  readonly clock: Clock;
  /** Absent where no endpoint is configured: nothing is sent, so nothing is kept. */
  readonly file?: OutboxFile;
  readonly metrics: AlertMetrics;
  /** A message was given up. Never throws. */
  readonly givenUp: (message: Delivery) => void;
  readonly onError: (error: unknown) => void;
}

export interface Courier extends AlertSink {
  /** Hears every durable change. Synchronous; never throws. */
  observe(change: CallChange): void;
  signal(signal: Signal): void;
  /** Up to this position the tenant's log was looked at. */
  mark(tenant: TenantId, position: number): void;
  readonly outbox: Pick<Outbox, "open" | "waitingCount">;
  /** From now on messages are sent. */
  start(): void;
  /** What was not received is sent after the next start. */
  stop(): Promise<void>;
}

export function startCourier(options: CourierOptions): Courier {
  const { clock, config, context, file, metrics } = options;
  const endpoints = toldOf(config).map(endpointOf);
  const senders = sendersOf(config);
  const sending = new Map<string, number>();
  const under = new Set<Promise<void>>();
  const marks = new Map<TenantId, number>(file?.marks);
  let moved = false;
  let unsaved: Change[] = [];
  let whole = false;
  let scheduled = false;
  let turning = false;
  let again = false;
  /** A write that is not done yet. */
  let writing: boolean | Promise<boolean> | undefined;
  let state: "waiting" | "running" | "stopped" = "waiting";
  let timer: (() => void) | undefined;
  let markTimer: (() => void) | undefined;

  const outbox = new Outbox(
    {
      endpoints,
      rules: config,
      context,
      changed(change) {
        if (file === undefined) return;
        unsaved.push(change);
        if (unsaved.length > UNSAVED_COUNT_MAX) {
          whole = true;
          unsaved = [];
        }
        soon();
      },
      folded: metrics.folded,
    },
    file === undefined ? undefined : withinReach(file, clock.now(), config.retryMsMax),
  );

  function soon(): void {
    if (scheduled || state === "stopped") return;
    scheduled = true;
    // After whatever waits now: a pause's answer first.
    setImmediate(() => {
      scheduled = false;
      void turn();
    });
  }

  /** One at a time; who comes in between has one afterwards. */
  async function turn(): Promise<void> {
    again = turning;
    if (turning) return;
    turning = true;
    await oneTurn();
    turning = false;
    if (again) soon();
  }

  /** Durable first, then sent; where the file cannot be written, or hangs, sent all the same. */
  async function oneTurn(): Promise<void> {
    if (state === "stopped") return;
    const saved = await save();
    if (saved && (whole || unsaved.length > 0)) return soon();
    if (state === "running") for (const sender of senders.values()) post(sender);
    arm(saved ? undefined : clock.now() + RETRY_MS);
  }

  /** False where the file cannot be written now. Never rejects. */
  async function save(): Promise<boolean> {
    if (file === undefined) return true;
    const done = (writing ??= write(file));
    if (typeof done === "boolean") {
      writing = undefined;
      return done;
    }
    const written = await within(clock, SAVE_MS_MAX, done);
    if (written.kind === "in_time") return written.value;
    metrics.kept(false);
    return false;
  }

  function write(to: OutboxFile): boolean | Promise<boolean> {
    const batch = unsaved.slice(0, FLUSH_COUNT_MAX);
    const all = whole;
    const last = all || batch.length === unsaved.length;
    const isNothing = !all && batch.length === 0 && !moved;
    unsaved = all ? [] : unsaved.slice(batch.length);
    whole = false;
    if (last) moved = false;
    try {
      if (isNothing) return kept();
      const done = all
        ? to.rewrite(outbox.whole(), marks)
        : to.write(batch, last ? marks : NO_MARKS);
      if (done === undefined) return kept();
      return done.then(kept, notKept).finally(() => (writing = undefined));
    } catch (error) {
      return notKept(error);
    }
  }

  function kept(): boolean {
    metrics.kept(true);
    return true;
  }

  function notKept(error: unknown): boolean {
    // What the file holds now is not known, so all of it is written when it can be.
    whole = true;
    unsaved = [];
    metrics.kept(false);
    options.onError(error);
    return false;
  }

  function post(sender: Sender): void {
    const { endpointId } = sender;
    const free = SENDING_COUNT_MAX - (sending.get(endpointId) ?? 0);
    for (const one of outbox.take(endpointId, clock.now(), free)) {
      sending.set(endpointId, (sending.get(endpointId) ?? 0) + 1);
      const sent = sendOne(sender, one).finally(() => {
        sending.set(endpointId, (sending.get(endpointId) ?? 1) - 1);
        under.delete(sent);
        soon();
      });
      under.add(sent);
    }
  }

  async function sendOne(sender: Sender, one: Delivery): Promise<void> {
    try {
      settle(one, await sender.send(one));
    } catch (error) {
      options.onError(error);
      settle(one, { kind: "failed", why: "fault" });
    }
  }

  function settle(one: Delivery, result: Awaited<ReturnType<Sender["send"]>>): void {
    metrics.tried(one.endpointId, result.kind === "delivered");
    if (result.kind === "delivered") outbox.delivered(one, clock.now());
    else {
      const next = outbox.failed(one, clock.now(), clock.random(), result.retryAfterMs);
      if (next === undefined) {
        metrics.givenUp(one.endpointId);
        options.givenUp(one);
      }
    }
  }

  function arm(latest?: number): void {
    timer?.();
    const now = clock.now();
    // Who is sent as much as may be is looked at again when something of it was answered.
    const due = [...senders.keys()]
      .filter((id) => state === "running" && (sending.get(id) ?? 0) < SENDING_COUNT_MAX)
      .map((id) => outbox.nextDueAt(id) ?? Infinity);
    const at = Math.min(latest ?? Infinity, ...due);
    if (at === Infinity) return;
    timer = clock.after(Math.min(LOOK_MS_MAX, Math.max(1, at - now)), () => void turn());
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      options.onError(error);
    }
  }

  function raise(alert: Alert, holdMs = 0): void {
    if (outbox.raise(alert, clock.now(), holdMs)) metrics.raised(alert.kind);
  }

  function signal(one: Signal): void {
    if (one.type === "raise") raise(one.alert, one.holdMs);
    else outbox.resolve(one.condition, one.at, clock.now());
  }

  function mark(tenant: TenantId, position: number): void {
    if ((marks.get(tenant) ?? 0) >= position) return;
    marks.set(tenant, position);
    moved = true;
    if (file === undefined || state === "stopped") return;
    markTimer ??= clock.after(MARK_EVERY_MS, () => {
      markTimer = undefined;
      soon();
    });
  }

  return {
    raise: (alert) => guarded(() => raise(alert)),
    resolve: (condition, at) => guarded(() => void outbox.resolve(condition, at, clock.now())),
    observe: (change) =>
      guarded(() => {
        for (const one of signalsOf(change)) signal(one);
        mark(change.tenant, change.position);
      }),
    signal: (one) => guarded(() => signal(one)),
    mark,
    outbox,
    start() {
      state = "running";
      soon();
    },
    async stop() {
      timer?.();
      markTimer?.();
      let saved = true;
      for (let turns = 0; saved && turns < UNSAVED_COUNT_MAX / FLUSH_COUNT_MAX + 2; turns += 1) {
        saved = await save();
        if (!whole && unsaved.length === 0 && !moved) break;
      }
      state = "waiting";
      let cancel = () => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(STOP_MS_MAX, resolve);
      });
      await Promise.race([Promise.all(under), late]);
      cancel();
      if (saved) await save();
      state = "stopped";
      timer?.();
      await Promise.all([...senders.values()].map((sender) => sender.close()));
      await file?.close();
    },
  };
}

const NO_MARKS: ReadonlyMap<TenantId, number> = new Map();

const endpointOf = ({ id, kinds, tenants }: ReturnType<typeof toldOf>[number]): Endpoint => ({
  id,
  ...(kinds === undefined ? {} : { kinds: new Set(kinds) }),
  ...(tenants === undefined ? {} : { tenants: new Set(tenants) }),
});
