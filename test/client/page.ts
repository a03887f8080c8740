/** A browser page without a browser: virtual time, a network that can be slowed and cut, and tacet. */
import type { Host, Moment, PageEvent } from "../../client/src/host.ts";
import type { CallMessage } from "../../client/src/stream.ts";
import { VirtualClock } from "../simulation/clock.ts";

/** What reached tacet, and what it answered. */
export interface Question {
  readonly what: "pause" | "renew" | "resume";
  readonly askedAt: number;
  readonly windowId: string;
  safe: boolean;
  collectForMs: number;
}

export class Page {
  readonly clock = new VirtualClock();
  readonly questions: Question[] = [];
  readonly storage = new Map<string, string>();
  readonly others: unknown[] = [];
  readonly sockets = new Set<{ message(data: unknown): void; close(code: number): void }>();
  readonly windows = new Map<string, "open" | "closed">();
  /** What tacet knows: whether every recorder is silent. */
  secured = true;
  collectForMs = 180_000;
  networkMs = 10;
  /** Instead of tacet's own answer. */
  fails: "no" | "network" | { readonly status: number; readonly code: string } = "no";
  /** Whether the stream is told of this call. */
  tells = true;
  hidden = false;
  online = true;
  /** Added to the wall clock. */
  wallMs = 0;
  /** The monotonic clock stood still for so long. */
  sleptMs = 0;
  ids = 0;
  #position = 0;
  readonly #listeners: { readonly event: PageEvent; readonly run: () => void }[] = [];
  readonly #hearing: ((message: unknown) => void)[] = [];

  get host(): Host {
    return {
      fetch: (url, init) => this.#fetch(url, init),
      moment: (): Moment => ({
        monotonic: this.clock.now() - this.sleptMs,
        wall: this.clock.now() + this.wallMs,
      }),
      after: (ms, run) => this.clock.after(ms, run),
      random: () => this.clock.random(),
      newId: () => `w-${(this.ids += 1)}`,
      socket: (url, _protocol, on) => this.#socket(url, on),
      on: (event, run) => {
        const one = { event, run };
        this.#listeners.push(one);
        return () => void this.#listeners.splice(this.#listeners.indexOf(one), 1);
      },
      isHidden: () => this.hidden,
      isOnline: () => this.online,
      kept: (name) => this.storage.get(name),
      keep: (name, value) => {
        if (value === undefined) this.storage.delete(name);
        else this.storage.set(name, value);
      },
      tell: (message) => void this.others.push(message),
      hear: (run) => {
        this.#hearing.push(run);
        return () => undefined;
      },
    };
  }

  happens(event: PageEvent): void {
    if (event === "hidden" || event === "visible") this.hidden = event === "hidden";
    if (event === "online" || event === "offline") this.online = event === "online";
    for (const one of [...this.#listeners]) if (one.event === event) one.run();
  }

  /** Another tab of this browser says something. */
  says(message: unknown): void {
    for (const run of this.#hearing) run(message);
  }

  /** Every recorder is silent, or one is not; desktops and pages are told at once. */
  become(secured: boolean): void {
    this.secured = secured;
    this.push();
  }

  push(): void {
    this.#position += 1;
    if (!this.tells) return;
    for (const [windowId] of [...this.windows].slice(-1)) {
      const text = JSON.stringify(this.#message(windowId));
      for (const one of this.sockets) this.clock.after(this.networkMs, () => one.message(text));
    }
  }

  /** As tacet does every now and then. */
  pings(): void {
    const ping = { type: "ping", at: this.clock.now(), reconnectAfterMs: 100 };
    for (const one of this.sockets)
      this.clock.after(this.networkMs, () => one.message(JSON.stringify(ping)));
  }

  cut(code = 1006): void {
    for (const one of [...this.sockets]) {
      this.sockets.delete(one);
      one.close(code);
    }
  }

  #message(windowId: string): CallMessage {
    const isOpen = this.windows.get(windowId) === "open";
    return {
      type: "call",
      callId: "c-1",
      attributes: {},
      protection: this.secured ? "secured" : "unsecured",
      windows: isOpen ? [{ windowId, openedAt: 0, expiresAt: 1, own: true }] : [],
      recorders: [],
      can: [],
      position: this.#position,
      at: 0,
    };
  }

  #socket(url: string, on: { message(data: unknown): void; close(code: number): void }) {
    if (!url.startsWith("wss://tacet.example/v1/events?ticket=")) throw new Error(url);
    this.clock.after(this.networkMs, () => {
      if (!this.online) return on.close(1006);
      this.sockets.add(on);
      on.message(
        JSON.stringify({
          type: "hello",
          epoch: "e",
          position: 1,
          pingMs: 15_000,
          reconnectAfterMs: 100,
        }),
      );
    });
    return {
      send: (text: string) => {
        if ((JSON.parse(text) as { type: string }).type !== "subscribe") return;
        this.clock.after(this.networkMs, () => {
          if (!this.sockets.has(on)) return;
          on.message(JSON.stringify({ type: "subscribed", recovered: false }));
          this.push();
        });
      },
      close: () => void this.sockets.delete(on),
    };
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const what = /\/(pause|renew|resume)$/.exec(url)?.[1] as Question["what"];
    const body = JSON.parse(init.body as string) as { windowId?: string };
    const windowId = body.windowId ?? /windows\/([^/]+)\//.exec(url)?.[1] ?? "";
    const question = { what, windowId, askedAt: this.clock.now(), safe: false, collectForMs: 0 };
    await this.#travel(init.signal);
    this.questions.push(question);
    const answer = this.#answer(question);
    await this.#travel(init.signal);
    return answer;
  }

  async #travel(signal: AbortSignal | null | undefined): Promise<void> {
    await this.clock.sleep(this.networkMs);
    if (this.fails === "network" || !this.online || signal?.aborted === true)
      throw new TypeError("Failed to fetch");
  }

  #answer(question: Question): Response {
    const { fails } = this;
    const { what, windowId } = question;
    if (typeof fails === "object")
      return Response.json({ code: fails.code }, { status: fails.status });
    if (what === "resume") {
      this.windows.set(windowId, "closed");
      this.push();
      return Response.json({ windowId, protection: "recording", safeToCollect: false });
    }
    if (this.windows.get(windowId) === "closed")
      return Response.json({ code: "window_closed" }, { status: 409 });
    if (what === "renew" && !this.windows.has(windowId))
      return Response.json({ code: "window_unknown" }, { status: 404 });
    this.windows.set(windowId, "open");
    question.safe = this.secured;
    question.collectForMs = this.secured ? this.collectForMs : 0;
    const { collectForMs, safe } = question;
    const protection = safe ? "secured" : "unsecured";
    return Response.json(
      { windowId, protection, safeToCollect: safe, collectForMs },
      { status: safe ? 200 : 424 },
    );
  }
}
