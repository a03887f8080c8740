/**
 * The event stream of one browser page: connected, watched, and connected again. A message is the
 * whole state of one call; the newest counts.
 *
 * @module
 */
import type { Host, Socket } from "./host.ts";

/** A call as `GET /v1/events` tells it. Further members may come. */
export interface CallMessage {
  readonly type: "call";
  readonly callId: string;
  readonly agentId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly protection: Protection;
  readonly windows: readonly {
    readonly windowId: string;
    readonly openedAt: number;
    readonly expiresAt: number;
    readonly own: boolean;
    readonly reason?: string;
  }[];
  readonly recorders: readonly {
    readonly recorderId: string;
    readonly required: boolean;
    readonly status: string;
    readonly confirmedBy?: string;
    readonly pausedByOther?: true;
    readonly failure?: { readonly outcome: string; readonly reason: string };
  }[];
  readonly can: readonly string[];
  readonly position: number;
  readonly at: number;
  readonly unlogged?: true;
  readonly sandbox?: true;
}

export type Protection =
  | "recording"
  | "securing"
  | "secured"
  | "unsecured"
  | "resuming"
  | "stalled"
  | "ended";

export interface StreamOptions {
  /** Where tacet is, such as `https://tacet.example`. */
  readonly url: string;
  /** Members of `subscribe`, such as `{ calls: ["7f3a"] }`. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** An events ticket, from the page's own server. */
  readonly getTicket: () => Promise<string>;
  onCall(message: CallMessage): void;
  /** The call is no longer told of: forget it. */
  onGone?(callId: string): void;
  /** Every call that follows is told anew. */
  onFresh?(): void;
  /** Nothing is known until `onFresh` or `onBack`: the connection is lost. */
  onLost(): void;
  /** The connection stands again; what changed meanwhile follows. */
  onBack?(): void;
  /** It is so late by tacet's clock. */
  onTime?(at: number): void;
}

export interface Stream {
  /** The desktop has painted this state. */
  shown(callId: string, position: number): void;
  stop(): void;
}

const PING_MS = 15_000;
const RETRY_MS_MAX = 30_000;
const OPEN_MS_MAX = 20_000;

export function connect(options: StreamOptions, host: Host): Stream {
  const { filter, getTicket, onCall, onLost } = options;
  let socket: Socket | undefined;
  let epoch: string | undefined;
  let position: number | undefined;
  let next: string | undefined;
  let pingMs = PING_MS;
  let reconnectAfterMs = 0;
  let failures = 0;
  let stopped = false;
  let cancel = () => {};
  let opening = 0;

  function watch(ms: number): void {
    cancel();
    cancel = host.after(ms, lost);
  }

  function lost(): void {
    cancel();
    const was = socket;
    socket = undefined;
    opening += 1;
    was?.close();
    if (stopped) return;
    onLost();
    const waitMs = reconnectAfterMs + host.random() * Math.min(RETRY_MS_MAX, 500 * 2 ** failures);
    failures = Math.min(failures + 1, 10);
    reconnectAfterMs = 0;
    cancel = host.after(waitMs, () => void open());
  }

  async function open(): Promise<void> {
    const mine = (opening += 1);
    watch(OPEN_MS_MAX);
    try {
      const ticket = next ?? (await getTicket());
      next = undefined;
      if (stopped || mine !== opening) return;
      const url = `${options.url.replace(/^http/, "ws").replace(/\/$/, "")}/v1/events?ticket=`;
      const made = host.socket(url + encodeURIComponent(ticket), "tacet.v1", {
        message(data) {
          if (socket === made) heard(made, data);
        },
        close(code) {
          if (socket !== made) return;
          // Another log now, or a ticket that was not taken: what is remembered helps no more.
          if (code === 4410) position = undefined;
          if (code === 4401) next = undefined;
          lost();
        },
      });
      socket = made;
    } catch {
      if (mine === opening) lost();
    }
  }

  function heard(from: Socket, data: unknown): void {
    let message: Heard;
    try {
      message = JSON.parse(String(data)) as Heard;
    } catch {
      return lost();
    }
    watch(2 * pingMs);
    switch (message.type) {
      case "hello": {
        const since =
          epoch === message.epoch && position !== undefined ? { epoch, position } : undefined;
        ({ epoch, pingMs, reconnectAfterMs } = message);
        next = message.nextTicket;
        from.send(
          JSON.stringify({
            type: "subscribe",
            ...filter,
            ...(since === undefined ? {} : { since }),
          }),
        );
        return;
      }
      case "subscribed":
        failures = 0;
        if (message.recovered) options.onBack?.();
        else {
          position = undefined;
          options.onFresh?.();
        }
        return;
      case "call":
        ({ position } = message);
        return onCall(message);
      case "gone":
        ({ position } = message);
        return options.onGone?.(message.callId);
      case "ping":
        reconnectAfterMs = message.reconnectAfterMs;
        position = message.position ?? position;
        return options.onTime?.(message.at);
      case "ticket":
        next = message.nextTicket;
        return;
      default:
    }
  }

  const ends = [
    // A network that went away is noticed now, not after two pings; one that came back is tried.
    host.on("offline", lost),
    host.on("online", () => {
      if (socket !== undefined) return;
      cancel();
      void open();
    }),
    host.on("restored", lost),
  ];
  void open();
  return {
    shown(callId, at) {
      socket?.send(JSON.stringify({ type: "shown", callId, position: at }));
    },
    stop() {
      stopped = true;
      for (const end of ends) end();
      lost();
    },
  };
}

type Heard =
  | {
      readonly type: "hello";
      readonly epoch: string;
      readonly pingMs: number;
      readonly reconnectAfterMs: number;
      readonly nextTicket?: string;
    }
  | { readonly type: "subscribed"; readonly recovered: boolean }
  | CallMessage
  | { readonly type: "gone"; readonly callId: string; readonly position: number }
  | {
      readonly type: "ping";
      readonly at: number;
      readonly reconnectAfterMs: number;
      readonly position?: number;
    }
  | { readonly type: "ticket"; readonly nextTicket: string };
