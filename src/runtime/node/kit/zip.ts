/**
 * A kit as one ZIP file, in blocks: any computer opens it without a tool. No more of it is in memory
 * than a block and a part.
 *
 * @module
 */
import { Zip, ZipDeflate } from "fflate";
import type { KitFile } from "./files.ts";

/** Hashes are not to be compressed, and entries with little effort to a quarter. */
const EFFORT = { hashes: 0, others: 3 } as const;

/** The format's first year begins so, somewhere. */
const EARLIEST = Date.UTC(1980, 0, 2);

/** `folder`: what all of it lies in. Throws what the files throw; what came before is no ZIP file. */
export function* zipOf(
  files: Iterable<KitFile>,
  { blockBytes, folder, madeAt }: { blockBytes: number; folder: string; madeAt: number },
): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const zip = new Zip((error, bytes) => {
    if (error !== null) throw error;
    waiting.push(bytes);
    waitingBytes += bytes.length;
  });
  /** A block of its own, which whoever gets it may give away. */
  const block = (): Uint8Array => {
    const bytes = new Uint8Array(waitingBytes);
    let at = 0;
    for (const one of waiting) {
      bytes.set(one, at);
      at += one.length;
    }
    [waiting, waitingBytes] = [[], 0];
    return bytes;
  };
  for (const { parts, path } of files) {
    const level = /^tile\/\d/.test(path) ? EFFORT.hashes : EFFORT.others;
    const file = new ZipDeflate(`${folder}/${path}`, { level });
    file.mtime = Math.max(madeAt, EARLIEST);
    zip.add(file);
    for (const part of parts) {
      file.push(part);
      if (waitingBytes >= blockBytes) yield block();
    }
    file.push(new Uint8Array(), true);
    if (waitingBytes >= blockBytes) yield block();
  }
  zip.end();
  yield block();
}
