/**
 * Which live channel an extension, an agent or a session id points to. Pure: rows of
 * `channel-states` in, one row out, or why not.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import type { AgentAddress } from "../recorder.ts";
import type { ChannelRow } from "./state.ts";
import { isLive } from "./state.ts";
import type { ChannelTarget, PointerTarget } from "./target.ts";

export type Resolved =
  | { readonly kind: "one"; readonly row: ChannelRow }
  | { readonly kind: "none" }
  | (NotDone & { readonly kind: "refused" });

/** Only live channels count: a phone's extension stays on its channel between calls. */
export function resolve(rows: readonly ChannelRow[], target: PointerTarget): Resolved {
  const found = rows.filter((row) => isLive(row) && points(target, row));
  const [row] = found;
  if (row === undefined) return { kind: "none" };
  if (found.length === 1) return { kind: "one", row };
  const channels = found.map((one) => one.channel).sort((a, b) => a - b);
  const detail = `several live channels: ${channels.slice(0, 16).join(", ")}`;
  return { kind: "refused", reason: "target_ambiguous", detail };
}

function points(target: PointerTarget, row: ChannelRow): boolean {
  if ("extension" in target) return row.extension === target.extension;
  if ("agentId" in target) return row.agentId === target.agentId;
  return row.sessionId === target.sessionId;
}

/** The live channels of an agent. A SIP URI is in no member that the vendor documents. */
export function channelsOf(
  rows: readonly ChannelRow[],
  agent: AgentAddress,
): readonly ChannelTarget[] {
  return rows
    .filter(
      (row) =>
        isLive(row) &&
        ((agent.extension !== undefined && row.extension === agent.extension) ||
          (agent.recorderAgentId !== undefined && row.agentId === agent.recorderAgentId)),
    )
    .map(({ channel }) => ({ channel }));
}

/** A map that forgets its oldest entry beyond `countMax`. */
export function boundedMap<T>(countMax: number): {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
} {
  const kept = new Map<string, T>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => {
      kept.delete(key);
      kept.set(key, value);
      const [oldest] = kept.keys();
      if (kept.size > countMax && oldest !== undefined) kept.delete(oldest);
    },
  };
}
