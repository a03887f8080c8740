/**
 * When a client that loses its connection is to come back. Everybody is told before it happens, each
 * another moment, so that a restart is not followed by all of them in one second.
 *
 * @module
 */
import type { Clock } from "../control/ports.ts";

/** How many clients are asked back a second. */
const COMING_BACK_PER_S = 1_000;
const SPREAD_MS_MIN = 1_000;
/** Nobody is kept away longer, however many there are. */
const SPREAD_MS_MAX = 60_000;

/** Drawn anew for each client and each time. */
export function reconnectAfterMs(clientCount: number, { random }: Pick<Clock, "random">): number {
  const spreadMs = (clientCount / COMING_BACK_PER_S) * 1_000;
  return Math.round(random() * Math.min(SPREAD_MS_MAX, Math.max(SPREAD_MS_MIN, spreadMs)));
}
