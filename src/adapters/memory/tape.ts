/**
 * What the memory recorder truly recorded: a status for each conversation, every change of it in
 * order, and who is told as it happens.
 *
 * @module
 */
import type { RecorderStatus } from "../../control/call.ts";
import type { PushedChange } from "../../control/ports.ts";

type Heard = Exclude<RecorderStatus, "unknown">;

export interface TapeLine {
  readonly target: string;
  readonly status: Heard;
  readonly cause: "command" | "person" | "call";
}

interface Watcher {
  change(change: PushedChange): void;
  reconnected(): void;
}

export class Tape {
  readonly lines: TapeLine[] = [];
  readonly #recordsEverything: boolean;
  readonly #live = new Map<string, { status: Heard; readonly session: string }>();
  readonly #ended = new Set<string>();
  readonly #watchers = new Set<Watcher>();
  #sessions = 0;

  constructor(recordsEverything: boolean) {
    this.#recordsEverything = recordsEverything;
  }

  status(target: string): Heard {
    const unknown = this.#recordsEverything && !this.#ended.has(target) ? "recording" : "absent";
    return this.#live.get(target)?.status ?? unknown;
  }

  session(target: string): string | undefined {
    return this.#live.get(target)?.session;
  }

  /** A conversation begins, recorded; whatever had this target before is over. */
  begin(target: string): void {
    this.#sessions += 1;
    this.#ended.delete(target);
    this.#live.set(target, { status: "recording", session: `s-${this.#sessions}` });
    this.#enter(target, "recording", "call");
  }

  end(target: string): void {
    this.#ended.add(target);
    if (this.#live.delete(target)) this.#enter(target, "absent", "call");
  }

  /** What is not there stays so. */
  become(target: string, status: Heard, cause: TapeLine["cause"]): void {
    const before = this.status(target);
    if (before === status || before === "absent") return;
    if (!this.#live.has(target)) this.begin(target);
    const live = this.#live.get(target);
    if (live === undefined || live.status === status) return;
    live.status = status;
    this.#enter(target, status, cause);
  }

  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  reconnect(): void {
    for (const watcher of this.#watchers) watcher.reconnected();
  }

  #enter(target: string, status: Heard, cause: TapeLine["cause"]): void {
    this.lines.push({ target, status, cause });
    for (const watcher of this.#watchers) watcher.change({ targetKey: target, status });
  }
}
