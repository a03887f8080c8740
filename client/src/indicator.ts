/**
 * `<tacet-indicator>`: what an agent sees of their call's recording, and the buttons that policy
 * leaves them.
 *
 * Attributes: `url`, `call-id` or `agent-id`, `lang`, `detail` (each recorder), `keys` (Alt+Shift+P
 * and Alt+Shift+R). Property `getTicket`: an events ticket. Property `command`: how a button's wish
 * is carried out; without one there are no buttons. Events: `protection` with the call's word.
 *
 * @module
 */
import { follow, type Followed, type Shown } from "./follow.ts";
import { browser, type Host } from "./host.ts";
import type { CallMessage } from "./stream.ts";
import { wordsFor, type Words } from "./words.ts";

/** Rejects where it did not work. The page's own server gives it the authority. */
export type Command = (what: "pause" | "resume", callId: string) => Promise<void>;

const STYLE = `
:host{display:inline-block;font:var(--tacet-font,600 1rem/1.3 system-ui,sans-serif);color-scheme:light dark}
:host([hidden]){display:none}
div.box{padding:.5em .75em;border-radius:.4em;border:2px solid;background:var(--tacet-background,Canvas);color:CanvasText;border-color:var(--c);border-inline-start-width:.75em}
.recording,.idle,.ended,.unknown{--c:var(--tacet-neutral,#6b7280)}
.securing,.resuming{--c:var(--tacet-busy,#b45309)}
.secured{--c:var(--tacet-safe,#047857)}
.unsecured,.stalled{--c:var(--tacet-alarm,#b91c1c)}
.unsecured .word,.stalled .word{color:var(--c)}
@media(prefers-color-scheme:dark){.unsecured .word,.stalled .word{color:#fca5a5}}
.left,ul,.failed,.sandbox{font-weight:400;font-size:.85em}
.word,.left{display:inline-block}
.word{margin-inline-end:.6em}
.left{font-variant-numeric:tabular-nums}
ul{margin:.3em 0 0;padding:0;list-style:none}
button{font:inherit;margin-block-start:.4em;margin-inline-end:.4em;padding:.3em .7em;cursor:pointer}
button:focus-visible{outline:3px solid Highlight;outline-offset:2px}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
`;

/** A pause waits no longer for a resume that is under way. */
const RESUME_MS_MAX = 250;

const OWN = browser();

export class TacetIndicator extends HTMLElement {
  static readonly observedAttributes = ["url", "call-id", "agent-id", "lang", "detail"];
  /** An events ticket, from the page's own server. */
  getTicket: (() => Promise<string>) | undefined;
  command: Command | undefined;
  /** For tests; a browser's own otherwise. */
  host: Host | undefined;
  #stream: Followed | undefined;
  #shown: Shown = { kind: "unknown" };
  #told: string | undefined;
  #painted: CallMessage | undefined;
  readonly #underWay = new Map<"pause" | "resume", Promise<void>>();
  #hasFailed = false;
  #tick: (() => void) | undefined;
  #starting = false;
  readonly #root = this.attachShadow({ mode: "open" });

  connectedCallback(): void {
    this.#build();
    document.addEventListener("keydown", this.#onKey);
    this.#restart();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#onKey);
    this.#stream?.stop();
    this.#stream = undefined;
    this.#tick?.();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    if (name === "lang" || name === "detail") this.#paint();
    else this.#restart();
  }

  #from(): Host {
    return this.host ?? OWN;
  }

  get #words(): Words {
    return wordsFor(this.lang || document.documentElement.lang || navigator.language);
  }

  /** Attributes and properties set one after another make one connection. */
  #restart(): void {
    if (this.#starting) return;
    this.#starting = true;
    queueMicrotask(() => {
      this.#starting = false;
      this.#stream?.stop();
      this.#stream = undefined;
      this.#shown = { kind: "unknown" };
      this.#told = undefined;
      this.#paint();
      const [url, callId, agentId] = ["url", "call-id", "agent-id"].map((name) =>
        this.getAttribute(name),
      );
      const { getTicket } = this;
      if (!this.isConnected || getTicket === undefined || (!callId && !agentId)) return;
      this.#stream = follow(
        {
          url: url ?? location.origin,
          ...(callId ? { callId } : {}),
          ...(agentId ? { agentId } : {}),
          getTicket,
          show: (shown) => {
            this.#shown = shown;
            this.#hasFailed = false;
            this.#paint();
          },
        },
        this.#from(),
      );
    });
  }

  #build(): void {
    if (this.#root.childElementCount > 0) return;
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [style];
    const make = (tag: string, className: string) => {
      const made = document.createElement(tag);
      made.className = className;
      return made;
    };
    const box = make("div", "box");
    box.setAttribute("role", "group");
    const parts = [
      make("span", "word"),
      make("span", "left"),
      make("ul", "list"),
      ...(["pause", "resume"] as const).map((what) => {
        const button = make("button", what) as HTMLButtonElement;
        button.type = "button";
        button.addEventListener("click", () => void this.#do(what));
        return button;
      }),
      make("p", "failed"),
      make("p", "sandbox"),
    ];
    box.append(...parts);
    const polite = make("div", "quiet polite");
    polite.setAttribute("role", "status");
    const loud = make("div", "quiet loud");
    loud.setAttribute("role", "alert");
    this.#root.append(box, polite, loud);
  }

  #part(selector: string): HTMLElement {
    return this.#root.querySelector(selector) as HTMLElement;
  }

  #paint(): void {
    if (this.#root.childElementCount === 0) return;
    const words = this.#words;
    const shown = this.#shown;
    const call = shown.kind === "call" ? shown.call : undefined;
    const word = call === undefined ? (shown.kind as "unknown" | "idle") : call.protection;
    const said = words.words[word];
    this.#part(".box").className = `box ${word}`;
    this.#part(".box").setAttribute("aria-label", said);
    this.#part(".word").textContent = said;
    this.#part(".sandbox").textContent = call?.sandbox === true ? words.sandbox : "";
    this.#part(".failed").textContent = this.#hasFailed ? words.failed : "";
    this.#list(words, call);
    for (const what of ["pause", "resume"] as const) {
      const button = this.#part(`button.${what}`) as HTMLButtonElement;
      button.textContent = words[what];
      button.hidden = this.command === undefined || call?.can.includes(what) !== true;
      button.disabled = this.#underWay.has(what);
      if (this.hasAttribute("keys"))
        button.setAttribute("aria-keyshortcuts", what === "pause" ? "Alt+Shift+P" : "Alt+Shift+R");
    }
    this.#count();
    if (word !== this.#told) this.#announce(word, said, call);
    if (call !== undefined && call !== this.#painted) this.#tellShown(call);
  }

  /** Once it is on the screen: a page that is not seen paints nothing, and says nothing. */
  #tellShown(call: CallMessage): void {
    this.#painted = call;
    requestAnimationFrame(() => {
      if (this.#painted === call) this.#stream?.shown(call.callId, call.position);
    });
  }

  #list(words: Words, call: CallMessage | undefined): void {
    const rows = this.hasAttribute("detail") ? (call?.recorders ?? []) : [];
    this.#part(".list").replaceChildren(
      ...rows.map(({ recorderId, status }) => {
        const row = document.createElement("li");
        row.textContent = `${recorderId}: ${words.recorder[status] ?? status}`;
        return row;
      }),
    );
  }

  /** Counts down to the end of the last lease, once a second, by tacet's clock. */
  #count(): void {
    this.#tick?.();
    const ends =
      this.#shown.kind === "call" ? this.#shown.call.windows.map((one) => one.expiresAt) : [];
    const now = this.#from().moment().wall + (this.#stream?.aheadMs() ?? 0);
    const leftMs = Math.max(0, ...ends) - now;
    const seconds = Math.max(0, Math.ceil(leftMs / 1_000));
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    this.#part(".left").textContent = ends.length === 0 ? "" : this.#words.left.replace("$", clock);
    this.#tick = ends.length === 0 ? undefined : this.#from().after(1_000, () => this.#count());
  }

  /** A screen reader interrupts for what must not be missed, and waits its turn for the rest. */
  #announce(word: string, said: string, call: CallMessage | undefined): void {
    const isFirst = this.#told === undefined;
    this.#told = word;
    const isAlarm = word === "unsecured" || word === "stalled";
    this.#part(".loud").textContent = isAlarm ? said : "";
    this.#part(".polite").textContent = isAlarm || isFirst ? "" : said;
    this.dispatchEvent(
      new CustomEvent("protection", {
        detail: { protection: word, ...(call === undefined ? {} : { callId: call.callId }) },
        bubbles: true,
        composed: true,
      }),
    );
  }

  async #do(what: "pause" | "resume"): Promise<void> {
    const call = this.#shown.kind === "call" ? this.#shown.call : undefined;
    if (this.command === undefined || call?.can.includes(what) !== true) return;
    if (this.#underWay.has(what)) return;
    const command = this.#carryOut(this.command, what, call.callId);
    this.#underWay.set(what, command);
    this.#hasFailed = false;
    this.#paint();
    await command;
    this.#underWay.delete(what);
    this.#paint();
  }

  /** Never rejects. */
  async #carryOut(command: Command, what: "pause" | "resume", callId: string): Promise<void> {
    const resume = what === "pause" ? this.#underWay.get("resume") : undefined;
    try {
      // A pause goes after the resume that was asked for before it, and waits for it no longer.
      if (resume !== undefined) {
        const late = new Promise<void>((resolve) => {
          this.#from().after(RESUME_MS_MAX, resolve);
        });
        await Promise.race([resume, late]);
      }
      await command(what, callId);
    } catch {
      this.#hasFailed = true;
      this.#part(".polite").textContent = this.#words.failed;
    }
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (!this.hasAttribute("keys") || !event.altKey || !event.shiftKey) return;
    const what = { KeyP: "pause", KeyR: "resume" }[event.code] as "pause" | "resume" | undefined;
    if (what === undefined) return;
    event.preventDefault();
    void this.#do(what);
  };
}

if (customElements.get("tacet-indicator") === undefined)
  customElements.define("tacet-indicator", TacetIndicator);
