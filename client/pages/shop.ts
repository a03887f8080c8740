/**
 * The script of the sandbox's page: the shop's form behind the guard, the agent's indicator, and
 * switches for the simulated recorders.
 *
 * @module
 */
import { guard, type Guard } from "../src/guard.ts";
import "../src/indicator.ts";
import type { TacetIndicator } from "../src/indicator.ts";

interface Recorder {
  readonly id: string;
  readonly name: string;
  readonly truth: string;
  readonly faults: readonly string[];
  readonly on: readonly string[];
}

const LOOK_MS = 400;
const FEED_COUNT_MAX = 60;
const FAULT_WORDS: Readonly<Record<string, string>> = {
  "ack-and-ignore": "says yes and goes on",
  unreachable: "cannot be reached",
  slow: "answers after 4 s",
};

const at = (id: string) => document.querySelector(`#${id}`) as HTMLElement;
const { agent = "", tacet = "" } = document.body.dataset;
const card = at("card") as HTMLFieldSetElement;
const take = at("take") as HTMLButtonElement;
const cancel = at("cancel") as HTMLButtonElement;
let callId: string | undefined;
let own: Guard | undefined;
let turn = 0;

const post = async (path: string): Promise<Response> => {
  const answer = await fetch(path, { method: "POST" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
};
const text = (path: string) => async () => (await post(path)).text();

function say(line: string): void {
  const row = document.createElement("li");
  row.textContent = `${new Date().toLocaleTimeString()} ${line}`;
  const feed = at("feed");
  feed.prepend(row);
  while (feed.childElementCount > FEED_COUNT_MAX) feed.lastElementChild?.remove();
}

function stopPaying(): void {
  own = undefined;
  cancel.disabled = true;
  take.disabled = callId === undefined;
  (at("pay") as HTMLFormElement).reset();
}

at("call").addEventListener("click", () => {
  void (async () => {
    own?.detach();
    if (callId !== undefined) await post(`/sandbox/calls/${callId}/end`);
    ({ callId } = (await (await post("/sandbox/calls")).json()) as { callId: string });
    at("which").textContent = callId;
    say(`call ${callId} is being recorded`);
    stopPaying();
  })().catch((error: unknown) => say(String(error)));
});

take.addEventListener("click", () => {
  if (callId === undefined) return;
  take.disabled = true;
  cancel.disabled = false;
  own = guard({
    url: tacet,
    callId,
    form: card,
    reason: "card_payment",
    getTicket: text(`/sandbox/tickets/call/${callId}`),
    getEventsTicket: text(`/sandbox/tickets/events/${callId}`),
    onChange({ safe, why, word }) {
      const state = at("state");
      state.classList.toggle("safe", safe);
      state.textContent = safe
        ? "Every recorder is silent. The form is open."
        : `The form is locked${why === undefined ? "" : `: ${why.replaceAll("_", " ")}`}.`;
      say(`the form is ${safe ? "open" : `locked (${why ?? word})`}`);
      if (word === "lost") stopPaying();
    },
  });
});

async function finish(outcome: "success" | "cancel"): Promise<void> {
  if (own === undefined) return;
  // Read once more at the very moment of use.
  if (outcome === "success" && !own.state.safe) return;
  const closing = own.close(outcome);
  stopPaying();
  say(outcome === "success" ? "paid" : "given up");
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
  const { protection } = (event as CustomEvent<{ protection: string }>).detail;
  say(`the desktop says: ${protection}`);
});
indicator.setAttribute("url", tacet);
indicator.setAttribute("agent-id", agent);

/** Builds each recorder's switches once, and then only what changed. */
function paint(recorders: readonly Recorder[]): void {
  for (const { faults, id, name, on, truth } of recorders) {
    const box = document.querySelector<HTMLElement>(`#r-${id}`) ?? made(id, name, faults);
    const word = box.querySelector(".truth") as HTMLElement;
    if (word.textContent !== truth) {
      if (word.textContent !== "") say(`${name} truly is: ${truth}`);
      word.textContent = truth;
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
    "It truly is: ",
    Object.assign(document.createElement("span"), { className: "truth" }),
  );
  const hand = document.createElement("button");
  hand.type = "button";
  hand.textContent = "Start it by hand";
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
    label.append(input, FAULT_WORDS[fault] ?? fault);
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
    say("the sandbox does not answer");
  }
  setTimeout(() => void look(), LOOK_MS);
}
void look();
