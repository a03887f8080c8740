/**
 * The script of the live wall: calls inside a window as the event stream tells of them. Rows are kept
 * by call and changed in place; one frame changes a bounded number of them.
 *
 * @module
 */
import { browser } from "../src/host.ts";
import { connect, type CallMessage, type Protection } from "../src/stream.ts";
import { eventsTicket, NotDone } from "./session.ts";

interface Words {
  readonly protection: Readonly<Record<Protection, string>>;
  readonly status: Readonly<Record<string, string>>;
  readonly connected: string;
  readonly lost: string;
  readonly count: string;
  readonly rest: string;
  readonly summary: string;
  readonly none: string;
  readonly over: string;
}

/** Rows on the wall; the other calls are counted. */
const ROW_COUNT_MAX = 200;
/** Rows made, moved or taken away in one frame. */
const CHANGE_COUNT_MAX = 25;
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
const now = () => Date.now() + offsetMs;

const calls = new Map<string, Placed>();
const rows = new Map<string, Row>();
/** Where each row is to be. */
const places = new WeakMap<Element, number>();
let wanted: readonly Placed[] = [];
let isStale = false;
let orderedAt = 0;
let cursor = 0;
let frame: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** A call, and what its place goes by, worked out once. */
interface Placed {
  readonly call: CallMessage;
  readonly rank: number;
  readonly openedAt: number;
}
interface Row {
  readonly element: HTMLTableRowElement;
  readonly inside: HTMLElement;
  readonly left: HTMLElement;
  shown: Placed | undefined;
}

const isInside = ({ protection, windows }: CallMessage): boolean =>
  windows.length > 0 || protection === "stalled";
const openedAt = ({ at: changed, windows }: CallMessage): number =>
  Math.min(...windows.map((one) => one.openedAt), windows.length === 0 ? changed : Infinity);

function soon(): void {
  if (frame !== undefined) return;
  frame = requestAnimationFrame(() => {
    frame = undefined;
    draw();
  });
}

function changed(): void {
  isStale = true;
  soon();
}

function draw(): void {
  const passed = performance.now() - orderedAt;
  if (isStale && passed >= ORDER_MS) order();
  else if (isStale && timer === undefined)
    timer = setTimeout(() => {
      timer = undefined;
      soon();
    }, ORDER_MS - passed);
  if (cursor < wanted.length || rows.size > wanted.length) reconcile();
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
  let left = CHANGE_COUNT_MAX;
  if (cursor === 0) {
    const keep = new Set(wanted.map(({ call }) => call.callId));
    for (const [callId, { element }] of rows) {
      if (keep.has(callId)) continue;
      if ((left -= 1) < 0) return soon();
      element.remove();
      rows.delete(callId);
    }
  }
  while (cursor < wanted.length) {
    const placed = wanted[cursor] as Placed;
    const row = rows.get(placed.call.callId) ?? made(placed.call);
    const here = body.children[cursor];
    if (here === row.element && row.shown === placed) {
      cursor += 1;
      continue;
    }
    if ((left -= 1) < 0) return soon();
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

/** Whoever is on a row's link stays there when the row moves. */
function place(element: HTMLElement, before: Element | null): void {
  const { activeElement } = document;
  const isIn = activeElement instanceof HTMLElement && element.contains(activeElement);
  body.insertBefore(element, before);
  if (isIn) activeElement.focus({ preventScroll: true });
}

function made({ callId }: CallMessage): Row {
  const element = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  if (mayOpen === "") name.textContent = callId;
  else {
    const link = document.createElement("a");
    link.href = `/console/calls/${encodeURIComponent(callId)}`;
    link.textContent = callId;
    name.append(link);
  }
  const cells = Array.from({ length: 6 }, () => document.createElement("td"));
  element.append(name, ...cells);
  const [inside, left] = cells.slice(2, 4) as unknown as [HTMLElement, HTMLElement];
  const row: Row = { element, inside, left, shown: undefined };
  rows.set(callId, row);
  return row;
}

function fill(row: Row, shown: Placed): void {
  row.shown = shown;
  const { call } = shown;
  const cells = row.element.children;
  const agents = call.windows.map((one) => (one as { agentId?: string }).agentId);
  write(cells[1], words.protection[call.protection]);
  (cells[1] as HTMLElement).className = `word ${call.protection}`;
  write(cells[2], [...new Set([call.agentId, ...agents].filter(Boolean))].join(", ") || "–");
  write(
    cells[5],
    call.recorders
      .map(({ recorderId, status }) => `${recorderId}: ${words.status[status] ?? status}`)
      .join(", "),
  );
  write(
    cells[6],
    Object.entries(call.attributes)
      .map(([name, value]) => `${name}=${value}`)
      .join(", "),
  );
  count(row);
}

function write(cell: Element | undefined, text: string): void {
  if (cell !== undefined && cell.textContent !== text) cell.textContent = text;
}

function count({ inside, left, shown }: Row): void {
  if (shown === undefined) return;
  write(inside, clock(now() - shown.openedAt));
  const ends = shown.call.windows.map(({ expiresAt }) => expiresAt);
  const leftMs = Math.max(...ends) - now();
  write(left, ends.length === 0 ? "–" : leftMs <= 0 ? words.over : clock(leftMs));
}

function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
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
        return ticket;
      } catch (error) {
        if (error instanceof NotDone) {
          at("over").hidden = false;
          // Whoever is signed out is shown nothing more.
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
/** Clocks go on a few rows a frame, as everything here does. */
function tick(all: readonly Row[], from = 0): void {
  for (const row of all.slice(from, from + CHANGE_COUNT_MAX)) count(row);
  const next = from + CHANGE_COUNT_MAX;
  if (next < all.length) requestAnimationFrame(() => tick(all, next));
}
setInterval(() => {
  if (document.visibilityState !== "hidden") tick([...rows.values()]);
}, 1_000);
