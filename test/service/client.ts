/** What payment systems, desktops and auditors do: requests over HTTP, and a socket for events. */
import { WebSocket } from "ws";
import { hear, plant } from "../security/marks.ts";
import { type CallMessage, type ServerMessage, SUBPROTOCOL } from "../../src/events/protocol.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The tests look at members of many shapes.
  readonly body: Record<string, unknown>;
}

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

/** Everything this client was ever answered, for whoever looks for secrets in it. */
export const answers: string[] = [];
const hearAnswers = (): void => {
  if (answers.length === 0) hear("answers", () => answers.splice(0).join("\n"), ["ticket"]);
};

export function asking(url: string, credential?: string): Ask {
  if (credential !== undefined) plant("a credential", credential, "credential");
  return async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return await read(response);
  };
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  hearAnswers();
  answers.push(`${JSON.stringify([...response.headers])}\n${text}`);
  const media = response.headers.get("content-type") ?? "";
  const isJson = text !== "" && media.includes("json") && !media.includes("ndjson");
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
  if (typeof body["ticket"] === "string") plant("a ticket", body["ticket"], "ticket");
  return { status: response.status, headers: response.headers, text, body };
}

export interface Watching {
  readonly got: ServerMessage[];
  readonly closed: Promise<number>;
  say(message: unknown): void;
  /** The newest message of the call once it fits; waits for it. */
  call(callId: string, fits: (message: CallMessage) => boolean): Promise<CallMessage>;
  message(type: ServerMessage["type"]): Promise<ServerMessage>;
  close(): void;
}

interface Connecting {
  readonly credential?: string;
  readonly ticket?: string;
  readonly origin?: string;
  readonly ca?: string;
}

/** Connects and subscribes to everything that may be seen. */
export function watching(url: string, options: Connecting): Watching {
  const { ca, credential, origin, ticket } = options;
  const query = ticket === undefined ? "" : `?ticket=${encodeURIComponent(ticket)}`;
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/events${query}`, SUBPROTOCOL, {
    ...(ca === undefined ? {} : { ca }),
    ...(origin === undefined ? {} : { origin }),
    headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` },
  });
  const got: ServerMessage[] = [];
  const listening = new Set<() => void>();
  socket.on("message", (data: Buffer) => {
    hearAnswers();
    answers.push(data.toString());
    const message = JSON.parse(data.toString()) as ServerMessage;
    if ("nextTicket" in message && message.nextTicket !== undefined) {
      plant("a next ticket", message.nextTicket, "ticket");
    }
    got.push(message);
    listening.forEach((listener) => listener());
  });
  socket.on("open", () => socket.send(JSON.stringify({ type: "subscribe", all: true })));
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.on("close", (code) => resolve(code)));

  const when = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = () => {
        const found = look();
        if (found === undefined) return;
        listening.delete(check);
        resolve(found);
      };
      listening.add(check);
      check();
    });
  return {
    got,
    closed,
    say: (message) => socket.send(JSON.stringify(message)),
    call: (callId, fits) =>
      when(() =>
        got
          .filter((one) => one.type === "call")
          .findLast((one) => one.callId === callId && fits(one)),
      ),
    message: (type) => when(() => got.find((one) => one.type === type)),
    close: () => socket.close(),
  };
}

/** Asks again until what is asked for holds. */
export async function until<T>(
  look: () => Promise<T> | T,
  holds: (value: T) => boolean,
): Promise<T> {
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export interface Entry {
  readonly position: number;
  readonly at: number;
  readonly type: string;
  readonly outcome: string;
  readonly callId?: string;
  readonly windowId?: string;
  readonly recorderId?: string;
  readonly reason?: string;
  readonly actor: { readonly id: string; readonly kind: string };
  readonly origin: { readonly ip?: string; readonly component: string };
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A whole tenant's log, by an auditor's credential. */
export async function entriesOf(auditor: Ask, query = ""): Promise<readonly Entry[]> {
  const { text } = await auditor("GET", `/v1/log/entries?limit=1000${query}`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Entry);
}
