/**
 * Keeps repeated facts from flooding the log: the first of its kind is entered at once, those that
 * follow within a minute become one counted entry. Bounded in memory; time is passed in.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { EntryDraft } from "../log/entry.ts";
import type { LogStore } from "../log/store.ts";

const SPAN_MS = 60_000;
/** Kinds remembered at once; beyond that all others of a tenant and type share one line. */
const KIND_COUNT_MAX = 1_000;

export type Draft = Omit<EntryDraft, "at">;

export interface BoundedEntries {
  /** Returns once the fact is durable, or counted, or the log has refused it. Never throws. */
  enter(draft: Draft): Promise<void>;
  /** Enters the counts whose minute is over; `all` of them at a stop. Never throws. */
  flush(all?: boolean): Promise<void>;
}

interface Line {
  readonly draft: Draft;
  since: EpochMs;
  last: EpochMs;
  /** Since the last entry of this kind. */
  count: number;
}

export function boundedEntries(
  log: Pick<LogStore, "enter">,
  clock: () => EpochMs,
  lost: (detail: string) => void = () => undefined,
): BoundedEntries {
  const lines = new Map<string, Line>();

  async function write(draft: Draft, at: EpochMs): Promise<void> {
    const result = await log.enter([{ ...draft, at }]);
    if (result.kind === "failed") lost(result.detail);
  }

  async function settle(line: Line): Promise<void> {
    const { draft, since, last, count } = line;
    line.count = 0;
    if (count === 0) return;
    // What is counted together is not all alike: only what they share is told.
    const { callId: _call, windowId: _window, detail: _detail, ...shared } = draft;
    await write({ ...shared, detail: { count, from: since, to: last } }, last);
  }

  return {
    async enter(draft) {
      const at = clock();
      const kind = kindOf(draft);
      const known = lines.has(kind) || lines.size < KIND_COUNT_MAX;
      const key = known ? kind : `${draft.tenant}\n${draft.type}`;
      const line = lines.get(key);
      if (line !== undefined && at - line.since < SPAN_MS) {
        line.count += 1;
        line.last = at;
        return;
      }
      lines.set(key, { draft: known ? draft : many(draft), since: at, last: at, count: 0 });
      if (line !== undefined) await settle(line);
      await write(draft, at);
    },
    async flush(all = false) {
      const at = clock();
      for (const [key, line] of lines) {
        if (!all && at - line.since < SPAN_MS) continue;
        lines.delete(key);
        await settle(line);
      }
    },
  };
}

const kindOf = ({ tenant, type, actor, origin, reason, outcome }: Draft): string =>
  [tenant, type, actor.id, actor.kind, origin.ip, reason, outcome].join("\n");

const many = (draft: Draft): Draft => ({
  ...draft,
  actor: { id: "many", kind: draft.actor.kind },
  origin: { component: draft.origin.component },
});
