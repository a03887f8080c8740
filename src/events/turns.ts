/**
 * Readers with something waiting and room to take it, each in its turn: a desktop that follows its
 * own calls goes before a wall that follows all, but a wall has its turn after so many desktops.
 *
 * @module
 */
import { isNarrow } from "./filter.ts";
import type { Subscriber } from "./subscriber.ts";

/** Desktops that go first, one after the other. */
const NARROW_IN_A_ROW_MAX = 8;

/** Bounded by the readers there are: each waits for one turn. */
export interface Turns {
  readonly size: number;
  add(subscriber: Subscriber): void;
  delete(subscriber: Subscriber): void;
  /** Takes out whose turn it is. A reader put back comes again after the others. */
  next(): Subscriber | undefined;
}

export function createTurns(): Turns {
  const narrow = createRow();
  const broad = createRow();
  let inARow = 0;
  return {
    get size() {
      return narrow.members.size + broad.members.size;
    },
    add(subscriber) {
      const follows = subscriber.viewer.ownCallsOnly || isNarrow(subscriber.filter);
      (follows ? narrow : broad).members.add(subscriber);
    },
    delete(subscriber) {
      narrow.members.delete(subscriber);
      broad.members.delete(subscriber);
    },
    next() {
      const isOften = inARow >= NARROW_IN_A_ROW_MAX && broad.members.size > 0;
      const isWallsTurn = isOften || narrow.members.size === 0;
      inARow = isWallsTurn ? 0 : inARow + 1;
      return (isWallsTurn ? broad : narrow).take();
    },
  };
}

/** One iterator all along: a set's first member is found ever more slowly as others are taken. */
function createRow() {
  const members = new Set<Subscriber>();
  let coming = members.values();
  return {
    members,
    take(): Subscriber | undefined {
      let { value } = coming.next();
      if (value === undefined) {
        coming = members.values();
        ({ value } = coming.next());
      }
      if (value !== undefined) members.delete(value);
      return value;
    },
  };
}
