/**
 * Agents' desktops and supervisors' walls, as a process: WebSockets and server-sent events that come
 * back with what they had. What each shows, and when it must not believe it, is written down.
 */
import { WebSocket } from "ws";
import { argsOf, serveParent, sleep, watchOneself, writer } from "./processes.ts";
import { issued } from "./requests.ts";

export interface DesktopsArgs {
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly pingMs: number;
  readonly story: string;
}

const { keys, pingMs, story, url } = argsOf() as DesktopsArgs;
const write = writer(story);

interface Message {
  readonly type: string;
  readonly callId?: string;
  readonly protection?: string;
  readonly position?: number;
  readonly epoch?: string;
  readonly recovered?: boolean;
  readonly nextTicket?: string;
  readonly windows?: readonly { readonly expiresAt: number }[];
}

/** What every reader does, however it is connected. */
function desk(reader: string) {
  let epoch: string | undefined;
  let position: number | undefined;
  let isBlind = true;
  return {
    get since() {
      return epoch === undefined || position === undefined ? undefined : { epoch, position };
    },
    hear(message: Message): void {
      const at = Date.now();
      switch (message.type) {
        case "hello":
          if (epoch !== message.epoch) [epoch, position] = [message.epoch, undefined];
          break;
        case "subscribed":
          if (message.recovered !== true) position = undefined;
          isBlind = false;
          write({ kind: "subscribed", reader, at, recovered: message.recovered === true });
          break;
        case "gone":
        case "call":
          write({
            kind: "shown",
            reader,
            at,
            callId: message.callId ?? "",
            protection: message.protection ?? "gone",
            position: message.position ?? 0,
            until: Math.max(0, ...(message.windows ?? []).map(({ expiresAt }) => expiresAt)),
          });
          break;
        default:
          break;
      }
      if (message.type !== "hello" && message.position !== undefined) {
        position = Math.max(position ?? 0, message.position);
      }
    },
    blind(at = Date.now()): void {
      if (isBlind) return;
      isBlind = true;
      write({ kind: "blind", reader, at });
    },
  };
}

/** Calls `dead` once where nothing was heard for two `pingMs`. */
function watchdog(dead: (at: number) => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    alive() {
      clearTimeout(timer);
      const at = Date.now() + 2 * pingMs;
      timer = setTimeout(() => dead(at), 2 * pingMs);
    },
    stop: () => clearTimeout(timer),
  };
}

/** How a client shows who it is, each time it connects. */
interface Credential {
  next(): Promise<{ readonly query: string; readonly headers: Readonly<Record<string, string>> }>;
  /** Each message may bring the ticket for the next connection. */
  heard(message: Message): void;
}

const byKey = (who: string): Credential => ({
  next: () =>
    Promise.resolve({ query: "", headers: { authorization: `Bearer ${keys[who] ?? ""}` } }),
  heard: () => undefined,
});

/** A browser: each ticket opens one socket, and a lost one's successor was not always heard. */
function byTicket(who: string, wish: object): Credential {
  let ticket: string | undefined;
  return {
    async next() {
      ticket ??= await issued({ url, key: keys[who] ?? "" }, wish);
      const query = `?ticket=${encodeURIComponent(ticket ?? "none")}`;
      ticket = undefined;
      return { query, headers: {} };
    },
    heard({ nextTicket }) {
      ticket = nextTicket ?? ticket;
    },
  };
}

async function bySocket(reader: string, credential: Credential, filter: object): Promise<void> {
  const self = desk(reader);
  const at = `${url.replace(/^http/, "ws")}/v1/events`;
  for (;;) {
    const { headers, query } = await credential.next();
    await new Promise<void>((over) => {
      const socket = new WebSocket(at + query, "tacet.v1", { headers, handshakeTimeout: 3_000 });
      const dog = watchdog((at) => {
        self.blind(at);
        socket.terminate();
      });
      dog.alive();
      socket.on("message", (data: Buffer) => {
        dog.alive();
        const message = JSON.parse(data.toString()) as Message;
        self.hear(message);
        credential.heard(message);
        const { since } = self;
        if (message.type === "hello") {
          socket.send(JSON.stringify({ type: "subscribe", ...filter, ...(since && { since }) }));
        } else if (message.type === "call" && message.protection !== "ended" && reader === "ann") {
          const { callId, position } = message;
          socket.send(JSON.stringify({ type: "shown", callId, position }));
        }
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        self.blind();
        dog.stop();
        over();
      });
    });
    await sleep(30 + Math.random() * 250);
  }
}

async function byStream(reader: string, who: string, query: string): Promise<void> {
  const self = desk(reader);
  for (;;) {
    const abort = new AbortController();
    const dog = watchdog((at) => {
      self.blind(at);
      abort.abort();
    });
    dog.alive();
    try {
      const { since } = self;
      const response = await fetch(`${url}/v1/events?${query}`, {
        signal: abort.signal,
        headers: {
          accept: "text/event-stream",
          authorization: `Bearer ${keys[who] ?? ""}`,
          ...(since && { "last-event-id": `${since.epoch}#${since.position}` }),
        },
      });
      let rest = "";
      const decoder = new TextDecoder();
      for await (const bytes of response.body ?? []) {
        dog.alive();
        rest += decoder.decode(bytes, { stream: true });
        const events = rest.split("\n\n");
        rest = events.pop() ?? "";
        for (const event of events) {
          const data = /^data: ?(.*)$/m.exec(event)?.[1];
          if (data !== undefined) self.hear(JSON.parse(data) as Message);
        }
      }
    } catch {
      // Cut off: it comes back.
    }
    self.blind();
    dog.stop();
    await sleep(30 + Math.random() * 250);
  }
}

watchOneself((from, until) => write({ kind: "trouble", what: "delay", from, until }));
for (const number of [1, 2]) void bySocket(`wall-${number}`, byKey("pay"), { all: true });
void bySocket("ann", byKey("ann"), { agents: ["a-204"] });
const ofAnn = { use: "events", agentId: "a-204" };
void bySocket("browser", byTicket("pay", ofAnn), { agents: ["a-204"] });
for (const number of [1, 2]) void byStream(`stream-${number}`, "pay", "all=true");
serveParent({}, {});
