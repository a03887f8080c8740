/**
 * Writes one state of a call for one viewer, once for all viewers alike.
 *
 * @module
 */
import type { HeldCall } from "./memory.ts";
import { callMessage, shapeFor, type Viewer } from "./project.ts";

/** Messages of one state of one call that are kept for the next viewer alike. */
export const TEXT_COUNT_MAX = 64;

export function createWriter(
  sandbox: boolean | undefined,
): (held: HeldCall, viewer: Viewer) => string {
  return (held, viewer) => {
    const { key } = viewer;
    const written = key === undefined ? undefined : held.textsOf.get(key);
    if (written !== undefined) return written;
    const shape = shapeFor(held, viewer);
    let text = held.texts.get(shape);
    if (text === undefined) {
      text = JSON.stringify(callMessage(held, viewer, sandbox));
      if (held.texts.size < TEXT_COUNT_MAX) held.texts.set(shape, text);
    }
    if (key !== undefined && held.textsOf.size < TEXT_COUNT_MAX) held.textsOf.set(key, text);
    return text;
  };
}
