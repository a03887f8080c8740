/**
 * What the load tells its processes, and what they answer.
 *
 * @module
 */

export type CrowdOrder =
  | { readonly do: "desktops"; readonly count: number; readonly calls: number }
  | { readonly do: "walls"; readonly count: number }
  | { readonly do: "stuck"; readonly count: number }
  /** Tells what was heard since the last time. */
  | { readonly do: "take" }
  | { readonly do: "storm"; readonly calls: number }
  | { readonly do: "leave" };

export interface Heard {
  /** From the change to the desktop, of each message. */
  readonly delaysMs: readonly number[];
  readonly wallMessages: number;
  /** Sockets that stood and were cut by the service. */
  readonly lost: number;
}

export interface Settled {
  /** Upgrades answered 429 or 503; each was tried again. */
  readonly refused: number;
  /** Of each desktop, from its first try to its snapshot. */
  readonly backMs: readonly number[];
  /** From the cut until the last desktop had its snapshot. */
  readonly allMs: number;
}

export type CrowdAnswer =
  | { readonly kind: "done" }
  | ({ readonly kind: "taken" } & Heard)
  | ({ readonly kind: "settled" } & Settled);

/** Of the service's process since the last look. */
export interface Looked {
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
  readonly heapBytes: number;
  /** Of one processor. */
  readonly busyShare: number;
  readonly loopDelayP99Ms: number;
}
