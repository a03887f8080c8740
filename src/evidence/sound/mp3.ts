/**
 * What is asked of an MP3 decoder. The decoder itself is a runtime's matter.
 *
 * @module
 */
import type { Listener, Problem, SoundFormat } from "./wav.ts";

export interface Mp3Listener {
  begin(format: SoundFormat<"mp3">): void;
  samples: Listener["samples"];
}

export interface Mp3Reader {
  /** Decodes what is whole; the rest waits for the next piece. Never throws. */
  push(bytes: Uint8Array): Problem | undefined;
  /** Decodes what is left. */
  end(): Problem | { readonly kind: "read"; readonly truncated: boolean };
}

/** Makes a reader for one file. */
export type Mp3Decoding = (to: Mp3Listener) => Mp3Reader;
