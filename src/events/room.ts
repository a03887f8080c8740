/**
 * The readers of one tenant beside what is remembered of its calls: who has to be told of a change,
 * and what a new filter has to be told of. Both are found by call and agent, so that ten thousand
 * desktops that come back at once do not look through ten thousand calls each.
 *
 * @module
 */
import type { CallId } from "../control/call.ts";
import { isNarrow } from "./filter.ts";
import { type HeldCall, mayLack, type Memory } from "./memory.ts";
import { mark, mayHold, noteHeld, type Subscriber, wants } from "./subscriber.ts";

export interface Room {
  readonly memory: Memory;
  /** The live calls are being read, or were. */
  seeding: Promise<void> | undefined;
  readonly subscribers: Set<Subscriber>;
  readonly byCall: Map<CallId, Set<Subscriber>>;
  readonly byAgent: Map<string, Set<Subscriber>>;
  /** By attributes, or all calls, and awake: looked at for every change. */
  readonly broad: Set<Subscriber>;
}

export function newRoom(memory: Memory): Room {
  return {
    memory,
    seeding: undefined,
    subscribers: new Set(),
    byCall: new Map(),
    byAgent: new Map(),
    broad: new Set(),
  };
}

/** Everyone who may have to be told of this call. Whether they do is settled when it is written. */
export function* readersOf(
  room: Room,
  callId: CallId,
  agentIds: readonly (string | undefined)[],
): Generator<Subscriber> {
  yield* room.byCall.get(callId) ?? [];
  for (const agentId of new Set(agentIds)) {
    if (agentId !== undefined) yield* room.byAgent.get(agentId) ?? [];
  }
  yield* room.broad;
}

/**
 * What a new filter has to be told of, in the order in which the calls last changed: all that is
 * live, or what changed after `since`, calls included that ended or left the filter's view.
 */
export function fill(memory: Memory, subscriber: Subscriber, since: number | undefined): void {
  const told: HeldCall[] = [];
  if (since === undefined) subscriber.holds.clear();
  for (const held of candidates(memory, subscriber)) {
    const wanted = wants(subscriber, held.callId, held.state);
    if (since === undefined) {
      if (wanted && held.state.endedAt === undefined) told.push(held);
    } else if (!mayLack(held, since)) {
      // The reader has it from before, and must hear when it goes.
      if (wanted) noteHeld(subscriber, held);
    } else {
      const saw = held.formers.some(
        ({ state, until }) => until >= since && wants(subscriber, held.callId, state),
      );
      // An older state of it, perhaps: so it must hear when the call goes before this one is sent.
      if (wanted || saw) mayHold(subscriber, held.callId);
      if (subscriber.holds.has(held.callId)) told.push(held);
    }
  }
  subscriber.pending.clear();
  for (const held of told.sort((a, b) => a.reached - b.reached)) {
    subscriber.pending.add(held.callId);
  }
}

function candidates(memory: Memory, { filter, viewer, holds }: Subscriber): Iterable<HeldCall> {
  if (viewer.ownCallsOnly) {
    return viewer.agentId === undefined ? [] : memory.ofAgent(viewer.agentId);
  }
  if (!isNarrow(filter)) return [...memory.live.values(), ...memory.ended.values()];
  const found = new Set<HeldCall>();
  for (const callId of [...filter.calls, ...holds.keys()]) {
    const held = memory.get(callId);
    if (held !== undefined) found.add(held);
  }
  for (const agentId of filter.agents) {
    for (const held of memory.ofAgent(agentId)) found.add(held);
  }
  return found;
}

export function list(room: Room, subscriber: Subscriber): void {
  const { filter, viewer } = subscriber;
  if (viewer.ownCallsOnly) {
    if (viewer.agentId !== undefined) addTo(room.byAgent, viewer.agentId, subscriber);
    return;
  }
  if (!isNarrow(filter)) {
    room.broad.add(subscriber);
    return;
  }
  for (const callId of filter.calls) addTo(room.byCall, callId, subscriber);
  for (const agentId of filter.agents) addTo(room.byAgent, agentId, subscriber);
}

/** A reader that would be told of every change, and can take none now, only notes where it was. */
export function fallAsleep(room: Room, subscriber: Subscriber): void {
  if (!room.broad.delete(subscriber)) return;
  subscriber.asleepAt = room.memory.changes();
}

/** What changed in the meantime joins what had been waiting before. */
export function wakeUp(room: Room, subscriber: Subscriber): void {
  const { asleepAt } = subscriber;
  if (asleepAt === undefined) return;
  subscriber.asleepAt = undefined;
  room.broad.add(subscriber);
  const changed = room.memory.changedAfter(asleepAt) ?? changedByLook(room, subscriber, asleepAt);
  for (const callId of changed) mark(subscriber, callId);
  forgetUnheard(room, subscriber);
}

/** For whoever slept through more than is kept. Calls that were forgotten meanwhile are gone. */
function changedByLook({ memory }: Room, { holds }: Subscriber, asleepAt: number): CallId[] {
  const forgotten = [...holds.keys()].filter((callId) => memory.get(callId) === undefined);
  const all = [...memory.live.values(), ...memory.ended.values()];
  const held = all.filter(({ change }) => change > asleepAt).sort((a, b) => a.change - b.change);
  return [...forgotten, ...held.map(({ callId }) => callId)];
}

/** Calls that are forgotten and that the reader never heard of are nothing to tell it. */
function forgetUnheard({ memory }: Room, { holds, pending }: Subscriber): void {
  if (pending.size <= memory.live.size + memory.ended.size) return;
  for (const callId of pending) {
    if (memory.get(callId) === undefined && !holds.has(callId)) pending.delete(callId);
  }
}

/** Everything up to the newest change was sent. */
export const isSettled = ({ memory }: Room, { asked, asleepAt, pending }: Subscriber): boolean =>
  asked && pending.size === 0 && (asleepAt === undefined || asleepAt === memory.changes());

export function unlist(room: Room, subscriber: Subscriber): void {
  const { filter, viewer } = subscriber;
  room.broad.delete(subscriber);
  subscriber.asleepAt = undefined;
  for (const callId of filter.calls) removeFrom(room.byCall, callId, subscriber);
  for (const agentId of filter.agents) removeFrom(room.byAgent, agentId, subscriber);
  if (viewer.agentId !== undefined) removeFrom(room.byAgent, viewer.agentId, subscriber);
}

function addTo(index: Map<string, Set<Subscriber>>, key: string, subscriber: Subscriber): void {
  const found = index.get(key);
  if (found === undefined) index.set(key, new Set([subscriber]));
  else found.add(subscriber);
}

function removeFrom(
  index: Map<string, Set<Subscriber>>,
  key: string,
  subscriber: Subscriber,
): void {
  const found = index.get(key);
  if (found?.delete(subscriber) === true && found.size === 0) index.delete(key);
}
