/**
 * The demo's payment page and agent's desktop: plain `fetch` and one WebSocket, as any client
 * would use them.
 *
 * @module
 */
import { WebSocket } from "ws";
import { type CallMessage, type ServerMessage, SUBPROTOCOL } from "../../events/protocol.ts";

const WAIT_MS_MAX = 10_000;

export type Say = (who: string, line: string) => void;

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string | number | boolean | undefined>>;
}

export class DemoClient {
  readonly #url: string;
  readonly #socket: WebSocket;
  readonly #words: string[] = [];
  #last: string | undefined;
  readonly #changed = new EventTarget();

  private constructor(url: string, socket: WebSocket, say: Say) {
    this.#url = url;
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString("utf8")) as ServerMessage;
      if (message.type === "call") this.#heard(message, say);
    });
  }

  static async connect(url: string, key: string, say: Say): Promise<DemoClient> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/events`, SUBPROTOCOL, {
      headers: { authorization: `Bearer ${key}` },
    });
    const client = new DemoClient(url, socket, say);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    socket.send(JSON.stringify({ type: "subscribe", all: true }));
    return client;
  }

  async ask(method: string, path: string, key: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text) as Answer["body"] };
  }

  /** The next words the desktop showed, from now on, until they end with `words`. */
  async shows(...words: readonly string[]): Promise<void> {
    const wanted = words.join(" → ");
    const deadline = performance.now() + WAIT_MS_MAX;
    for (;;) {
      if (this.#found(words)) return;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) {
        throw new Error(`the desktop was to show ${wanted}; it showed ${this.#words.join(" → ")}`);
      }
      await this.#next(leftMs);
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** Words seen are used up, so that the next step does not find them again. */
  #found(words: readonly string[]): boolean {
    let from = 0;
    for (const word of words) {
      const at = this.#words.indexOf(word, from);
      if (at === -1) return false;
      from = at + 1;
    }
    this.#words.splice(0, from);
    return true;
  }

  #next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const on = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#changed.addEventListener("word", on, { once: true });
    });
  }

  #heard({ protection, recorders }: CallMessage, say: Say): void {
    if (this.#last === protection) return;
    this.#last = protection;
    const detail = recorders.map(({ recorderId, status }) => `${recorderId} ${status}`).join(", ");
    say("desktop shows", `${protection.toUpperCase()}  (${detail})`);
    this.#words.push(protection);
    this.#changed.dispatchEvent(new Event("word"));
  }
}
