/**
 * Tells every reader the newest state of every call they asked for and may see. Publishing only
 * notes what changed: writing happens afterwards, in slices, so that no pause waits for a reader
 * and no slow reader delays a fast one.
 *
 * @module
 */
import type { CallId, TenantId } from "../control/call.ts";
import type { CallView } from "../control/calls.ts";
import type { Clock, Publisher } from "../control/ports.ts";
import { type Filter, sameFilter } from "./filter.ts";
import { createMemory, MEMORY_LIMITS, type MemoryLimits, type SentMark } from "./memory.ts";
import type { CallFacts, Viewer } from "./project.ts";
import { createBoard, type RecorderHealth } from "./recorders.ts";
import { fallAsleep, fill, isSettled, list, newRoom } from "./room.ts";
import { readersOf, type Room, unlist, wakeUp } from "./room.ts";
import { mark, newSubscriber, type Outlet, pump, type Subscriber } from "./subscriber.ts";
import { createTurns } from "./turns.ts";
import { createWriter } from "./write.ts";

/**
 * Messages written before other work gets its turn, and to one reader before the next one's. Where
 * there is nothing else to do the next slice follows at once, so a small one costs readers little.
 */
const SLICE_COUNT_MAX = 64;
const TURN_COUNT_MAX = 16;

export interface HubOptions {
  readonly clock: Clock;
  /** The log's origin id. */
  epoch(tenant: TenantId): string;
  /** The log's size: its newest position. */
  position(tenant: TenantId): number;
  /** Calls not ended, for readers who come before those calls changed. Asked once a tenant. */
  live(tenant: TenantId, limit: number): Promise<readonly CallView[]>;
  /** Runs soon, after what is already waiting (`setImmediate`). Defaults to a timer of 0 ms. */
  readonly defer?: (run: () => void) => void;
  /** A reader's function threw: a bug, and the reader was let go. */
  readonly onError?: (error: unknown) => void;
  readonly sandbox?: boolean;
  readonly limits?: Partial<MemoryLimits>;
}

export interface Since {
  readonly epoch: string;
  readonly position: number;
}

export interface Subscription {
  /**
   * Replaces the filter: sends `subscribed`, then the calls. Rejects where the live calls cannot
   * be read. `maxHz`: bursts a second.
   */
  replace(filter: Filter, since?: Since, maxHz?: number): Promise<void>;
  /** The transport has room again. */
  drained(): void;
  /** The newest states of a call that were sent, oldest first; empty where the reader has it not. */
  sent(callId: CallId): readonly SentMark[];
  /** Notes that this agent's desktop painted this; false where that was noted before. */
  noteShown(callId: CallId, agentId: string, protection: string): boolean;
  /** The newest position that all was sent up to, or undefined while something waits. */
  settledAt(): number | undefined;
  close(): void;
}

export interface Hub extends Publisher {
  /**
   * Facts of this call could not be logged, and are not published: until the next change that is,
   * readers are told `unlogged` and never `secured`. Synchronous, never throws.
   */
  doubt(tenant: TenantId, callId: CallId): void;
  /** How a recorder of this tenant's is now. Synchronous, never throws. */
  recorder(tenant: TenantId, health: RecorderHealth): void;
  subscribe(viewer: Viewer, outlet: Outlet): Subscription;
  epoch(tenant: TenantId): string;
  position(tenant: TenantId): number;
  /** Whose call it is now, where that is known. */
  agentOf(tenant: TenantId, callId: CallId): string | undefined;
  /** For metrics. `pending` is bounded by calls times subscribers. */
  counts(): { readonly subscribers: number; readonly pending: number; readonly calls: number };
}

const isBetweenBursts = ({ burstLeft, gapMs }: Subscriber): boolean => gapMs > 0 && burstLeft === 0;

const look = (room: Room) => (callId: CallId) => room.memory.get(callId);

const LIVE_COUNT_MAX = 100_000;
export const SHOWN_COUNT_MAX = 256;

export function createHub(options: HubOptions): Hub {
  const { clock } = options;
  const limits = { ...MEMORY_LIMITS, ...options.limits };
  const defer = options.defer ?? ((run: () => void) => void clock.after(0, run));
  const rooms = new Map<TenantId, Room>();
  const board = createBoard(options.sandbox === true);
  /** Readers with something waiting and room to take it, in turn. */
  const ready = createTurns();
  const write = createWriter(options.sandbox);
  let scheduled = false;

  const roomOf = (tenant: TenantId): Room => {
    let room = rooms.get(tenant);
    if (room === undefined) {
      room = newRoom(createMemory(options.position(tenant), limits));
      rooms.set(tenant, room);
    }
    return room;
  };

  const schedule = (): void => {
    if (scheduled || ready.size === 0) return;
    scheduled = true;
    defer(slice);
  };

  const wake = (room: Room, subscriber: Subscriber): void => {
    if (subscriber.closed || subscriber.parked) return;
    const waitMs = isBetweenBursts(subscriber) ? subscriber.nextBurstAt - clock.now() : 0;
    if (waitMs > 0) {
      if (subscriber.pending.size === 0 && subscriber.asleepAt === undefined) return;
      subscriber.cancelTimer ??= clock.after(waitMs, () => {
        subscriber.cancelTimer = undefined;
        wake(room, subscriber);
        schedule();
      });
      return;
    }
    wakeUp(room, subscriber);
    if (subscriber.pending.size > 0) ready.add(subscriber);
  };

  const slice = (): void => {
    scheduled = false;
    let left = SLICE_COUNT_MAX;
    for (let subscriber = ready.next(); subscriber !== undefined; subscriber = ready.next()) {
      const room = rooms.get(subscriber.viewer.tenant);
      if (room === undefined || subscriber.closed) continue;
      try {
        const countMax = Math.min(left, TURN_COUNT_MAX);
        left -= pump(subscriber, countMax, clock.now(), look(room), write);
      } catch (error) {
        letGo(room, subscriber);
        options.onError?.(error);
        continue;
      }
      if (subscriber.parked || isBetweenBursts(subscriber)) fallAsleep(room, subscriber);
      wake(room, subscriber);
      if (left <= 0) break;
    }
    schedule();
  };

  const tell = (room: Room, callId: CallId, agentIds: readonly (string | undefined)[]): void => {
    for (const subscriber of readersOf(room, callId, agentIds)) {
      mark(subscriber, callId);
      wake(room, subscriber);
    }
    schedule();
  };

  const take = (room: Room, facts: CallFacts): void => {
    const before = room.memory.take(facts, clock.now());
    // Whoever saw the call before it moved has to be told too.
    if (before !== false) {
      tell(room, facts.callId, [facts.state.agentId, before?.state.agentId]);
    }
  };

  const seed = async (room: Room, tenant: TenantId): Promise<void> => {
    const views = await options.live(tenant, LIVE_COUNT_MAX);
    for (const view of views.toSorted((a, b) => a.position - b.position)) {
      take(room, view);
      if (!view.durable) room.memory.doubt(view.callId, clock.now());
    }
  };

  /** The live calls are read once; where that fails, the next reader's try reads them. */
  const seeded = async (room: Room, tenant: TenantId): Promise<void> => {
    room.seeding ??= seed(room, tenant);
    try {
      await room.seeding;
    } catch (error) {
      room.seeding = undefined;
      throw error;
    }
  };

  const letGo = (room: Room, subscriber: Subscriber): void => {
    subscriber.closed = true;
    subscriber.pending.clear();
    subscriber.holds.clear();
    subscriber.cancelTimer?.();
    ready.delete(subscriber);
    room.subscribers.delete(subscriber);
    unlist(room, subscriber);
  };

  return {
    publish(change) {
      try {
        take(roomOf(change.tenant), change);
      } catch (error) {
        options.onError?.(error);
      }
    },

    doubt(tenant, callId) {
      try {
        const room = roomOf(tenant);
        const held = room.memory.doubt(callId, clock.now());
        if (held !== undefined) tell(room, callId, [held.state.agentId]);
      } catch (error) {
        options.onError?.(error);
      }
    },

    recorder(tenant, health) {
      try {
        board.set(tenant, health, rooms.get(tenant)?.subscribers ?? []);
      } catch (error) {
        options.onError?.(error);
      }
    },

    subscribe(viewer, outlet) {
      const room = roomOf(viewer.tenant);
      const subscriber = newSubscriber(viewer, outlet);
      room.subscribers.add(subscriber);
      return {
        async replace(filter, since, maxHz) {
          await seeded(room, viewer.tenant);
          if (subscriber.closed) return;
          const recovered =
            since !== undefined &&
            since.epoch === options.epoch(viewer.tenant) &&
            room.memory.remembers(since.position) &&
            (!subscriber.asked || sameFilter(filter, subscriber.filter));
          unlist(room, subscriber);
          subscriber.filter = filter;
          subscriber.asked = true;
          list(room, subscriber);
          subscriber.gapMs = maxHz === undefined ? 0 : 1000 / maxHz;
          subscriber.nextBurstAt = 0;
          subscriber.burstLeft = 0;
          subscriber.cancelTimer?.();
          subscriber.cancelTimer = undefined;
          outlet.send(JSON.stringify({ type: "subscribed", recovered }), "subscribed");
          board.greet(subscriber);
          fill(room.memory, subscriber, recovered ? since.position : undefined);
          if (subscriber.parked) fallAsleep(room, subscriber);
          wake(room, subscriber);
          schedule();
        },
        drained() {
          subscriber.parked = false;
          board.drained(subscriber);
          wake(room, subscriber);
          schedule();
        },
        sent: (callId) => subscriber.holds.get(callId) ?? [],
        noteShown(callId, agentId, protection) {
          const shown = room.memory.get(callId)?.shown;
          const key = `${protection} ${agentId}`;
          if (shown === undefined || shown.has(key) || shown.size >= SHOWN_COUNT_MAX) return false;
          shown.add(key);
          return true;
        },
        settledAt: () => (isSettled(room, subscriber) ? room.memory.position() : undefined),
        close: () => letGo(room, subscriber),
      };
    },

    epoch: (tenant) => options.epoch(tenant),
    position: (tenant) => options.position(tenant),
    agentOf: (tenant, callId) => rooms.get(tenant)?.memory.get(callId)?.state.agentId,
    counts() {
      const counts = { subscribers: 0, pending: 0, calls: 0 };
      for (const room of rooms.values()) {
        counts.subscribers += room.subscribers.size;
        counts.calls += room.memory.live.size;
        for (const subscriber of room.subscribers) counts.pending += subscriber.pending.size;
      }
      return counts;
    },
  };
}
