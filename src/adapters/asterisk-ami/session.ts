/**
 * The one standing connection to an Asterisk's manager: greeting, login, questions and their
 * answers by ActionID, events to whoever listens. It opens at the first use.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import type { Line, LinePort } from "../lines.ts";
import { actionText, type Fields, type Frame, frameReader } from "./frames.ts";
import type { AsteriskAmiSettings } from "./settings.ts";
import {
  challengeAction,
  loginAction,
  notDoneOf,
  pingAction,
  type Scrub,
  settingsAction,
} from "./wire.ts";

type Action = readonly [name: string, fields: Readonly<Record<string, string>>];
type Response = Extract<Frame, { kind: "response" }>;

/** What came for an action: its response, and the events of its list where it has one. */
export type Answer =
  | { readonly kind: "answer"; readonly response: Response; readonly events: readonly Frame[] }
  | NotDone;

export interface SessionListener {
  /** Logged in: from now on events are heard. */
  stands(): void;
  /** What is not told from now on, and what was told before, is lost. */
  lost(): void;
  event(name: string, fields: Fields): void;
  unreadable(): void;
}

export interface Asking {
  readonly lines: LinePort | undefined;
  readonly signal: AbortSignal;
  /** It waits for no rest between two connections, and finds room among any number of questions. */
  readonly isPause?: boolean;
}

/** A connection that was just lost is mostly back at once: whoever asks waits this long for it. */
const STANDS_MS_MAX = 1_000;
/** Greeting to login, on a server that is slow. */
const LOGIN_MS_MAX = 5_000;
/** Questions whose answer is awaited at once. A pause is sent all the same: one of each target. */
export const PENDING_COUNT_MAX = 10_000;
/** Events in the list that answers one question. */
const LIST_COUNT_MAX = 100;

interface Pending {
  readonly listEnd?: string;
  readonly events: Frame[];
  response?: Response;
  settle(answer: Answer): void;
}

type State =
  | { readonly kind: "closed" }
  /** Why it does not stand, as an asker is told. */
  | { readonly kind: "down"; readonly trouble: NotDone }
  | { readonly kind: "stands"; readonly line: Line };

export class AmiSession {
  readonly #settings: AsteriskAmiSettings;
  readonly #listener: SessionListener;
  readonly #scrub: Scrub;
  #state: State = { kind: "closed" };
  #version = "";
  #end: (() => void) | undefined;
  /** There is no connection, and no pause has hurried the next. */
  #rests = false;
  #nextId = 1;
  readonly #pending = new Map<string, Pending>();
  readonly #waiting = new Set<() => void>();

  constructor(settings: AsteriskAmiSettings, scrub: Scrub, listener: SessionListener) {
    this.#settings = settings;
    this.#scrub = scrub;
    this.#listener = listener;
  }

  /** As the server reports it; empty where this user may not know. */
  get version(): string {
    return this.#version;
  }
  get isStanding(): boolean {
    return this.#state.kind === "stands";
  }

  open(lines: LinePort): void {
    if (this.#end !== undefined) return;
    this.#rests = false;
    this.#state = { kind: "down", trouble: { kind: "unreachable", detail: "not yet connected" } };
    let read = frameReader();
    let current: Line | undefined;
    this.#end = lines(this.#settings, {
      connected: (line) => {
        read = frameReader();
        current = line;
        this.#rests = false;
        this.#state = { kind: "down", trouble: { kind: "unreachable", detail: "not logged in" } };
      },
      received: (text) => {
        if (current !== undefined) this.#received(read(text), current);
      },
      quiet: () => current?.say(actionText(pingAction[0], this.#id(), pingAction[1])),
      lost: (detail) => {
        current = undefined;
        this.#rests = true;
        this.#lost({ kind: "unreachable", detail });
      },
    });
  }

  /** Nothing is awaited any more; the next use opens it anew. */
  close(): void {
    const end = this.#end;
    this.#end = undefined;
    end?.();
    this.#lost({ kind: "unreachable", detail: "nobody listens any more" });
    this.#state = { kind: "closed" };
  }

  /** Says it once, if the connection stands or is back in a moment. `listEnd` ends the answer's list. */
  async ask(action: Action, asking: Asking, listEnd?: string): Promise<Answer> {
    const { isPause = false, lines, signal } = asking;
    if (lines === undefined) {
      return { kind: "unreachable", detail: "this runtime keeps no standing connections" };
    }
    if (isPause && this.#rests) this.#hurry();
    this.open(lines);
    if (this.#state.kind !== "stands") await this.#standing(signal);
    const state = this.#state;
    if (state.kind === "closed") return { kind: "unreachable", detail: "nobody listens any more" };
    if (state.kind === "down") return state.trouble;
    if (signal.aborted) return { kind: "unreachable", detail: "the deadline had passed" };
    if (this.#pending.size >= PENDING_COUNT_MAX && !isPause) {
      const detail = `${PENDING_COUNT_MAX} answers are awaited`;
      return { kind: "unreachable", detail };
    }
    return this.#say(action, state.line, signal, listEnd);
  }

  /** The next connection is made now, with a login of its own. */
  #hurry(): void {
    this.#end?.();
    this.#end = undefined;
  }

  #say([name, fields]: Action, line: Line, signal: AbortSignal, listEnd?: string): Promise<Answer> {
    const id = this.#id();
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        this.#pending.delete(id);
        signal.removeEventListener("abort", late);
        resolve(answer);
      };
      // What is said on one connection is done in its order, so it is not broken: a later order
      // is done after this one, and a late answer finds nobody.
      const late = (): void => settle({ kind: "in_doubt", detail: "no answer in time" });
      signal.addEventListener("abort", late, { once: true });
      this.#pending.set(id, { events: [], settle, ...(listEnd === undefined ? {} : { listEnd }) });
      line.say(actionText(name, id, fields));
    });
  }

  /** Settles once it stands, or is known not to for now. */
  #standing(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const until = AbortSignal.any([signal, AbortSignal.timeout(STANDS_MS_MAX)]);
      const look = (): void => {
        const { kind } = this.#state;
        const refused = this.#state.kind === "down" && this.#state.trouble.kind === "refused";
        if (kind === "down" && !refused && !until.aborted) return;
        this.#waiting.delete(look);
        until.removeEventListener("abort", look);
        resolve();
      };
      this.#waiting.add(look);
      until.addEventListener("abort", look, { once: true });
      look();
    });
  }

  #received(fed: ReturnType<ReturnType<typeof frameReader>>, line: Line): void {
    if (fed.kind === "broken") return line.drop(fed.detail);
    for (const frame of fed.frames) this.#frame(frame);
    if (fed.greeted && !this.#greeted.has(line)) {
      this.#greeted.add(line);
      void this.#login(line);
    }
  }
  readonly #greeted = new WeakSet<Line>();

  async #login(line: Line): Promise<void> {
    const { login, secret, username } = this.#settings;
    const until = AbortSignal.timeout(LOGIN_MS_MAX);
    const late = (): void => line.drop("no login in time");
    let challenge: string | undefined;
    if (login === "challenge") {
      const asked = await this.#say(challengeAction, line, until);
      if (asked.kind !== "answer") return late();
      challenge = asked.response.fields.get("challenge");
      if (challenge === undefined) return this.#refused(line, "it gives no challenge");
    }
    const answer = await this.#say(loginAction(username, secret, challenge), line, until);
    if (answer.kind !== "answer") return late();
    if (notDoneOf(answer.response, this.#scrub) !== undefined) {
      return this.#refused(line, this.#scrub(answer.response.fields.get("message") ?? "refused"));
    }
    const told = await this.#say(settingsAction, line, until);
    if (told.kind !== "answer") return late();
    this.#version = told.response.fields.get("asteriskversion") ?? "";
    this.#state = { kind: "stands", line };
    this.#listener.stands();
    this.#look();
  }

  #refused(line: Line, words: string): void {
    const detail = `login: ${words}`.slice(0, 200);
    line.drop(detail);
    this.#state = { kind: "down", trouble: { kind: "refused", reason: "not_authorized", detail } };
    this.#look();
  }

  #frame(frame: Frame): void {
    if (frame.kind === "unreadable") return this.#listener.unreadable();
    const pending = this.#pending.get(frame.fields.get("actionid") ?? "");
    if (frame.kind === "response") return this.#answered(pending, frame);
    // An event of a list answers its question; the others tell what happened.
    if (pending?.listEnd === undefined) return this.#listener.event(frame.name, frame.fields);
    const { events, listEnd, response } = pending;
    if (frame.name !== listEnd) {
      if (events.length < LIST_COUNT_MAX) events.push(frame);
    } else if (response !== undefined) {
      pending.settle({ kind: "answer", response, events });
    }
  }

  #answered(pending: Pending | undefined, response: Response): void {
    if (pending === undefined) return;
    if (pending.listEnd !== undefined && response.word === "Success") pending.response = response;
    else pending.settle({ kind: "answer", response, events: [] });
  }

  #lost(trouble: NotDone): void {
    const stood = this.#state.kind === "stands";
    const isRefused = this.#state.kind === "down" && this.#state.trouble.kind === "refused";
    // A login that was refused is what keeps it down, until another one is tried.
    if (!isRefused || this.#end === undefined) this.#state = { kind: "down", trouble };
    for (const pending of [...this.#pending.values()]) {
      pending.settle({ kind: "in_doubt", detail: "the connection was lost before its answer" });
    }
    if (stood) this.#listener.lost();
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  #id(): string {
    this.#nextId += 1;
    return `tacet-${this.#nextId}`;
  }
}
