/**
 * For a payment page: a window on the call before the card form may show, kept open while the page
 * lives, and a form that can be used only while tacet says that every recorder is silent.
 *
 * @module
 */
import { browser, type Host } from "./host.ts";
import { lease } from "./lease.ts";
import { asker, type Answer } from "./asker.ts";
import { connect, type CallMessage, type Stream } from "./stream.ts";

export interface GuardOptions {
  /** Where tacet is, such as `https://tacet.example`. */
  readonly url: string;
  readonly callId: string;
  /** A call ticket for this call, from the page's own server. Asked for again when one expires. */
  readonly getTicket: () => Promise<string>;
  /**
   * An events ticket. With one, a recorder that starts again locks the form at once; without, at
   * the next question, a few seconds later.
   */
  readonly getEventsTicket?: () => Promise<string>;
  /** What to lock: made `inert`, and `disabled` where it is a fieldset. */
  readonly form?: HTMLElement;
  /** Default: one for this tab and call, so that a reload goes on with the window it had. */
  readonly windowId?: string;
  readonly reason?: string;
  readonly leaseMs?: number;
  /** How long a question waits for the recorders' confirmation. */
  readonly waitMs?: number;
  readonly onChange?: (state: GuardState) => void;
}

export interface GuardState {
  /** The one thing to obey. */
  readonly safe: boolean;
  /** `lost`: the window is gone and no question brings it back; guard anew for another. */
  readonly word: "opening" | "safe" | "locked" | "lost" | "closed";
  readonly windowId: string;
  /** tacet's word for the call, where it was told. */
  readonly protection?: string;
  /** Why it is locked: tacet's code, or `offline`, `hidden`, `no_answer`, `no_ticket`. */
  readonly why?: string;
}

export interface Guard {
  /** Right at the moment it is read. */
  readonly state: GuardState;
  /**
   * The payment is done or given up, and nothing sensitive is said any more: locks at once and
   * closes the window. True once tacet took it; false where it could not be told, and the window's
   * lease ends it. Nothing else closes it: not an error, not a redirect, not leaving the page.
   */
  close(outcome: "success" | "cancel"): Promise<boolean>;
  /** Stops guarding and locks, and leaves the window to its lease. */
  detach(): void;
}

/** An answer is relied on for this long at most, whatever it promises. */
const AGE_MS_MAX = { alone: 12_000, listening: 45_000 } as const;
/** A question at least this often. */
const EVERY_MS = { alone: 4_000, listening: 15_000 } as const;
const UNSAFE_MS = 500;
const TROUBLE_MS = 2_000;
const CLOSE_TRIES = 4;
/** What no asking again changes. */
const FINAL: ReadonlySet<string> = new Set([
  "window_closed",
  "window_of_another_call",
  "window_owned_by_another",
  "call_ended",
]);

export function guard(options: GuardOptions, host: Host = browser()): Guard {
  const { callId, form, onChange } = options;
  const slot = `tacet:${options.url}:${callId}`;
  const restored = options.windowId === undefined ? host.kept(slot) : undefined;
  let windowId = options.windowId ?? restored ?? host.newId();
  let wasTold = restored === undefined;
  let phase: "opening" | "open" | "lost" | "closed" = "opening";
  let protection: string | undefined;
  let why: string | undefined;
  let told = "";
  let running = false;
  let again = false;
  let cancel = () => {};
  let listening = false;
  /** The stream tells of this very call. */
  let isTold = false;
  /** Before the first answer: what the stream told last is not secured. */
  let isOvertaken = false;
  let stream: Stream | undefined;

  const held = lease(host, show);
  const ask = asker(options, host);

  function state(): GuardState {
    const safe = phase === "open" && !host.isHidden() && held.isSafe();
    const word = phase === "open" ? (safe ? "safe" : "locked") : phase;
    const reason = safe || phase === "closed" ? undefined : why;
    return {
      safe,
      word,
      windowId,
      ...(protection === undefined ? {} : { protection }),
      ...(reason === undefined ? {} : { why: reason }),
    };
  }

  function show(): void {
    const now = state();
    if (form !== undefined) {
      form.inert = !now.safe;
      if (form instanceof HTMLFieldSetElement) form.disabled = !now.safe;
    }
    const text = JSON.stringify(now);
    if (text === told) return;
    told = text;
    try {
      onChange?.(now);
    } catch (error) {
      // The page's own mistake: told as one, and the guard goes on.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  function lock(reason: string): void {
    why = reason;
    held.lock();
  }

  function later(ms: number): void {
    cancel();
    if (!isOver()) cancel = host.after(ms, () => void question());
  }

  /** One at a time; whoever asks meanwhile has the next one follow at once. */
  async function question(): Promise<void> {
    cancel();
    if (isOver()) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    const asked = held.ask();
    const isSafe = held.isSafe();
    const answer = await ask(isSafe ? "renew" : "pause", windowId);
    running = false;
    if (isOver()) return;
    const nextMs = heard(asked, answer);
    later(again ? 0 : nextMs);
  }

  const isOver = (): boolean => phase === "closed" || phase === "lost";

  /** Takes an answer in; when to ask next, in ms. */
  function heard(asked: ReturnType<typeof held.ask>, answer: Answer): number {
    const mode = listening ? "listening" : "alone";
    if (answer.kind === "trouble") {
      // Nothing is known to be wrong: what was promised holds for as long as it may be relied on.
      why = answer.why;
      show();
      return answer.retryMs ?? TROUBLE_MS;
    }
    phase = "open";
    if (answer.kind === "refused") {
      protection = undefined;
      lock(answer.code);
      if (!FINAL.has(answer.code)) return answer.retryMs ?? TROUBLE_MS;
      if (wasTold || answer.code === "call_ended") {
        end("lost");
        return 0;
      }
      // A window of before a reload, which ended meanwhile: this page has none yet.
      windowId = host.newId();
      wasTold = true;
      return 0;
    }
    wasTold = true;
    host.keep(slot, windowId);
    ({ protection } = answer);
    if (!answer.safe || isOvertaken) {
      isOvertaken = false;
      lock(answer.safe ? "no_answer" : answer.protection);
      return answer.retryMs ?? UNSAFE_MS;
    }
    why = "no_answer";
    held.grant(asked, Math.min(answer.collectForMs, AGE_MS_MAX[mode]));
    show();
    return Math.min(EVERY_MS[mode], answer.collectForMs / 3);
  }

  /** The stream locks; only an answer unlocks. */
  function called(message: CallMessage): void {
    if (message.callId !== callId || isOver()) return;
    isTold = listening = true;
    const own = message.windows.some((one) => one.windowId === windowId && one.own);
    const secured = message.protection === "secured" && own && message.unlogged !== true;
    if (phase === "opening") {
      isOvertaken = !secured;
      return;
    }
    ({ protection } = message);
    if (!secured) lock(own ? message.protection : "window_closed");
    if (!secured || !held.isSafe()) void question();
    else show();
  }

  const ends = [
    host.on("hidden", () => lock("hidden")),
    host.on("visible", () => void question()),
    host.on("restored", () => {
      lock("no_answer");
      void question();
    }),
    host.on("offline", () => lock("offline")),
    host.on("online", () => void question()),
    host.hear((message) => {
      const closing = (message as { closing?: unknown } | null)?.closing;
      if (closing !== windowId || isOver()) return;
      // Tacet may not have been told yet, and would still say that it is open.
      lock("window_closed");
      end("lost");
    }),
  ];

  function end(how: "lost" | "closed"): void {
    phase = how;
    if (how === "lost") host.keep(slot, undefined);
    cancel();
    held.lock();
    for (const stop of ends) stop();
    stream?.stop();
    show();
  }

  show();
  void question();
  if (options.getEventsTicket !== undefined) {
    stream = connect(
      {
        url: options.url,
        filter: { calls: [callId] },
        getTicket: options.getEventsTicket,
        onCall: called,
        onGone: (gone) => {
          if (gone !== callId) return;
          isTold = listening = false;
          lock("call_gone");
          void question();
        },
        // A stream that tells nothing of this call, such as one that may not, is none.
        onFresh: () => void (isTold = listening = false),
        onBack: () => void (listening = isTold),
        onLost() {
          listening = false;
          held.shorten(AGE_MS_MAX.alone);
          if (phase === "open") void question();
        },
      },
      host,
    );
  }

  return {
    get state() {
      return state();
    },
    async close(_outcome) {
      if (isOver()) return false;
      const closing = windowId;
      end("closed");
      host.keep(slot, undefined);
      // Another tab may have been given this tab's window along with its storage.
      host.tell({ closing });
      for (let tried = 0; tried < CLOSE_TRIES; tried += 1) {
        const answer = await ask("resume", closing);
        if (answer.kind !== "trouble") return answer.kind === "told";
        const waitMs = answer.retryMs ?? TROUBLE_MS;
        await new Promise<void>((resolve) => void host.after(waitMs, resolve));
      }
      return false;
    },
    detach: () => {
      if (!isOver()) end("closed");
    },
  };
}

export const tacet = { guard };
