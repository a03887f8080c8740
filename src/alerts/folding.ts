/**
 * What makes room where too many messages wait for one endpoint: the least grave are counted
 * instead. Pure.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { AlertKind } from "./alert.ts";
import { folded, type MessageContext } from "./message.ts";
import type { Delivery } from "./outbox.ts";

/** The higher, the later it makes room. */
const GRAVITY: Readonly<Record<AlertKind, number>> = {
  paused_by_other: 0,
  stalled: 1,
  recorder_down: 2,
  copy_behind: 2,
  unsecured: 3,
  drift: 3,
  incident_open: 3,
  verification_failing: 4,
  log_failing: 4,
};

/** That something is over is less grave than that it is. */
export const isLessGrave = (one: Delivery, other: Delivery): boolean =>
  gravityOf(one) < gravityOf(other);

const gravityOf = ({ kind, resolved }: Delivery): number =>
  kind === "folded" ? Infinity : GRAVITY[kind] - (resolved ? 0.5 : 0);

/** The count with one message more in it: a new one, since the old may have been received. */
export function foldedFrom(
  victim: Delivery,
  known: Delivery | undefined,
  now: EpochMs,
  context: MessageContext,
): Delivery {
  const { kind } = victim;
  const before = known?.folded;
  const counts = { ...before?.counts };
  if (kind !== "folded") counts[kind] = (counts[kind] ?? 0) + 1;
  const holds = { counts, since: Math.min(before?.since ?? victim.createdAt, victim.createdAt) };
  return {
    ...folded(holds, victim.id, now, context),
    endpointId: victim.endpointId,
    kind: "folded",
    resolved: false,
    createdAt: now,
    nextAt: Math.max(now, known?.nextAt ?? victim.nextAt),
    attempts: known?.attempts ?? victim.attempts,
    held: false,
    folded: holds,
  };
}
