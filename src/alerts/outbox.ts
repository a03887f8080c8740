/**
 * Which alerts are open, and which messages wait for which endpoint: the rules, in memory. What
 * changes is told to whoever keeps it, so that a message is durable before it is sent. Pure: time
 * and randomness are passed in.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../control/call.ts";
import { type Alert, type AlertKind, type Condition, keyOf } from "./alert.ts";
import { nextTryAt, type RetryRules } from "./backoff.ts";
import { foldedFrom, isLessGrave } from "./folding.ts";
import { alertIdOf, type Folded, type MessageContext, raised, resolved } from "./message.ts";

/** Messages that may wait for one endpoint. Beyond it the least grave are folded into a count. */
export const WAITING_COUNT_MAX = 2_000;
/** Alerts open at once. Beyond it no closing message is sent for the oldest. */
export const OPEN_COUNT_MAX = 10_000;

export interface Endpoint {
  readonly id: string;
  /** All kinds, or all tenants, where absent. What belongs to no tenant goes to every endpoint. */
  readonly kinds?: ReadonlySet<AlertKind>;
  readonly tenants?: ReadonlySet<TenantId>;
}

/** One message that waits for one endpoint. */
export interface Delivery {
  readonly endpointId: string;
  /** The `webhook-id`. */
  readonly id: string;
  readonly kind: AlertKind | "folded";
  readonly resolved: boolean;
  readonly body: string;
  readonly createdAt: EpochMs;
  readonly nextAt: EpochMs;
  readonly attempts: number;
  /** Dropped unsent where its condition ends before `nextAt`. */
  readonly held: boolean;
  /** Of kind `folded`: what it stands for. */
  readonly folded?: Folded;
}

export interface Open {
  readonly id: string;
  readonly alert: Alert;
}

/** What has to be made durable, in this order. */
export type Change =
  | { readonly type: "open"; readonly key: string; readonly open: Open }
  | { readonly type: "close"; readonly key: string }
  | { readonly type: "put"; readonly delivery: Delivery }
  | { readonly type: "drop"; readonly endpointId: string; readonly id: string };

export interface OutboxOptions {
  readonly endpoints: readonly Endpoint[];
  readonly rules: RetryRules;
  readonly context: MessageContext;
  /** Hears every change, in order. Never throws. */
  readonly changed: (change: Change) => void;
  /** Messages that were folded away, for metrics. */
  readonly folded?: (endpointId: string) => void;
}

export interface Saved {
  readonly open: ReadonlyMap<string, Open>;
  readonly deliveries: readonly Delivery[];
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #open = new Map<string, Open>();
  /** By endpoint, the oldest first. */
  readonly #waiting = new Map<string, Map<string, Delivery>>();
  /** Being sent now: neither sent twice nor folded. */
  readonly #inFlight = new Set<string>();

  constructor(options: OutboxOptions, saved?: Saved) {
    this.#options = options;
    for (const { id } of options.endpoints) this.#waiting.set(id, new Map());
    for (const [key, open] of saved?.open ?? []) this.#open.set(key, open);
    for (const one of saved?.deliveries ?? []) {
      const queue = this.#waiting.get(one.endpointId);
      // Of an endpoint that is no longer configured: nobody is left to be told.
      if (queue === undefined) options.changed({ type: "drop", ...one });
      else queue.set(one.id, one);
    }
  }

  /** True where it is a new occurrence. */
  raise(alert: Alert, now: EpochMs, holdMs = 0): boolean {
    const key = keyOf(alert);
    if (this.#open.has(key)) return false;
    const open = { id: alertIdOf(alert, this.#options.context), alert };
    this.#open.set(key, open);
    const { body, id } = raised(alert, now, this.#options.context);
    this.#tell(alert, { id, body, resolved: false, nextAt: now + holdMs, held: holdMs > 0 }, now);
    // After its messages: kept in part, it is raised again under the same id, and not lost.
    this.#options.changed({ type: "open", key, open });
    if (this.#open.size > OPEN_COUNT_MAX) this.#forgetOldest();
    return true;
  }

  /** True where an alert of this condition was open. */
  resolve(condition: Condition, at: EpochMs, now: EpochMs): boolean {
    if (this.#open.size === 0) return false;
    const key = keyOf(condition);
    const open = this.#open.get(key);
    if (open === undefined) return false;
    this.#open.delete(key);
    const { body, id } = resolved(open.alert, at, this.#options.context);
    const unsent = this.#dropHeld(open.id, now);
    this.#tell(open.alert, { id, body, resolved: true, nextAt: now, held: false }, now, unsent);
    this.#options.changed({ type: "close", key });
    return true;
  }

  /** Due and not being sent, the oldest first; they count as being sent from here on. */
  take(endpointId: string, now: EpochMs, countMax: number): readonly Delivery[] {
    const due: Delivery[] = [];
    for (const one of this.#waiting.get(endpointId)?.values() ?? []) {
      if (due.length >= countMax) break;
      if (one.nextAt > now || this.#isSent(one)) continue;
      this.#inFlight.add(name(one));
      due.push(one);
    }
    return due;
  }

  delivered(one: Delivery, now: EpochMs): void {
    this.#inFlight.delete(name(one));
    this.#drop(one);
    // It answers again: what waited for it is due now.
    for (const other of [...(this.#waiting.get(one.endpointId)?.values() ?? [])]) {
      if (other.attempts > 0 && other.nextAt > now && !this.#isSent(other)) {
        this.#put({ ...other, nextAt: now });
      }
    }
  }

  /** Undefined: given up. */
  failed(one: Delivery, now: EpochMs, random: number, retryAfterMs?: number): EpochMs | undefined {
    this.#inFlight.delete(name(one));
    const attempts = one.attempts + 1;
    const tried = { attempts, createdAt: one.createdAt };
    const nextAt = nextTryAt(tried, now, random, this.#options.rules, retryAfterMs);
    if (nextAt === undefined) this.#drop(one);
    else this.#put({ ...one, attempts, nextAt, held: false });
    return nextAt;
  }

  /** When its next message is due that is not being sent; undefined where none waits. */
  nextDueAt(endpointId: string): EpochMs | undefined {
    let next: EpochMs | undefined;
    for (const one of this.#waiting.get(endpointId)?.values() ?? []) {
      if (this.#isSent(one)) continue;
      if (next === undefined || one.nextAt < next) next = one.nextAt;
    }
    return next;
  }

  open(): ReadonlyMap<string, Open> {
    return this.#open;
  }

  /** Everything there is to keep. */
  whole(): Saved {
    const deliveries = [...this.#waiting.values()].flatMap((queue) => [...queue.values()]);
    return { open: this.#open, deliveries };
  }

  waitingCount(endpointId: string): number {
    return this.#waiting.get(endpointId)?.size ?? 0;
  }

  #tell(
    alert: Alert,
    message: Pick<Delivery, "id" | "body" | "resolved" | "nextAt" | "held">,
    now: EpochMs,
    notTo: ReadonlySet<string> = new Set(),
  ): void {
    for (const endpoint of this.#options.endpoints) {
      if (notTo.has(endpoint.id) || !wants(endpoint, alert)) continue;
      this.#makeRoom(endpoint.id, now);
      const { kind } = alert;
      const facts = { endpointId: endpoint.id, kind, createdAt: now, attempts: 0 };
      this.#put({ ...message, ...facts });
    }
  }

  /** The endpoints that were not told of it, and need not be. */
  #dropHeld(id: string, now: EpochMs): ReadonlySet<string> {
    const unsent = new Set<string>();
    for (const [endpointId, queue] of this.#waiting) {
      const one = queue.get(id);
      if (one === undefined || !one.held || one.nextAt <= now) continue;
      if (this.#isSent(one)) continue;
      this.#drop(one);
      unsent.add(endpointId);
    }
    return unsent;
  }

  #makeRoom(endpointId: string, now: EpochMs): void {
    const queue = this.#waiting.get(endpointId);
    if (queue === undefined || queue.size < WAITING_COUNT_MAX) return;
    let known: Delivery | undefined;
    let victim: Delivery | undefined;
    for (const one of queue.values()) {
      if (this.#isSent(one)) continue;
      if (one.kind === "folded") known = one;
      else if (victim === undefined || isLessGrave(one, victim)) victim = one;
    }
    if (victim === undefined) return;
    this.#drop(victim);
    if (known !== undefined) this.#drop(known);
    this.#put(foldedFrom(victim, known, now, this.#options.context));
    this.#options.folded?.(endpointId);
    // The count itself takes a place the first time.
    if (known === undefined) this.#makeRoom(endpointId, now);
  }

  #forgetOldest(): void {
    const [key] = this.#open.keys();
    if (key === undefined) return;
    this.#open.delete(key);
    this.#options.changed({ type: "close", key });
  }

  #isSent(one: Delivery): boolean {
    return this.#inFlight.size > 0 && this.#inFlight.has(name(one));
  }

  #put(one: Delivery): void {
    this.#waiting.get(one.endpointId)?.set(one.id, one);
    this.#options.changed({ type: "put", delivery: one });
  }

  #drop({ endpointId, id }: Delivery): void {
    this.#waiting.get(endpointId)?.delete(id);
    this.#options.changed({ type: "drop", endpointId, id });
  }
}

const name = ({ endpointId, id }: Delivery): string => `${endpointId}\n${id}`;

function wants({ kinds, tenants }: Endpoint, alert: Alert): boolean {
  if (kinds !== undefined && !kinds.has(alert.kind)) return false;
  if (tenants === undefined) return true;
  const of = tenantsOf(alert);
  return of === undefined || of.some((tenant) => tenants.has(tenant));
}

/** Undefined: it is nobody's in particular. */
function tenantsOf(alert: Alert): readonly TenantId[] | undefined {
  switch (alert.kind) {
    case "unsecured":
    case "stalled":
    case "paused_by_other":
    case "drift":
      return [alert.tenant];
    case "incident_open":
      return [alert.tenant];
    case "recorder_down":
      return alert.tenants;
    case "verification_failing":
      return alert.tenant === "system" ? undefined : [alert.tenant];
    case "log_failing":
    case "copy_behind":
      return undefined;
  }
}
