/**
 * What a browser gives, each as a function, so that everything else can be tried without one.
 *
 * @module
 */

/** A moment by both clocks: either may stand still while a machine sleeps, and one may be set. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** `restored`: the page came back from the browser's cache as it had been left. */
export type PageEvent = "online" | "offline" | "hidden" | "visible" | "restored";

export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface Host {
  fetch(url: string, init: RequestInit): Promise<Response>;
  moment(): Moment;
  /** Runs once, not before `ms` have passed; the function returned takes it back. */
  after(ms: number, run: () => void): () => void;
  random(): number;
  newId(): string;
  socket(
    url: string,
    protocol: string,
    on: { message(data: unknown): void; close(code: number): void },
  ): Socket;
  /** The function returned stops listening. */
  on(event: PageEvent, run: () => void): () => void;
  isHidden(): boolean;
  isOnline(): boolean;
  /** Kept for this tab and origin, through reloads. */
  kept(name: string): string | undefined;
  keep(name: string, value: string | undefined): void;
  /** Tells this browser's other tabs of this origin. */
  tell(message: unknown): void;
  hear(run: (message: unknown) => void): () => void;
}

/** The longer of the two, so that a sleep counts and a clock put back does not help. */
export function elapsedMs(from: Moment, to: Moment): number {
  return Math.max(to.monotonic - from.monotonic, to.wall - from.wall);
}

export function browser(): Host {
  const listen = (target: EventTarget, type: string, run: (event: Event) => void) => {
    target.addEventListener(type, run);
    return () => target.removeEventListener(type, run);
  };
  const channel =
    typeof BroadcastChannel === "function" ? new BroadcastChannel("tacet") : undefined;
  return {
    fetch: (url, init) => fetch(url, init),
    moment: () => ({ monotonic: performance.now(), wall: Date.now() }),
    after(ms, run) {
      const timer = setTimeout(run, Math.min(ms, 2_147_483_647));
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    socket(url, protocol, on) {
      const made = new WebSocket(url, protocol);
      made.addEventListener("message", ({ data }) => on.message(data));
      made.addEventListener("close", ({ code }) => on.close(code));
      return made;
    },
    on(event, run) {
      switch (event) {
        case "online":
        case "offline":
          return listen(globalThis, event, run);
        case "hidden":
        case "visible":
          return listen(document, "visibilitychange", () => {
            if (document.visibilityState === event) run();
          });
        case "restored":
          return listen(globalThis, "pageshow", (shown) => {
            if ((shown as PageTransitionEvent).persisted) run();
          });
      }
    },
    isHidden: () => document.visibilityState === "hidden",
    isOnline: () => navigator.onLine,
    // A page that may not store goes on without: a reload then opens a window of its own.
    kept: (name) => attempt(() => sessionStorage.getItem(name) ?? undefined),
    keep(name, value) {
      attempt(() => {
        if (value === undefined) sessionStorage.removeItem(name);
        else sessionStorage.setItem(name, value);
      });
    },
    tell: (message) => channel?.postMessage(message),
    hear: (run) =>
      channel === undefined
        ? () => undefined
        : listen(channel, "message", (event) => run((event as MessageEvent).data)),
  };
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
