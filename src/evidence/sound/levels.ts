/**
 * How loud each 20 ms of a channel are, kept in one byte each: two hours take 360 kB.
 *
 * @module
 */

export const FRAME_MS = 20;
/** What level 0 stands for, in dB below full scale, and everything below it. */
export const LEVEL_DB_MIN = -100;
const STEPS_PER_DB = 2;
const PIECE = 65_536;

/** A kept level, in dBFS: a full-scale square wave is 0. */
export const levelDb = (level: number): number => LEVEL_DB_MIN + level / STEPS_PER_DB;
/** The first kept level that is not below `db`. */
export const levelOf = (db: number): number =>
  Math.max(0, Math.min(255, Math.ceil((db - LEVEL_DB_MIN) * STEPS_PER_DB)));

export interface LevelMeter {
  samples(values: Float32Array, count: number): void;
  /** A level for each frame. A last one that is not whole counts from half a frame on. */
  end(): Uint8Array;
}

/**
 * The mean is taken away first: a constant is no sound, however far from zero a cheap line card
 * puts it.
 */
export function levelMeter(sampleRateHz: number): LevelMeter {
  const pieces: Uint8Array[] = [];
  let piece = new Uint8Array(PIECE);
  let frames = 0;
  let seen = 0;
  /** Where the frame ends, in samples from the file's first: 22,050 Hz has frames of 441. */
  let until = Math.round((sampleRateHz * FRAME_MS) / 1_000);
  let began = 0;
  let sum = 0;
  let squares = 0;

  function close(): void {
    const count = seen - began;
    const power = count === 0 ? 0 : Math.max(0, squares - (sum * sum) / count) / count;
    const db = power === 0 ? LEVEL_DB_MIN : 10 * Math.log10(power);
    if (frames > 0 && frames % PIECE === 0) {
      pieces.push(piece);
      piece = new Uint8Array(PIECE);
    }
    piece[frames % PIECE] = Math.max(0, Math.round((db - LEVEL_DB_MIN) * STEPS_PER_DB));
    frames += 1;
    began = until;
    until = Math.round((sampleRateHz * FRAME_MS * (frames + 1)) / 1_000);
    sum = 0;
    squares = 0;
  }

  return {
    samples(values, count) {
      let at = 0;
      while (at < count) {
        const stop = Math.min(count, at + until - seen);
        let own = 0;
        let ownSquares = 0;
        for (let index = at; index < stop; index += 1) {
          const value = values[index] as number;
          own += value;
          ownSquares += value * value;
        }
        sum += own;
        squares += ownSquares;
        seen += stop - at;
        at = stop;
        if (seen === until) close();
      }
    },
    end() {
      if (seen - began >= (until - began) / 2) close();
      const all = new Uint8Array(frames);
      for (const [index, one] of [...pieces, piece].entries()) {
        const from = index * PIECE;
        all.set(one.subarray(0, Math.min(PIECE, frames - from)), from);
      }
      return all;
    },
  };
}
