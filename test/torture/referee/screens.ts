/** What each desktop shows, and since when: made into beliefs that can be judged. */
import type { Blind, Finding, Shown, Subscribed } from "../story.ts";
import type { Book } from "./book.ts";
import type { Belief } from "./promises.ts";

interface Screen {
  isBlind: boolean;
  readonly calls: Map<string, { shown: Shown; from: number; isKept: boolean }>;
}

export class Screens {
  readonly #screens = new Map<string, Screen>();
  #over: Belief[] = [];

  shown(shown: Shown): void {
    const screen = this.#screen(shown.reader);
    this.#end(shown.reader, screen, shown.callId, shown.at);
    screen.calls.set(shown.callId, { shown, from: shown.at, isKept: false });
  }

  blind({ at, reader }: Blind): void {
    const screen = this.#screen(reader);
    for (const callId of screen.calls.keys()) this.#end(reader, screen, callId, at);
    screen.isBlind = true;
  }

  subscribed({ at, reader, recovered }: Subscribed): void {
    const screen = this.#screen(reader);
    screen.isBlind = false;
    if (!recovered) return screen.calls.clear();
    for (const [callId, known] of screen.calls) {
      screen.calls.set(callId, { ...known, from: at, isKept: true });
    }
  }

  /** Beliefs that ended since, and those that are held, as of now. */
  take(now: number): readonly Belief[] {
    for (const [reader, screen] of this.#screens) {
      for (const callId of screen.calls.keys()) this.#end(reader, screen, callId, now);
    }
    const over = this.#over;
    this.#over = [];
    return over;
  }

  /** Desktops that are connected and do not show the newest of every call they know. */
  stale(book: Book): readonly Finding[] {
    const findings: Finding[] = [];
    for (const [reader, screen] of this.#screens) {
      if (screen.isBlind) {
        findings.push({ breach: "desktop_stale", detail: `${reader} is not connected` });
      }
      for (const [callId, { shown }] of screen.calls) {
        const newest = book.of(callId).at(-1)?.position ?? 0;
        if (shown.protection === "gone" || shown.position >= newest) continue;
        const detail = `${reader} shows ${callId} as of ${shown.position}, which is at ${newest}`;
        findings.push({ breach: "desktop_stale", detail });
      }
      for (const { callId, ended } of book.calls.values()) {
        if (ended || screen.calls.has(callId)) continue;
        findings.push({ breach: "desktop_stale", detail: `${reader} does not know ${callId}` });
      }
    }
    return findings;
  }

  #screen(reader: string): Screen {
    const known = this.#screens.get(reader) ?? { isBlind: true, calls: new Map() };
    this.#screens.set(reader, known);
    return known;
  }

  /** What is shown goes on after `at`, unless something else takes its place. */
  #end(reader: string, screen: Screen, callId: string, at: number): void {
    const known = screen.calls.get(callId);
    if (known === undefined || screen.isBlind) return;
    const { from, isKept, shown } = known;
    const until = Math.min(at, shown.until);
    if (shown.protection === "secured" && until > from) {
      this.#over.push({ reader, callId, from, until, position: shown.position, isKept });
    }
    screen.calls.set(callId, { ...known, from: at });
  }
}
