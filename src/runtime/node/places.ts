/**
 * So many requests at once to each origin, so that others find a connection in the same pool. Those
 * beyond wait in their order until their deadlines. A place is free again when its connection is.
 *
 * @module
 */
import type { HttpResult, Send } from "../../adapters/recorder.ts";
import type { LeavingSend } from "./send.ts";

interface Row {
  free: number;
  readonly waiting: Set<() => void>;
}

const LATE: HttpResult = { kind: "not_sent", detail: "no connection before the deadline" };

export function atMostAtOnce(countMax: number, send: LeavingSend): Send {
  /** By origin, as pools are: `send` turns others away, so there are as many as a recorder has. */
  const rows = new Map<string, Row>();

  function rowOf(url: string): Row {
    const origin = URL.parse(url)?.origin ?? "";
    const row = rows.get(origin) ?? { free: countMax, waiting: new Set<() => void>() };
    rows.set(origin, row);
    return row;
  }

  return async (request, signal) => {
    const row = rowOf(request.url);
    if (!(await placeIn(row, signal))) return LATE;
    return await send(request, signal, () => {
      row.free += 1;
      const [next] = row.waiting;
      next?.();
    });
  };
}

/** False where none came free before the deadline. */
function placeIn(row: Row, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (has: boolean): void => {
      row.waiting.delete(take);
      signal.removeEventListener("abort", giveUp);
      resolve(has);
    };
    const take = (): void => {
      row.free -= 1;
      end(true);
    };
    const giveUp = (): void => end(false);
    if (row.free > 0) return take();
    row.waiting.add(take);
    signal.addEventListener("abort", giveUp, { once: true });
  });
}
