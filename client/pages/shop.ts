/**
 * The script of the sandbox's page: the shop's form behind the guard, the agent's indicator, and
 * switches for the simulated recorders.
 *
 * @module
 */
import { guard, type Guard } from "../src/guard.ts";
import "../src/indicator.ts";
import type { TacetIndicator } from "../src/indicator.ts";
import { wordsFor } from "../src/words.ts";

interface Recorder {
  readonly id: string;
  readonly name: string;
  readonly truth: string;
  readonly faults: readonly string[];
  readonly on: readonly string[];
}

type ByName = Readonly<Record<string, string>>;
interface Words {
  readonly locked: string;
  readonly lockedWhy: string;
  readonly open: string;
  readonly paid: string;
  readonly givenUp: string;
  readonly began: string;
  readonly deskSays: string;
  readonly truth: string;
  readonly truthNow: string;
  readonly byHand: string;
  readonly away: string;
  readonly why: ByName;
  readonly status: ByName;
  readonly faults: ByName;
}

const LOOK_MS = 400;
const FEED_COUNT_MAX = 60;

const at = (id: string) => document.querySelector(`#${id}`) as HTMLElement;
const { agent = "", tacet = "" } = document.body.dataset;
const words = JSON.parse(document.body.dataset["words"] ?? "{}") as Words;
const { lang } = document.documentElement;
/** What the indicator says itself. */
const own = wordsFor(lang);
const card = at("card") as HTMLFieldSetElement;
const take = at("take") as HTMLButtonElement;
const cancel = at("cancel") as HTMLButtonElement;
let callId: string | undefined;
let guarded: Guard | undefined;
let turn = 0;

const post = async (path: string): Promise<Response> => {
  const answer = await fetch(path, { method: "POST" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
};
const text = (path: string) => async () => (await post(path)).text();

/** A sentence with its values put in. */
const filled = (sentence: string, values: ByName): string =>
  sentence.replaceAll(/\{(\w+)\}/g, (hole, name: string) => values[name] ?? hole);

function say(line: string): void {
  const row = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString(lang);
  row.append(time, ` ${line}`);
  const feed = at("feed");
  feed.prepend(row);
  while (feed.childElementCount > FEED_COUNT_MAX) feed.lastElementChild?.remove();
}

function stopPaying(): void {
  guarded = undefined;
  cancel.disabled = true;
  take.disabled = callId === undefined;
  (at("pay") as HTMLFormElement).reset();
}

at("call").addEventListener("click", () => {
  void (async () => {
    guarded?.detach();
    if (callId !== undefined) await post(`/sandbox/calls/${callId}/end`);
    ({ callId } = (await (await post("/sandbox/calls")).json()) as { callId: string });
    at("which").textContent = callId;
    say(filled(words.began, { callId }));
    stopPaying();
  })().catch((error: unknown) => {
    say(`${own.failed}: ${error instanceof Error ? error.message : String(error)}`);
  });
});

/** A code that nobody gave words for stands for itself. */
const lockedBy = (why: string | undefined): string =>
  why === undefined
    ? words.locked
    : filled(words.lockedWhy, { why: words.why[why] ?? why.replaceAll("_", " ") });

take.addEventListener("click", () => {
  if (callId === undefined) return;
  take.disabled = true;
  cancel.disabled = false;
  guarded = guard({
    url: tacet,
    callId,
    form: card,
    reason: "card_payment",
    getTicket: text(`/sandbox/tickets/call/${callId}`),
    getEventsTicket: text(`/sandbox/tickets/events/${callId}`),
    onChange({ safe, why, word }) {
      const state = at("state");
      const told = safe ? words.open : lockedBy(why);
      state.classList.toggle("safe", safe);
      state.textContent = told;
      say(told);
      if (word === "lost") stopPaying();
    },
  });
});

async function finish(outcome: "success" | "cancel"): Promise<void> {
  if (guarded === undefined) return;
  // Read once more at the very moment of use.
  if (outcome === "success" && !guarded.state.safe) return;
  const closing = guarded.close(outcome);
  stopPaying();
  say(outcome === "success" ? words.paid : words.givenUp);
  await closing;
}
at("pay").addEventListener("submit", (event) => {
  event.preventDefault();
  void finish("success");
});
cancel.addEventListener("click", () => void finish("cancel"));

const indicator = document.querySelector("tacet-indicator") as TacetIndicator;
indicator.getTicket = text("/sandbox/desk/ticket");
indicator.command = async (what, id) => {
  if (what === "pause") turn += 1;
  await post(`/sandbox/desk/${what}/${id}?turn=${turn}`);
};
indicator.addEventListener("protection", (event) => {
  const { protection } = (event as CustomEvent<{ protection: keyof typeof own.words }>).detail;
  say(filled(words.deskSays, { word: own.words[protection] }));
});
indicator.setAttribute("url", tacet);
indicator.setAttribute("agent-id", agent);

/** Builds each recorder's switches once, and then only what changed. */
function paint(recorders: readonly Recorder[]): void {
  for (const { faults, id, name, on, truth } of recorders) {
    const box = document.querySelector<HTMLElement>(`#r-${id}`) ?? made(id, name, faults);
    const word = box.querySelector(".truth") as HTMLElement;
    if (word.dataset["truth"] !== truth) {
      const status = words.status[truth] ?? truth;
      if (word.textContent !== "") say(filled(words.truthNow, { recorder: name, status }));
      word.textContent = status;
      word.dataset["truth"] = truth;
      word.className = `truth ${truth}`;
    }
    for (const input of box.querySelectorAll("input")) input.checked = on.includes(input.name);
  }
}

function made(id: string, name: string, faults: readonly string[]): HTMLElement {
  const box = document.createElement("div");
  box.className = "recorder";
  box.id = `r-${id}`;
  const title = document.createElement("h3");
  title.textContent = name;
  const truth = document.createElement("p");
  truth.append(
    `${words.truth} `,
    Object.assign(document.createElement("span"), { className: "truth" }),
  );
  const hand = document.createElement("button");
  hand.type = "button";
  hand.textContent = words.byHand;
  hand.addEventListener("click", () => void post(`/sandbox/recorders/${id}/by-hand/recording`));
  const switches = faults.map((fault) => {
    const label = document.createElement("label");
    label.className = "switch";
    const input = document.createElement("input");
    input.type = "checkbox";
    input.name = fault;
    input.addEventListener("change", () => {
      void post(`/sandbox/recorders/${id}/faults/${fault}/${input.checked ? "on" : "off"}`);
    });
    label.append(input, words.faults[fault] ?? fault);
    return label;
  });
  box.append(title, truth, hand, ...switches);
  at("list").append(box);
  return box;
}

async function look(): Promise<void> {
  try {
    paint((await (await fetch("/sandbox/recorders")).json()) as Recorder[]);
  } catch {
    say(words.away);
  }
  setTimeout(() => void look(), LOOK_MS);
}
void look();
