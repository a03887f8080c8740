/**
 * What tacet ordered of each target since it started: whether it was stopped, and the window ids
 * that recordings were started with, which are their tags in Noojee and find them again.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import { tagOf } from "./wire.ts";

/** Targets remembered; beyond it the one that was used longest ago is forgotten. */
export const TARGET_COUNT_MAX = 10_000;
/** The newest tags of one target: each is a question of its own. */
export const TAG_COUNT_MAX = 8;

interface Known {
  /** The window that stopped it last. */
  stoppedFor?: string;
  /** A stop was answered yes, and no start was sent since. */
  isStopped: boolean;
  readonly started: { readonly tag: string; readonly at: EpochMs }[];
}

export class Orders {
  readonly #known = new Map<string, Known>();

  stopping(key: string, windowId: string | undefined): void {
    if (windowId !== undefined) this.#of(key).stoppedFor = tagOf(windowId);
  }

  stopped(key: string): void {
    this.#of(key).isStopped = true;
  }

  isStopped(key: string): boolean {
    return this.#known.get(key)?.isStopped === true;
  }

  /** The tag of a recording that starts: the window that asks, or the one it was stopped for. */
  starting(key: string, windowId: string | undefined): string | undefined {
    const known = this.#of(key);
    known.isStopped = false;
    return windowId === undefined ? known.stoppedFor : tagOf(windowId);
  }

  started(key: string, tag: string, at: EpochMs): void {
    const { started } = this.#of(key);
    started.push({ tag, at });
    if (started.length > TAG_COUNT_MAX) started.shift();
  }

  /** Tags of recordings started in that time. Without repeats, the oldest first. */
  tags(key: string, { from, to }: { readonly from: EpochMs; readonly to: EpochMs }): Set<string> {
    const started = this.#known.get(key)?.started ?? [];
    return new Set(started.filter(({ at }) => at >= from && at <= to).map(({ tag }) => tag));
  }

  #of(key: string): Known {
    const known = this.#known.get(key) ?? { isStopped: false, started: [] };
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > TARGET_COUNT_MAX && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}
