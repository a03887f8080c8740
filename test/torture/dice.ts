/** Seeded choices: the same seed makes the same choices again, if not the same timing. */

export interface Dice {
  /** 0 <= x < bound, whole. */
  below(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  /** True once in `count` times. */
  once(count: number): boolean;
}

/** Park and Miller's generator. */
export function diceOf(...seeds: readonly number[]): Dice {
  let state = 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  for (const seed of seeds) {
    state = (state + Math.abs(Math.trunc(seed)) * 7_919) % 2_147_483_646;
    state += 1;
    for (let turn = 0; turn < 8; turn += 1) next();
  }
  const below = (bound: number) => next() % bound;
  return {
    below,
    pick: <T>(choices: readonly T[]) => choices[below(choices.length)] as T,
    once: (count) => below(count) === 0,
  };
}
