/**
 * A pause goes out although the log could not say what is known of its call. When it can be read
 * again, what happened meanwhile is put behind what it holds.
 *
 * @module
 */
import type { CallState } from "./call.ts";
import { SYSTEM } from "./call.ts";
import { windowOf } from "./conclude.ts";
import type { CallEvent } from "./events.ts";

/**
 * The facts as they follow `held`, which was at rest or over when they were decided without it: all
 * that is not at rest is kept in memory. A window id that was used before is not opened again: its
 * silence is let go at once, and so is that of a call that was over; unless it may be `promised`:
 * a page that was told to collect without the log is kept in silence until its lease ends.
 */
export function rebased(
  facts: readonly CallEvent[],
  held: CallState,
  promised: boolean,
): readonly CallEvent[] {
  if (held.version === 0) return facts;
  const isOver = held.endedAt !== undefined;
  const kept = isOver ? facts : facts.filter(({ type }) => type !== "CallRegistered");
  if (promised) return kept;
  const at = facts.at(-1)?.at ?? held.at;
  const closed = kept.flatMap((fact): CallEvent[] => {
    if (fact.type !== "WindowOpened") return [];
    if (!isOver && windowOf(held, fact.windowId) === undefined) return [];
    const { confirmDueBy, windowId } = fact;
    const dueMs = confirmDueBy - fact.at;
    return [{ type: "WindowClosed", windowId, confirmDueBy: at + dueMs, by: SYSTEM, at }];
  });
  return [...kept, ...closed];
}
