/**
 * What the hub remembers of one tenant: the newest state of every live call, of calls that ended a
 * short while ago, and who could see a call before it moved. Bounded; `horizon` says what was
 * forgotten.
 *
 * @module
 */
import type { CallId, CallState, EpochMs, Protection } from "../control/call.ts";
import { createChanges } from "./changes.ts";
import { sameRecord } from "./filter.ts";
import { type CallFacts, protectionShown } from "./project.ts";

/** Faces of a call that are remembered: whoever saw one must be told that the call is gone. */
export const FORMER_COUNT_MAX = 8;

export interface HeldCall extends CallFacts {
  /**
   * The newest position the hub had heard of when this state came, its own included. Two calls of
   * one commit may arrive in either order, so a reader who has seen that position may lack this.
   */
  readonly reached: number;
  /** This state arrived behind a newer position of another call. */
  readonly late: boolean;
  /** The call before each change of agent or attributes, and how far it was so. */
  readonly formers: readonly { readonly state: CallState; readonly until: number }[];
  /** Messages already written, by the viewer's shape. */
  readonly texts: Map<string, string>;
  /** The same by the viewer's key, where viewers have one. */
  readonly textsOf: Map<string, string>;
  /** What a reader that is sent this state may say it has shown. */
  readonly marks: readonly SentMark[];
  /** Its number among all changes. */
  readonly change: number;
  /** What agents' desktops have painted of this call: entered once each. */
  readonly shown: Set<string>;
  readonly heldAt: EpochMs;
}

export interface SentMark {
  readonly position: number;
  readonly protection: Protection;
}

export interface Memory {
  /** Calls in the order in which they last changed, ended ones apart. */
  readonly live: ReadonlyMap<CallId, HeldCall>;
  readonly ended: ReadonlyMap<CallId, HeldCall>;
  get(callId: CallId): HeldCall | undefined;
  /** The newest position heard of. */
  position(): number;
  /** Takes the newer state in. Returns what it replaced; false where it is not newer. */
  take(facts: CallFacts, now: EpochMs): HeldCall | undefined | false;
  /** Marks the newest state of a live call as behind the facts. Undefined where it is not known. */
  doubt(callId: CallId, now: EpochMs): HeldCall | undefined;
  /** Calls that are this agent's, or were. */
  ofAgent(agentId: string): Iterable<HeldCall>;
  /** The newest change's number. */
  changes(): number;
  /** What changed after that number, oldest first; undefined where so much is not kept. */
  changedAfter(change: number): readonly CallId[] | undefined;
  /** Whether all that changed after this position is still remembered. */
  remembers(position: number): boolean;
}

export interface MemoryLimits {
  /** Live calls; beyond it the ones that changed least recently are forgotten. */
  readonly liveCountMax: number;
  readonly endedCountMax: number;
  /** Ended calls are remembered this long, for readers who come back. */
  readonly recoverMs: number;
  readonly changeCountMax?: number;
}

export const MEMORY_LIMITS: MemoryLimits = {
  liveCountMax: 100_000,
  endedCountMax: 10_000,
  recoverMs: 600_000,
};

/** A reader who has seen everything up to `position` may lack this state. */
export const mayLack = (held: HeldCall, position: number): boolean =>
  held.position > position || (held.late && held.reached >= position);

/** `from`: the log's size when remembering began; what was before it is not known. */
export function createMemory(from: number, limits: MemoryLimits): Memory {
  const live = new Map<CallId, HeldCall>();
  const ended = new Map<CallId, HeldCall>();
  let horizon = from;
  let newest = from;

  const byAgent = new Map<string, Set<CallId>>();
  const changes = createChanges(limits.changeCountMax);

  const get = (callId: CallId): HeldCall | undefined => live.get(callId) ?? ended.get(callId);

  const unlist = (held: HeldCall): void => {
    for (const { agentId } of faces(held)) {
      const found = agentId === undefined ? undefined : byAgent.get(agentId);
      if (found?.delete(held.callId) === true && found.size === 0) byAgent.delete(agentId ?? "");
    }
  };

  const list = (held: HeldCall): void => {
    for (const { agentId } of faces(held)) {
      if (agentId === undefined) continue;
      const found = byAgent.get(agentId);
      if (found === undefined) byAgent.set(agentId, new Set([held.callId]));
      else found.add(held.callId);
    }
  };

  const forget = (calls: Map<CallId, HeldCall>, held: HeldCall): void => {
    calls.delete(held.callId);
    unlist(held);
    horizon = Math.max(horizon, held.reached);
  };

  const put = (before: HeldCall | undefined, held: HeldCall): void => {
    // Taken out first, so that both maps stay in the order of last changes.
    if (before !== undefined) unlist(before);
    live.delete(held.callId);
    ended.delete(held.callId);
    (held.state.endedAt === undefined ? live : ended).set(held.callId, held);
    changes.note(held.callId);
    list(held);
  };

  const prune = (now: EpochMs): void => {
    for (const held of ended.values()) {
      if (ended.size <= limits.endedCountMax && now - held.heldAt <= limits.recoverMs) break;
      forget(ended, held);
    }
    for (const held of live.values()) {
      if (live.size <= limits.liveCountMax) break;
      forget(live, held);
    }
  };

  const formersOf = (before: HeldCall | undefined, facts: CallFacts, reached: number) => {
    if (before === undefined) return [];
    const moved =
      before.state.agentId !== facts.state.agentId ||
      !sameRecord(before.state.attributes, facts.state.attributes);
    if (!moved) return before.formers;
    const formers = [...before.formers, { state: before.state, until: reached }];
    if (formers.length > FORMER_COUNT_MAX) {
      horizon = Math.max(horizon, formers.shift()?.until ?? 0);
    }
    return formers;
  };

  return {
    live,
    ended,
    get,
    position: () => newest,
    take(facts, now) {
      const before = get(facts.callId);
      if (before !== undefined && before.position >= facts.position) return false;
      const late = facts.position <= newest;
      newest = Math.max(newest, facts.position);
      const held: HeldCall = {
        callId: facts.callId,
        state: facts.state,
        position: facts.position,
        reached: newest,
        late,
        formers: formersOf(before, facts, newest),
        texts: new Map(),
        textsOf: new Map(),
        marks: [{ position: facts.position, protection: protectionShown(facts) }],
        change: changes.newest() + 1,
        shown: before?.shown ?? new Set(),
        heldAt: now,
      };
      put(before, held);
      prune(now);
      return before;
    },
    doubt(callId, now) {
      const before = live.get(callId);
      if (before === undefined || before.unlogged === true) return undefined;
      const held: HeldCall = {
        ...before,
        unlogged: true,
        reached: newest,
        late: true,
        texts: new Map(),
        textsOf: new Map(),
        marks: [
          { position: before.position, protection: protectionShown({ ...before, unlogged: true }) },
        ],
        change: changes.newest() + 1,
        heldAt: now,
      };
      put(before, held);
      return held;
    },
    *ofAgent(agentId) {
      for (const callId of byAgent.get(agentId) ?? []) {
        const held = get(callId);
        if (held !== undefined) yield held;
      }
    },
    changes: changes.newest,
    changedAfter: changes.after,
    remembers: (position) => position >= horizon,
  };
}

const faces = (held: HeldCall): readonly CallState[] => [
  held.state,
  ...held.formers.map(({ state }) => state),
];
