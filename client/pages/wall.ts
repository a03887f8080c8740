/**
 * The script of the live wall: calls inside a window as the event stream tells of them. Rows are kept
 * by call and changed in place; one frame changes a bounded number of them.
 *
 * @module
 */
import { browser } from "../src/host.ts";
import { connect, type CallMessage, type Protection } from "../src/stream.ts";
import { eventsTicket, NotDone } from "./session.ts";
import { type Placed, type Row, rowsIn, write, type Words } from "./row.ts";

/** Rows on the wall; the other calls are counted. */
const ROW_COUNT_MAX = 200;
/** Rows made, moved or taken away in one frame: as many as the machine draws without being late. */
const CHANGE_COUNT = { min: 10, max: 25 } as const;
/** Rows whose clocks go on in one frame. */
const CLOCK_COUNT = 50;
/** A frame that took longer is a late one. */
const FRAME_MS = 34;
/** The order is worked out no more often than this. */
const ORDER_MS = 250;
/** A screen reader is told no more often than this. */
const SAY_MS = 5_000;
/** Bursts a second that the server may send. */
const HZ_MAX = 4;

/** What needs somebody comes first. */
const RANK: Readonly<Record<Protection, number>> = {
  unsecured: 0,
  stalled: 1,
  securing: 2,
  secured: 3,
  resuming: 4,
  recording: 5,
  ended: 6,
};

const at = (id: string) => document.querySelector(`#${id}`) as HTMLElement;
const table = at("wall");
const body = table.querySelector("tbody") as HTMLTableSectionElement;
const words = JSON.parse(table.dataset["words"] ?? "{}") as Words;
const where = JSON.parse(table.dataset["where"] ?? "{}") as Readonly<Record<string, string>>;
const { agent = "", calls: mayOpen = "", csrf = "" } = table.dataset;
/** The server's clock: leases end by it. */
const offsetMs = Number(table.dataset["now"] ?? Date.now()) - Date.now();
const { count, fill, made } = rowsIn(words, mayOpen !== "", () => Date.now() + offsetMs);

const calls = new Map<string, Placed>();
const rows = new Map<string, Row>();
/** Where each row is to be. */
const places = new WeakMap<Element, number>();
let wanted: readonly Placed[] = [];
let isStale = false;
let orderedAt = 0;
let cursor = 0;
let frame: number | undefined;
let perFrame: number = CHANGE_COUNT.max;
let isGoingOn = false;
let drawnAt = 0;
/** Rows whose clocks are to go on. */
let clocks: Row[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

const isInside = ({ protection, windows }: CallMessage): boolean =>
  windows.length > 0 || protection === "stalled";
const openedAt = ({ at: changed, windows }: CallMessage): number =>
  Math.min(...windows.map((one) => one.openedAt), windows.length === 0 ? changed : Infinity);

function soon(): void {
  frame ??= requestAnimationFrame((at) => {
    frame = undefined;
    draw(at);
  });
}

/** There is more than this frame may change. */
function goOn(): void {
  isGoingOn = true;
  soon();
}

function changed(): void {
  isStale = true;
  soon();
}

function draw(at: number): void {
  // Where the frame before came late, this one does less; else a little more again.
  if (isGoingOn) {
    const next = at - drawnAt > FRAME_MS ? Math.floor(perFrame / 2) : perFrame + 1;
    perFrame = Math.min(CHANGE_COUNT.max, Math.max(CHANGE_COUNT.min, next));
  }
  isGoingOn = false;
  drawnAt = at;
  const passed = performance.now() - orderedAt;
  if (isStale && passed >= ORDER_MS) order();
  else if (isStale && timer === undefined)
    timer = setTimeout(() => {
      timer = undefined;
      soon();
    }, ORDER_MS - passed);
  if (cursor < wanted.length || rows.size > wanted.length) reconcile();
  for (const row of clocks.splice(0, CLOCK_COUNT)) count(row);
  if (clocks.length > 0) goOn();
}

function order(): void {
  isStale = false;
  orderedAt = performance.now();
  const sorted = [...calls.values()].sort(
    (a, b) =>
      a.rank - b.rank || a.openedAt - b.openedAt || (a.call.callId < b.call.callId ? -1 : 1),
  );
  wanted = sorted.slice(0, ROW_COUNT_MAX);
  cursor = 0;
  wanted.forEach(({ call }, index) => {
    const row = rows.get(call.callId);
    if (row !== undefined) places.set(row.element, index);
  });
  const rest = sorted.length - wanted.length;
  const bad = sorted.filter(({ rank }) => rank < 2).length;
  const values = { count: sorted.length, bad, rest };
  at("count").textContent =
    sorted.length === 0
      ? words.none
      : filled(words.count, values) + (rest > 0 ? ` ${filled(words.rest, values)}` : "");
  summarise(filled(words.summary, values));
}

const filled = (text: string, values: Readonly<Record<string, number>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));

/** Goes on from where the last frame stopped. */
function reconcile(): void {
  let left = perFrame;
  if (cursor === 0) {
    const keep = new Set(wanted.map(({ call }) => call.callId));
    for (const [callId, { element }] of rows) {
      if (keep.has(callId)) continue;
      if ((left -= 1) < 0) return goOn();
      element.remove();
      rows.delete(callId);
    }
  }
  while (cursor < wanted.length) {
    const placed = wanted[cursor] as Placed;
    const row = rows.get(placed.call.callId) ?? begun(placed.call.callId);
    const here = body.children[cursor];
    if (here === row.element && row.shown === placed) {
      cursor += 1;
      continue;
    }
    if ((left -= 1) < 0) return goOn();
    const down = here === undefined || here === row.element ? 0 : (places.get(here) ?? 0);
    if (down > cursor + 1 && body.children[cursor + 1] === row.element) {
      // One that goes down is moved, not all that it passes.
      place(here as HTMLElement, body.children[down + 1] ?? null);
      continue;
    }
    if (here !== row.element) place(row.element, here ?? null);
    if (row.shown !== placed) fill(row, placed);
    cursor += 1;
  }
}

function begun(callId: string): Row {
  const row = made(callId);
  rows.set(callId, row);
  return row;
}

/** Whoever is on a row's link stays there when the row moves. */
function place(element: HTMLElement, before: Element | null): void {
  const { activeElement } = document;
  const isIn = activeElement instanceof HTMLElement && element.contains(activeElement);
  body.insertBefore(element, before);
  if (isIn) activeElement.focus({ preventScroll: true });
}

let saidAt = -Infinity;
let saying: ReturnType<typeof setTimeout> | undefined;
let toSay = "";
/** The newest, when its time has come; the same is not said twice. */
function summarise(text: string): void {
  toSay = text;
  if (saying !== undefined) return;
  saying = setTimeout(
    () => {
      saying = undefined;
      saidAt = performance.now();
      write(at("summary"), toSay);
    },
    Math.max(0, saidAt + SAY_MS - performance.now()),
  );
}

function connection(isUp: boolean): void {
  const line = at("connection");
  write(line, isUp ? words.connected : words.lost);
  line.className = `word ${isUp ? "ok" : "bad"}`;
  table.setAttribute("aria-busy", String(!isUp));
}

const hasWhere = Object.keys(where).length > 0;
/** The agent is looked at here: the stream's own members are joined by OR. */
const isAsked = (call: CallMessage): boolean => agent === "" || call.agentId === agent;
const asked = hasWhere ? { where } : agent === "" ? { all: true } : { agents: [agent] };

connect(
  {
    url: location.origin,
    filter: { ...asked, maxHz: HZ_MAX },
    async getTicket() {
      try {
        const ticket = await eventsTicket("/console/wall/ticket", csrf);
        at("over").hidden = true;
        at("count").hidden = false;
        return ticket;
      } catch (error) {
        if (error instanceof NotDone) {
          at("over").hidden = false;
          // Whoever is signed out is shown nothing more, not that there is nothing either.
          at("count").hidden = true;
          calls.clear();
          changed();
        }
        throw error;
      }
    },
    onCall(call) {
      if (isInside(call) && isAsked(call))
        calls.set(call.callId, { call, rank: RANK[call.protection], openedAt: openedAt(call) });
      else if (!calls.delete(call.callId)) return;
      changed();
    },
    onGone(callId) {
      if (calls.delete(callId)) changed();
    },
    onFresh() {
      calls.clear();
      connection(true);
      changed();
    },
    onBack: () => connection(true),
    onLost: () => connection(false),
  },
  browser(),
);
setInterval(() => {
  if (document.visibilityState === "hidden") return;
  clocks = [...rows.values()];
  soon();
}, 1_000);
