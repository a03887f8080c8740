/**
 * One row of the live wall: made once, and then only what changed is written.
 *
 * @module
 */
import type { CallMessage, Protection } from "../src/stream.ts";

export interface Words {
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

/** A call, and what its place goes by, worked out once. */
export interface Placed {
  readonly call: CallMessage;
  readonly rank: number;
  readonly openedAt: number;
}
export interface Row {
  readonly element: HTMLTableRowElement;
  readonly inside: HTMLElement;
  readonly left: HTMLElement;
  shown: Placed | undefined;
}

/** `now`: by the server's clock. `mayOpen`: whoever looks may see the call's own page. */
export function rowsIn(words: Words, mayOpen: boolean, now: () => number) {
  function made(callId: string): Row {
    const element = part("tr", "row");
    const name = part("th", "rowheader");
    name.scope = "row";
    if (!mayOpen) name.textContent = callId;
    else {
      const link = document.createElement("a");
      link.href = `/console/calls/${encodeURIComponent(callId)}`;
      link.textContent = callId;
      name.append(link);
    }
    const cells = Array.from({ length: 6 }, () => part("td", "cell"));
    element.append(name, ...cells);
    const [inside, left] = cells.slice(2, 4) as unknown as [HTMLElement, HTMLElement];
    return { element, inside, left, shown: undefined };
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

  function count({ inside, left, shown }: Row): void {
    if (shown === undefined) return;
    write(inside, clock(now() - shown.openedAt));
    const ends = shown.call.windows.map(({ expiresAt }) => expiresAt);
    const leftMs = Math.max(...ends) - now();
    write(left, ends.length === 0 ? "–" : leftMs <= 0 ? words.over : clock(leftMs));
  }

  return { made, fill, count };
}

/** Rows are laid out and drawn each by itself, no longer as a table's: what they are is said. */
function part<Name extends "tr" | "th" | "td">(name: Name, role: string) {
  const element = document.createElement(name);
  element.setAttribute("role", role);
  return element;
}

/** Only where it differs, and in the text that is there: nothing is made anew each second. */
export function write(cell: Element | undefined, text: string): void {
  if (cell === undefined || cell.textContent === text) return;
  const { firstChild } = cell;
  if (firstChild instanceof Text) firstChild.data = text;
  else cell.textContent = text;
}

function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
