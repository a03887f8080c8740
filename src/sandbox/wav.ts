/**
 * A finished recording as a WAV file: a steady tone, with digital silence where nothing was
 * recorded. 16-bit PCM, one channel, so that whoever hears it can tell the two apart by sample.
 *
 * @module
 */

/** ms of the file's own time; `toMs` is after the stretch. */
export interface SilentStretch {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ToneFile {
  readonly durationMs: number;
  readonly silent: readonly SilentStretch[];
  readonly sampleRateHz?: number;
  readonly toneHz?: number;
}

/** What one file holds at most: four hours. */
const DURATION_MS_MAX = 4 * 3_600_000;
const HEADER_BYTES = 44;
const LOUDNESS = 8_000;

/** Throws a RangeError for a file longer than four hours. */
export function toneWav(file: ToneFile): Uint8Array<ArrayBuffer> {
  const { durationMs, silent, sampleRateHz = 8_000, toneHz = 440 } = file;
  if (!(durationMs >= 0 && durationMs <= DURATION_MS_MAX)) throw new RangeError("too long a file");
  const at = (ms: number): number => Math.round((ms / 1_000) * sampleRateHz);
  const sampleCount = at(durationMs);
  const samples = new Int16Array(sampleCount);
  for (let index = 0; index < sampleCount; index += 1) {
    samples[index] = Math.round(LOUDNESS * Math.sin((2 * Math.PI * toneHz * index) / sampleRateHz));
  }
  for (const { fromMs, toMs } of silent) samples.fill(0, at(Math.max(0, fromMs)), at(toMs));
  return asWav(samples, sampleRateHz);
}

/** RIFF, fmt (PCM), data: all numbers with their least byte first. */
function asWav(samples: Int16Array, sampleRateHz: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const word = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  word(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, samples.length * 2, true);
  for (const [index, sample] of samples.entries()) {
    view.setInt16(HEADER_BYTES + index * 2, sample, true);
  }
  return bytes;
}
