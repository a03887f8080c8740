/**
 * Simulated desktops: agents, walls and slow readers that connect, lose their connection, come back
 * with what they had, and keep of each call the newest message, as a client author is told to.
 */
import type { Connection, Transport } from "../../src/events/connection.ts";
import type { Viewer } from "../../src/events/project.ts";
import type { CallMessage, ClientMessage, ServerMessage } from "../../src/events/protocol.ts";
import type { World } from "./world.ts";

export interface DesktopOptions {
  readonly name: string;
  readonly viewer: Viewer;
  readonly filter: Omit<Extract<ClientMessage, { type: "subscribe" }>, "type" | "since">;
  /** From the server to the screen. */
  readonly delayMs: () => number;
  /** It takes one message in this time, and has room for three. */
  readonly slowMs?: number;
  readonly chance: (of: number) => boolean;
}

export interface Desktop extends DesktopOptions {
  /** What its screen shows, by call. */
  readonly have: ReadonlyMap<string, CallMessage>;
  /** What it was last sent over this connection, by call. */
  readonly sent: ReadonlyMap<string, CallMessage>;
  /** Hears of each message before it takes the place of the one before. */
  onSent: (callId: string, message: CallMessage | undefined) => void;
  /** Nothing is on its way to it, and it has what it asked for. */
  isDrained(): boolean;
  readonly closedWith: readonly number[];
  connect(): void;
  cut(): void;
}

const MESSAGE_BYTES = 24_000;

export function newDesktop(w: World, options: DesktopOptions): Desktop {
  const have = new Map<string, CallMessage>();
  const sent = new Map<string, CallMessage>();
  const closedWith: number[] = [];
  let since: { epoch: string; position: number } | undefined;
  let epoch: string | undefined;
  let link: { connection: Connection | undefined; open: boolean } | undefined;
  let subscribed = false;
  let queue: ServerMessage[] = [];
  let moving = false;

  function take(message: ServerMessage, on: Connection): void {
    switch (message.type) {
      case "hello":
        if (since !== undefined && since.epoch !== message.epoch) since = undefined;
        epoch = message.epoch;
        return;
      case "subscribed":
        subscribed = true;
        if (!message.recovered) have.clear();
        return;
      case "call":
        have.set(message.callId, message);
        reached(message.position);
        if (options.chance(5)) {
          const { callId, position } = message;
          on.receive(JSON.stringify({ type: "shown", callId, position }));
        }
        return;
      case "gone":
        have.delete(message.callId);
        return reached(message.position);
      case "ping":
        on.receive(JSON.stringify({ type: "pong" }));
        if (message.position !== undefined) reached(message.position);
        return;
      case "recorder":
      case "ticket":
      case "error":
        return;
    }
  }
  function reached(position: number): void {
    if (epoch === undefined || (since !== undefined && position <= since.position)) return;
    since = { epoch, position };
  }
  function move(on: NonNullable<typeof link>): void {
    if (moving || queue.length === 0) return;
    moving = true;
    w.clock.after(options.slowMs ?? options.delayMs(), () => {
      if (link !== on || !on.open) return;
      moving = false;
      // A slow reader takes one at a time, the others all that has come.
      const arrived = queue.splice(0, options.slowMs === undefined ? queue.length : 1);
      for (const message of arrived) if (on.connection !== undefined) take(message, on.connection);
      if (options.slowMs !== undefined) on.connection?.drained();
      move(on);
    });
  }

  const desktop: Desktop = {
    ...options,
    have,
    sent,
    closedWith,
    onSent: () => {},
    isDrained: () => link?.open === true && subscribed && queue.length === 0,
    connect() {
      if (link?.open === true || !w.process.alive) return;
      const own: NonNullable<typeof link> = { connection: undefined, open: true };
      link = own;
      subscribed = false;
      queue = [];
      moving = false;
      const transport: Transport = {
        send(text) {
          if (!own.open) return;
          const message = JSON.parse(text) as ServerMessage;
          if (message.type === "call" || message.type === "gone") {
            const next = message.type === "call" ? message : undefined;
            desktop.onSent(message.callId, next);
            if (next === undefined) sent.delete(message.callId);
            else sent.set(message.callId, next);
          }
          queue.push(message);
          move(own);
        },
        buffered: () => (options.slowMs === undefined ? 0 : queue.length * MESSAGE_BYTES),
        close(code) {
          closedWith.push(code);
          desktop.cut();
        },
        ping() {
          w.clock.after(options.delayMs(), () => own.open && own.connection?.alive());
        },
      };
      own.connection = w.process.connections.open(transport, { viewer: options.viewer });
      const again = since === undefined ? {} : { since };
      own.connection.receive(JSON.stringify({ type: "subscribe", ...options.filter, ...again }));
    },
    cut() {
      if (link?.open !== true) return;
      link.open = false;
      for (const callId of sent.keys()) desktop.onSent(callId, undefined);
      sent.clear();
      queue = [];
      subscribed = false;
      if (w.process.alive) link.connection?.closed();
    },
  };
  return desktop;
}
