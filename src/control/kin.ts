/**
 * Which targets of one recorder lead to the same audio, as last read. Kept only for recorders whose
 * targets may be named in several ways.
 *
 * @module
 */
import type { EpochMs } from "./call.ts";
import type { Sibling } from "./siblings.ts";

/** Targets whose resource is remembered; the oldest reading is forgotten first. */
export const RESOURCE_COUNT_MAX = 10_000;

/** One target's view of its kin. */
export interface KinOf {
  /** Targets that lead where this one does, itself among them. */
  same(): Iterable<Sibling>;
  /** Targets of which it is not known where they lead. */
  unread(): Iterable<Sibling>;
  all(): Iterable<Sibling>;
  /** It is known where this one leads, or that it leads nowhere. */
  isRead(): boolean;
  /** Targets that led nowhere when last asked, if that was no later than `at`: they may by now. */
  nowhere(at: EpochMs): readonly Sibling[];
  /** Undefined: it was asked at `askedAt`, and leads nowhere. */
  reaches(resource: string | undefined, askedAt: EpochMs): void;
}

/** Before the name of a target that leads nowhere: no resource is called so. */
const NOWHERE = "\0nowhere";
const NONE: readonly Sibling[] = [];
/** Every target has one name: none has any kin. */
export const noKin: KinOf = {
  same: () => NONE,
  unread: () => NONE,
  all: () => NONE,
  isRead: () => true,
  nowhere: () => NONE,
  reaches() {},
};

export class Kin {
  readonly #members = new Map<string, Sibling>();
  readonly #resources = new Map<string, string>();
  readonly #same = new Map<string, Set<Sibling>>();
  readonly #unread = new Set<Sibling>();
  /** When those that lead nowhere were last asked. */
  readonly #nowhere = new Map<Sibling, EpochMs>();
  readonly #learned: () => void;

  /** `learned` is told when it became known where a target leads. */
  constructor(learned: () => void) {
    this.#learned = learned;
  }

  of(targetKey: string): KinOf {
    return {
      same: () => this.#same.get(this.#resources.get(targetKey) ?? "") ?? NONE,
      unread: () => this.#unread,
      all: () => this.#members.values(),
      isRead: () => this.#resources.has(targetKey),
      nowhere: (at) => [...this.#nowhere].flatMap(([one, askedAt]) => (askedAt > at ? [] : [one])),
      reaches: (resource, askedAt) => {
        const sibling = this.#members.get(targetKey);
        if (resource === undefined && sibling !== undefined) this.#nowhere.set(sibling, askedAt);
        this.#reaches(targetKey, resource ?? `${NOWHERE} ${targetKey}`);
        if (resource === undefined) this.#learned();
        else if (sibling !== undefined) this.#nowhere.delete(sibling);
      },
    };
  }

  join(targetKey: string, sibling: Sibling): void {
    this.#members.set(targetKey, sibling);
    const resource = this.#resources.get(targetKey);
    if (resource === undefined) this.#unread.add(sibling);
    else this.#put(resource, sibling);
    if (resource?.startsWith(NOWHERE) === true) this.#nowhere.set(sibling, 0);
  }

  leave(targetKey: string): void {
    const sibling = this.#members.get(targetKey);
    if (sibling === undefined) return;
    this.#members.delete(targetKey);
    this.#unread.delete(sibling);
    this.#nowhere.delete(sibling);
    this.#take(this.#resources.get(targetKey), sibling);
  }

  #reaches(targetKey: string, resource: string): void {
    const before = this.#resources.get(targetKey);
    this.#resources.delete(targetKey);
    this.#resources.set(targetKey, resource);
    this.#forget();
    const sibling = this.#members.get(targetKey);
    if (before === resource || sibling === undefined) return;
    this.#unread.delete(sibling);
    this.#take(before, sibling);
    this.#put(resource, sibling);
    this.#learned();
  }

  /** What nobody claims any more is forgotten; what is claimed stays known. */
  #forget(): void {
    if (this.#resources.size <= RESOURCE_COUNT_MAX) return;
    for (const targetKey of this.#resources.keys()) {
      if (this.#members.has(targetKey)) continue;
      this.#resources.delete(targetKey);
      return;
    }
  }

  #put(resource: string, sibling: Sibling): void {
    const same = this.#same.get(resource);
    if (same === undefined) this.#same.set(resource, new Set([sibling]));
    else same.add(sibling);
  }

  #take(resource: string | undefined, sibling: Sibling): void {
    const same = this.#same.get(resource ?? "");
    if (same === undefined) return;
    same.delete(sibling);
    if (same.size === 0) this.#same.delete(resource ?? "");
  }
}
