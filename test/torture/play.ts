/**
 * One call as its payment systems live it: two of them with windows that overlap, pages that come
 * late, twice, or not at all, transfers, supervisors' hands, and an end.
 */
import type { Conversation, Hands } from "./conversation.ts";
import type { Dice } from "./dice.ts";
import { sleep } from "./processes.ts";
import type { Answer, Issue, Request } from "./requests.ts";

export interface CallPlan {
  readonly callId: string;
  /** A second call that names the same targets. */
  readonly twinId?: string;
  readonly here: Conversation;
  /** Where it is transferred to, if it is. */
  readonly there?: Conversation;
  /** A recorder that somebody muted before the call was known. */
  readonly mutedBefore?: "anywherenow" | "vslogger";
  /** One window stays open when the round ends. */
  readonly isHeld: boolean;
  readonly endsAtRecorderFirst: boolean;
}

interface Open {
  readonly windowId: string;
  readonly callId: string;
  readonly by: string;
  /** A browser asks, with a ticket of theirs. */
  readonly ticket?: string;
}

export interface Playing {
  /** Asks for windows until it is told to drain. */
  play(): Promise<void>;
  stop(): void;
  /** Many windows at once. */
  burst(): void;
  /** Closes what is open (all but one where it is held) and ends the call unless it is held. */
  drain(): Promise<void>;
  /** Held calls are over a round later. */
  finish(): Promise<void>;
  /** The conversation is over for the recorders too. */
  hangUp(): Promise<void>;
}

const OWNERS = ["pay", "ivr"];
const OPEN_COUNT_MAX = 3;
/** So many that one commit has several pages to write. */
const BURST_COUNT = 6;
const DRAIN_MS_MAX = 25_000;

interface World {
  readonly request: Request;
  readonly issue: Issue;
  readonly hands: Hands;
  readonly dice: Dice;
}

export function playing(plan: CallPlan, { request, issue, hands, dice }: World): Playing {
  const { callId, here, there, twinId } = plan;
  const open: Open[] = [];
  const behind: Promise<unknown>[] = [];
  const registered = new Set<string>();
  const tickets = new Map<string, string>();
  let [count, hasMoved] = [0, false];
  const round = { isOver: false };
  let held: Open | undefined;
  const path = (id: string) => `/v1/calls/${id}`;

  /** Asked again until somebody answered for good. */
  async function surely(ask: () => Promise<Answer>, msMax = DRAIN_MS_MAX): Promise<Answer> {
    const until = Date.now() + msMax;
    for (;;) {
      const answer = await ask();
      const isGood = answer.status !== 0 && answer.status < 500;
      if (isGood || Date.now() > until || (round.isOver && msMax < DRAIN_MS_MAX)) return answer;
      await sleep(40 + dice.below(80));
    }
  }

  const put = (id: string, one: Conversation) => () =>
    request({
      by: "pay",
      what: "put",
      method: "PUT",
      path: path(id),
      body: { agentId: "a-204", targets: one.targets },
      callId: id,
    });

  async function register(): Promise<void> {
    for (const id of [callId, ...(twinId === undefined ? [] : [twinId])]) {
      const { status } = await surely(put(id, here), 4_000);
      if (status < 200 || status >= 300) continue;
      registered.add(id);
      const ticket = await issue("pay", id);
      if (ticket !== undefined) tickets.set(id, ticket);
    }
  }

  function pause(one: Open, more: { leaveAfterMs?: number; waitMs?: number; leaseMs?: number }) {
    const { leaseMs = dice.pick([1_000, 60_000, 120_000]), waitMs = dice.pick([0, 300, 1_500]) } =
      more;
    return request({
      ...credentialOf(one),
      what: "pause",
      path: `${path(one.callId)}/pause`,
      body: { windowId: one.windowId, reason: "card_payment", leaseMs, waitMs },
      callId: one.callId,
      windowId: one.windowId,
      ...(more.leaveAfterMs === undefined ? {} : { leaveAfterMs: more.leaveAfterMs }),
    });
  }

  const resume = (one: Open, waitMs = 0) =>
    request({
      ...credentialOf(one),
      what: "resume",
      path: `${path(one.callId)}/resume`,
      body: { windowId: one.windowId, waitMs },
      callId: one.callId,
      windowId: one.windowId,
    });

  function next(): Open {
    const windowId = `w-${callId}-${(count += 1)}`;
    const id = twinId !== undefined && dice.once(2) && registered.has(twinId) ? twinId : callId;
    const by = dice.pick(OWNERS);
    // Every second page is a browser's.
    const ticket = by === "pay" && dice.once(2) ? tickets.get(id) : undefined;
    return { windowId, callId: id, by, ...(ticket === undefined ? {} : { ticket }) };
  }

  async function step(): Promise<void> {
    const one = dice.pick(open.length === 0 ? [next()] : open);
    const turn = dice.below(20);
    if (open.length === 0 || (turn < 6 && open.length < OPEN_COUNT_MAX)) {
      const made = next();
      open.push(made);
      const leaves = dice.once(6) ? { leaveAfterMs: 1 + dice.below(30) } : {};
      await pause(made, leaves);
      return;
    }
    const window = `/v1/windows/${one.windowId}`;
    const { windowId } = one;
    if (turn < 9) {
      await request({
        ...credentialOf(one),
        what: "read",
        method: "GET",
        path: window,
        callId: one.callId,
        windowId,
      });
    } else if (turn < 11) {
      const body = { leaseMs: dice.pick([1_000, 30_000, 90_000]), waitMs: dice.pick([0, 300]) };
      const asking = { what: "renew", path: `${window}/renew`, body } as const;
      await request({ ...credentialOf(one), ...asking, callId: one.callId, windowId });
    } else if (turn < 12) {
      // Asked again: the same window, whatever became of the first time.
      await pause(one, { waitMs: 0 });
    } else if (turn < 13) {
      // A resume that overtakes its own pause.
      const made = next();
      await resume(made);
      await pause(made, { waitMs: 0 });
    } else if (turn < 14 && there !== undefined && !hasMoved) {
      hasMoved = true;
      await surely(put(callId, there), 1_000);
    } else if (turn < 15) {
      const recorder = dice.pick(["anywherenow", "vslogger"] as const);
      // What was muted before mostly stays so: it is to be found as it was.
      if (recorder === plan.mutedBefore && !dice.once(20)) return;
      await hands.byHand(hasMoved && there !== undefined ? there : here, recorder, "recording");
    } else {
      if (open.includes(one)) open.splice(open.indexOf(one), 1);
      const first = await resume(one, dice.pick([0, 200]));
      // Not heard: it is still to be closed. Else now and then a copy of it comes late.
      if (first.status === 0 || first.status >= 500) open.push(one);
      else if (dice.once(4)) behind.push(sleep(dice.below(400)).then(() => resume(one)));
    }
  }

  async function live(): Promise<void> {
    while (!round.isOver) {
      await step();
      await sleep(dice.below(50));
    }
  }

  async function close(one: Open): Promise<void> {
    await surely(() => resume(one));
  }

  async function end(id: string): Promise<void> {
    const body = { waitMs: 0 };
    const asking = { by: "pay", what: "end", path: `${path(id)}/end`, body, callId: id } as const;
    await surely(() => request(asking));
  }

  async function endAll(): Promise<void> {
    if (plan.endsAtRecorderFirst) await hands.end(hasMoved && there !== undefined ? there : here);
    // A call whose registration was never answered may be known all the same.
    await Promise.all([callId, ...(twinId === undefined ? [] : [twinId])].map(end));
  }

  return {
    async play() {
      await hands.begin(here);
      if (there !== undefined) await hands.begin(there);
      if (plan.mutedBefore !== undefined) await hands.byHand(here, plan.mutedBefore, "paused");
      await register();
      // Two payment systems that know nothing of each other.
      await Promise.all(OWNERS.map(live));
    },
    burst() {
      if (round.isOver) return;
      for (const made of Array.from({ length: BURST_COUNT }, next)) {
        open.push(made);
        behind.push(pause(made, { waitMs: 0, leaseMs: 60_000 }));
      }
    },
    stop() {
      round.isOver = true;
    },
    async drain() {
      await Promise.all(behind.splice(0));
      if (plan.isHeld) {
        held = next();
        const kept = held;
        await surely(() => pause(kept, { leaseMs: 250_000, waitMs: 1_500 }));
      }
      await Promise.all(open.splice(0).map(close));
      if (!plan.isHeld) await endAll();
    },
    async finish() {
      if (held === undefined) return;
      await close(held);
      await endAll();
      held = undefined;
    },
    async hangUp() {
      await hands.end(here);
      if (there !== undefined) await hands.end(there);
    },
  };
}

const credentialOf = ({ by, ticket }: Open) => ({
  by,
  ...(ticket === undefined ? {} : { ticket }),
});
