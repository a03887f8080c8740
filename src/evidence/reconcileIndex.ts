/**
 * The windows of a log by call and by agent, so that each payment looks at the few that were near
 * its moment. Pure.
 *
 * @module
 */
import type { CallId, EpochMs } from "../control/call.ts";
import { type Finding, judgeAgent, judgeCall, type PaidWindow, type Why } from "./reconcile.ts";

export interface Payment {
  readonly at: EpochMs;
  readonly callId?: CallId;
  /** Used where no call is named. */
  readonly agentId?: string;
}

export interface Known {
  readonly windows: readonly PaidWindow[];
  readonly calls: ReadonlySet<CallId>;
  readonly agents: ReadonlySet<string>;
  /** What the log reaches over. Absent: it has no entries. */
  readonly reach?: { readonly from: EpochMs; readonly to: EpochMs };
}

/** By their beginning; `lastEnd[n]` is the latest end of the first n + 1. */
interface Series {
  readonly windows: readonly PaidWindow[];
  readonly lastEnd: readonly EpochMs[];
}

export function paymentJudge(known: Known, toleranceMs: number): (payment: Payment) => Finding {
  const byCall = seriesBy(known.windows, ({ callId }) => [callId]);
  const byAgent = seriesBy(known.windows, ({ agents }) => agents.map(({ agentId }) => agentId));

  function judged({ agentId, at, callId }: Payment): Finding {
    if (callId !== undefined) {
      return judgeCall(near(byCall.get(callId), at, toleranceMs), at, toleranceMs);
    }
    const own = near(byAgent.get(agentId ?? ""), at, toleranceMs);
    return judgeAgent(own, agentId ?? "", at, toleranceMs);
  }

  return (payment) => {
    const finding = judged(payment);
    if (finding.outcome !== "no_window") return finding;
    return { outcome: "no_window", why: whyNot(payment) };
  };

  function whyNot({ agentId, at, callId }: Payment): Why {
    const { agents, calls, reach } = known;
    if (reach === undefined || at < reach.from - toleranceMs || at > reach.to + toleranceMs) {
      return "outside_log";
    }
    if (callId !== undefined) return calls.has(callId) ? "no_window_then" : "call_unknown";
    return agents.has(agentId ?? "") ? "no_window_then" : "agent_unknown";
  }
}

function seriesBy(
  windows: readonly PaidWindow[],
  keysOf: (window: PaidWindow) => readonly string[],
): ReadonlyMap<string, Series> {
  const lists = new Map<string, PaidWindow[]>();
  for (const window of windows) {
    for (const key of new Set(keysOf(window))) {
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [window]);
      else list.push(window);
    }
  }
  return new Map(
    [...lists].map(([key, list]) => {
      const inOrder = list.toSorted((a, b) => a.openedAt - b.openedAt);
      let last = -Infinity;
      const lastEnd = inOrder.map(({ endedAt }) => (last = Math.max(last, endedAt)));
      return [key, { windows: inOrder, lastEnd }];
    }),
  );
}

/** Those that were open within the tolerance of the moment. */
function near(series: Series | undefined, at: EpochMs, toleranceMs: number): PaidWindow[] {
  if (series === undefined) return [];
  const { lastEnd, windows } = series;
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((windows[middle]?.openedAt ?? Infinity) <= at + toleranceMs) low = middle + 1;
    else high = middle;
  }
  const found: PaidWindow[] = [];
  for (let index = low - 1; index >= 0 && (lastEnd[index] ?? 0) >= at - toleranceMs; index -= 1) {
    const window = windows[index];
    if (window !== undefined && window.endedAt >= at - toleranceMs) found.push(window);
  }
  return found.toReversed();
}
