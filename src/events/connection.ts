/**
 * The talk with one client over a connection in both directions, wherever it runs: greeting,
 * subscribing, `shown`, heartbeats, and the reasons to close.
 *
 * @module
 */
import type { CallId, EpochMs, Protection } from "../control/call.ts";
import type { Clock } from "../control/ports.ts";
import { filterOf } from "./filter.ts";
import type { Hub } from "./hub.ts";
import { parseClientMessage, type ParsedMessage } from "./parse.ts";
import { createManners, SUBSCRIBE_COST } from "./manners.ts";
import type { Viewer } from "./project.ts";
import { CLOSE, type ServerMessage } from "./protocol.ts";
import { reconnectAfterMs } from "./reconnect.ts";
import { BUFFERED_BYTES_MAX, type Outlet } from "./subscriber.ts";

/** One message-wise connection. None of these throws, whatever state it is in. */
export interface Transport extends Outlet {
  close(code: number, reason: string): void;
  /** A ping that the client's stack answers by itself, where there is one; `alive` hears of it. */
  ping?(): void;
}

/** Whose connection it is. */
export interface Party {
  readonly viewer: Viewer;
  /** When its credential no longer counts; the connection closes then. */
  readonly expiresAt?: EpochMs;
  /** Calls `over` once whoever opened it has signed out. What is returned calls it off. */
  readonly follow?: (over: () => void) => () => void;
  /** A ticket for the next connection, where this one came by ticket and more may follow. */
  readonly nextTicket?: () => Promise<
    { readonly ticket: string; readonly expiresAt: EpochMs } | undefined
  >;
  /** Runs once, when the connection is over. */
  readonly onClosed?: () => void;
}

export interface Shown {
  readonly callId: CallId;
  readonly agentId: string;
  readonly position: number;
  readonly protection: Protection;
}

export interface ConnectionOptions {
  readonly hub: Hub;
  readonly clock: Clock;
  /** An agent's desktop painted a state of its own call: heard once per call and protection. */
  readonly onShown: (party: Party, shown: Shown) => void;
  readonly onError?: (error: unknown) => void;
  readonly sandbox?: boolean;
  readonly pingMs?: number;
  /** Time to subscribe in. */
  readonly subscribeMsMax?: number;
}

/** What the runtime tells of the connection. */
export interface Connection {
  receive(text: string): void;
  /** Something came that is not a message, such as the answer to a ping. */
  alive(): void;
  drained(): void;
  closed(): void;
}

const PING_MS = 15_000;
const SUBSCRIBE_MS_MAX = 30_000;
/** A client that takes nothing for this many pings is let go, however often it says it is there. */
export const STUCK_PINGS_MAX = 4;
const TICKET_MS_MIN = 5_000;
/** Timers take 32-bit delays. */
const TIMER_MS_MAX = 2_000_000_000;

/** All connections of one process. */
export interface Connections {
  open(transport: Transport, party: Party): Connection;
  count(): number;
  /** Tells every client that the server restarts (1012), and accepts no more. */
  stop(): void;
}

export function createConnections(options: ConnectionOptions): Connections {
  const open = new Set<Pick<Talk, "ping" | "close">>();
  let stopping = false;
  return {
    open(transport, party) {
      const comeBackMs = () => reconnectAfterMs(open.size, options.clock);
      const talk = converse(transport, party, options, comeBackMs, () => open.delete(talk));
      open.add(talk);
      if (stopping) talk.close(CLOSE.restarting, "restarting");
      else talk.greet();
      return talk;
    },
    count: () => open.size,
    stop() {
      stopping = true;
      // Each is told when to come back before any is gone: the count is of all of them.
      for (const talk of open) talk.ping();
      for (const talk of open) talk.close(CLOSE.restarting, "restarting");
    },
  };
}

interface Talk extends Connection {
  greet(): void;
  ping(): void;
  close(code: number, reason: string): void;
}

function converse(
  transport: Transport,
  party: Party,
  options: ConnectionOptions,
  comeBackMs: () => number,
  onClosed: () => void,
): Talk {
  const { hub, clock } = options;
  const { viewer } = party;
  const { tenant } = viewer;
  const pingMs = options.pingMs ?? PING_MS;
  const epoch = hub.epoch(tenant);
  const subscription = hub.subscribe(viewer, transport);
  const timers = new Map<string, () => void>();
  let closed = false;
  let subscribed = false;
  let heardAt = clock.now();
  let takenAt = clock.now();
  const manners = createManners(heardAt);

  const send = (message: ServerMessage): void => {
    if (closed) return;
    const position = message.type === "ping" ? message.position : undefined;
    transport.send(JSON.stringify(message), message.type, position);
  };

  const after = (name: string, ms: number, run: () => void): void => {
    timers.get(name)?.();
    timers.set(name, clock.after(Math.min(ms, TIMER_MS_MAX), run));
  };

  const settle = (): void => {
    if (closed) return;
    closed = true;
    for (const cancel of timers.values()) cancel();
    subscription.close();
    onClosed();
    party.onClosed?.();
  };

  const close = (code: number, reason: string): void => {
    if (closed) return;
    settle();
    transport.close(code, reason);
  };

  const beat = (): void => {
    const now = clock.now();
    if (hub.epoch(tenant) !== epoch) return close(CLOSE.epochGone, "epoch gone");
    // One ping may be lost on the way; a client that answers none of two is not there.
    if (now - heardAt > 2 * pingMs) return close(CLOSE.idle, "idle");
    if (transport.buffered() <= BUFFERED_BYTES_MAX) takenAt = now;
    if (now - takenAt > STUCK_PINGS_MAX * pingMs) return close(CLOSE.idle, "nothing is taken");
    transport.ping?.();
    ping();
    after("beat", pingMs, beat);
  };

  const ping = (): void => {
    const position = subscription.settledAt();
    send({
      type: "ping",
      at: clock.now(),
      ...(position !== undefined && { position }),
      reconnectAfterMs: comeBackMs(),
    });
  };

  const expire = (): void => {
    const leftMs = (party.expiresAt ?? Infinity) - clock.now();
    if (leftMs <= 0) close(CLOSE.notAuthenticated, "credential expired");
    else if (leftMs < Infinity) after("expire", leftMs, expire);
  };

  const renewTicket = async (): Promise<string | undefined> => {
    if (party.nextTicket === undefined) return undefined;
    try {
      const next = await party.nextTicket();
      if (next === undefined) return undefined;
      // Long before the client's only way back expires, it gets another.
      const leftMs = next.expiresAt - clock.now();
      if (!closed) after("ticket", Math.max(TICKET_MS_MIN, leftMs / 2), offerTicket);
      return next.ticket;
    } catch (error) {
      // The connection serves on; without a ticket, the client asks its server for one.
      options.onError?.(error);
      return undefined;
    }
  };

  const offerTicket = (): void => {
    void renewTicket().then((nextTicket) => {
      if (nextTicket !== undefined) send({ type: "ticket", nextTicket });
      return undefined;
    });
  };

  const greet = async (): Promise<void> => {
    const nextTicket = await renewTicket();
    send({
      type: "hello",
      epoch,
      position: hub.position(tenant),
      pingMs,
      ...(nextTicket !== undefined && { nextTicket }),
      reconnectAfterMs: comeBackMs(),
      ...(options.sandbox === true && { sandbox: true }),
    });
  };

  const fault = (code: string, detail: string): void => {
    if (manners.forgive()) send({ type: "error", code, detail });
    else close(CLOSE.misused, "too many bad messages");
  };

  const spend = (cost: number): boolean => {
    if (manners.spend(cost, clock.now())) return true;
    close(CLOSE.misused, "too many messages");
    return false;
  };

  const subscribe = async (message: Subscribe): Promise<void> => {
    subscribed = true;
    try {
      await greeted;
      await subscription.replace(filterOf(message), message.since, message.maxHz);
    } catch (error) {
      options.onError?.(error);
      close(CLOSE.restarting, "calls cannot be read");
    }
  };

  const shown = ({ callId, position }: { callId: CallId; position: number }): void => {
    const { agentId } = viewer;
    if (agentId === undefined || hub.agentOf(tenant, callId) !== agentId) return;
    const painted = subscription.sent(callId).find((sent) => sent.position === position);
    if (painted === undefined) return;
    const { protection } = painted;
    if (!subscription.noteShown(callId, agentId, protection)) return;
    options.onShown(party, { callId, agentId, position, protection });
  };

  const receive = (text: string): void => {
    if (closed) return;
    heardAt = clock.now();
    const parsed = parseClientMessage(text);
    if (!parsed.ok) {
      if (spend(1)) fault(parsed.code, parsed.detail);
      return;
    }
    const { message } = parsed;
    switch (message.type) {
      case "subscribe":
        if (spend(SUBSCRIBE_COST)) void subscribe(message);
        return;
      case "shown":
        if (spend(1)) shown(message);
        return;
      case "pong":
        spend(1);
    }
  };

  let greeted: Promise<void> = Promise.resolve();

  return {
    greet() {
      greeted = greet();
      expire();
      after("beat", pingMs, beat);
      after("subscribe", options.subscribeMsMax ?? SUBSCRIBE_MS_MAX, () => {
        if (!subscribed) close(CLOSE.idle, "nothing was subscribed to");
      });
      const over = () => close(CLOSE.notAuthenticated, "signed out");
      if (party.follow !== undefined) timers.set("session", party.follow(over));
    },
    ping,
    close,
    receive,
    alive() {
      heardAt = clock.now();
    },
    drained: () => subscription.drained(),
    closed: settle,
  };
}

type Subscribe = Extract<Extract<ParsedMessage, { ok: true }>["message"], { type: "subscribe" }>;
