/** What clients asked and were told, by window and by call, so that it can be judged when it is known. */
import type { Ask, Told } from "../story.ts";

export interface Exchange {
  readonly ask: Ask;
  readonly told: Told;
}

/** Nobody waits longer for an answer. */
const REQUEST_MS_MAX = 8_000;

export class Asks {
  readonly #open = new Map<string, Ask>();
  #fresh: Exchange[] = [];
  /** When each window was first asked to be closed, and each call to be ended. */
  readonly #resumedAt = new Map<string, number>();
  readonly #endedAt = new Map<string, number>();
  /** When the owner of a window was told that it is not safe. */
  readonly #unsafeAt = new Map<string, number[]>();

  ask(ask: Ask): void {
    this.#open.set(ask.id, ask);
    const { at, callId, what, windowId } = ask;
    if (what === "end") sooner(this.#endedAt, callId, at);
    if (what === "resume" && windowId !== undefined) sooner(this.#resumedAt, windowId, at);
  }

  told(told: Told): void {
    const ask = this.#open.get(told.id);
    if (ask === undefined) return;
    this.#open.delete(told.id);
    this.#fresh.push({ ask, told });
    if (ask.windowId === undefined || told.safe === true) return;
    const times = this.#unsafeAt.get(ask.windowId) ?? [];
    this.#unsafeAt.set(ask.windowId, [...times, told.at]);
  }

  /** How many requests that enter something were sent and not answered at that moment. */
  underWay(at: number): number {
    const isWritten = ({ what }: Ask) => what !== "read";
    const lost = [...this.#open.values()].filter((ask) => ask.at <= at && isWritten(ask));
    const late = this.#fresh.filter(
      ({ ask, told }) => ask.at <= at && told.at > at && isWritten(ask),
    );
    return lost.filter((ask) => at - ask.at < REQUEST_MS_MAX).length + late.length;
  }

  /** What was answered since this was last asked for. */
  take(): readonly Exchange[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  wasResumed = (windowId: string): boolean => this.#resumedAt.has(windowId);
  wasEnded = (callId: string): boolean => this.#endedAt.has(callId);

  /**
   * Until when a page relies on a safe answer: for `collectForMs` from its sending, until it is told
   * otherwise, and until anybody asks for the window's or the call's end.
   */
  reliesUntil({ ask, told }: Exchange): number {
    const windowId = ask.windowId ?? "";
    const unsafe = (this.#unsafeAt.get(windowId) ?? []).filter((at) => at >= told.at);
    return Math.min(
      ask.at + (told.collectForMs ?? 0),
      this.#resumedAt.get(windowId) ?? Infinity,
      this.#endedAt.get(ask.callId) ?? Infinity,
      ...unsafe,
    );
  }
}

function sooner(times: Map<string, number>, key: string, at: number): void {
  times.set(key, Math.min(at, times.get(key) ?? Infinity));
}
