/**
 * How many event streams each principal has open, so that one cannot take every place there is.
 *
 * @module
 */

export interface Places {
  /** Whether another may be opened. */
  has(key: string): boolean;
  /** Takes a place; what is returned gives it back, once. */
  take(key: string): () => void;
}

/** Bounded by the streams that are open: a principal without any is not remembered. */
export function createPlaces(countMaxEach: number): Places {
  const taken = new Map<string, number>();
  return {
    has: (key) => (taken.get(key) ?? 0) < countMaxEach,
    take(key) {
      taken.set(key, (taken.get(key) ?? 0) + 1);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        const left = (taken.get(key) ?? 1) - 1;
        if (left > 0) taken.set(key, left);
        else taken.delete(key);
      };
    },
  };
}
