/**
 * Which recorders are down, for readers who may see recorders: told when they subscribe and when it
 * changes. Bounded by the recorders there are; the newest word wins here too.
 *
 * @module
 */
import type { RecorderId, TenantId } from "../control/call.ts";
import type { Viewer } from "./project.ts";
import type { RecorderMessage } from "./protocol.ts";
import { BUFFERED_BYTES_MAX, type Outlet } from "./subscriber.ts";

export type RecorderHealth = Omit<RecorderMessage, "type" | "sandbox">;

interface Reader {
  readonly viewer: Viewer;
  readonly outlet: Outlet;
  readonly asked: boolean;
}

export interface Board {
  /** `readers`: everybody of that tenant. */
  set(tenant: TenantId, health: RecorderHealth, readers: Iterable<Reader>): void;
  /** Right after `subscribed`: those that are down. */
  greet(reader: Reader): void;
  /** The transport has room again. */
  drained(reader: Reader): void;
}

export function createBoard(sandbox: boolean): Board {
  const known = new Map<TenantId, Map<RecorderId, RecorderHealth>>();
  /** What could not be written for want of room, by reader. */
  const due = new WeakMap<Reader, Set<RecorderId>>();

  const write = (health: RecorderHealth): string => {
    const message: RecorderMessage = {
      type: "recorder",
      ...health,
      ...(sandbox && { sandbox: true }),
    };
    return JSON.stringify(message);
  };
  const send = ({ outlet }: Reader, text: string): void => outlet.send(text, "recorder");

  return {
    set(tenant, health, readers) {
      const { recorderId } = health;
      const text = write(health);
      known.set(tenant, (known.get(tenant) ?? new Map()).set(recorderId, health));
      for (const reader of readers) {
        if (!reader.asked || reader.viewer.seesRecorders !== true) continue;
        if (reader.outlet.buffered() <= BUFFERED_BYTES_MAX) send(reader, text);
        else due.set(reader, (due.get(reader) ?? new Set()).add(recorderId));
      }
    },
    greet(reader) {
      if (reader.viewer.seesRecorders !== true) return;
      due.delete(reader);
      for (const health of known.get(reader.viewer.tenant)?.values() ?? []) {
        if (!health.healthy) send(reader, write(health));
      }
    },
    drained(reader) {
      const ids = due.get(reader);
      if (ids === undefined) return;
      due.delete(reader);
      for (const id of ids) {
        const health = known.get(reader.viewer.tenant)?.get(id);
        if (health !== undefined) send(reader, write(health));
      }
    },
  };
}
