/**
 * The two kinds of places a signed head is shipped to: a folder, and whoever takes a webhook.
 *
 * @module
 */
import { appendFile, open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { readCheckpoint } from "../../../log/checkpoint.ts";
import { toBase64 } from "../../../log/note.ts";
import { sameHash } from "../../../log/tree.ts";
import type { ShipWebhookConfig } from "../../../policy/configCustody.ts";
import { senderOf } from "../alerts/sender.ts";
import { shippedName } from "./shipped.ts";

/** Where heads go. `put` returns once it is there; throws `ShipFailed` where it is not. */
export interface Destination {
  /** In metrics and the log. */
  readonly name: string;
  put(note: string): Promise<void>;
  close(): Promise<void>;
}

/** `why`: a word of tacet's own, a system's code or a status; never what was sent or received. */
class ShipFailed extends Error {
  readonly code = "ship_failed";
}

/** History in a folder: this much, and as much again of what came before. */
const HISTORY_BYTES_MAX = 8 << 20;

/** The newest head of each log in a file of its own, and all of them, as far as the bound lets. */
export function folderDestination(
  path: string,
  name: string,
  bytesMax = HISTORY_BYTES_MAX,
): Destination {
  return {
    name,
    async put(note) {
      try {
        await putInFolder(path, note, bytesMax);
      } catch (error) {
        if (error instanceof ShipFailed) throw error;
        const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
        throw new ShipFailed(code);
      }
    },
    close: () => Promise.resolve(),
  };
}

async function putInFolder(path: string, note: string, bytesMax: number): Promise<void> {
  const head = readCheckpoint(note);
  const file = join(path, shippedName(head.origin));
  const there = await readFile(file, "utf8").catch(() => undefined);
  if (there === note) return;
  if (there !== undefined) {
    const before = readCheckpoint(there);
    // What was shipped shows what there was: an older or another history never takes its place.
    if (before.size > head.size) throw new ShipFailed("newer_there");
    if (before.size === head.size && !sameHash(before.root, head.root)) {
      throw new ShipFailed("another_history_there");
    }
  }
  await replace(file, note);
  const history = join(path, `checkpoints-${encodeURIComponent(head.origin)}.log`);
  const size = await stat(history).then(
    (found) => found.size,
    () => 0,
  );
  if (size > bytesMax) await rename(history, `${history}.1`);
  await appendFile(history, `${note}\n`, { mode: 0o600 });
}

/** The old head or the new one is there after a power cut. */
async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

const SEND_MS_MAX = 10_000;

/** One signed message a head (Standard Webhooks), its id the same at each try. */
export function webhookDestination(webhook: ShipWebhookConfig, verifierKey: string): Destination {
  const sender = senderOf(webhook, SEND_MS_MAX);
  return {
    name: webhook.id,
    async put(note) {
      const { origin, root, size } = readCheckpoint(note);
      const data = { origin, size, root: toBase64(root), note, verifierKey };
      const timestamp = new Date().toISOString();
      const body = JSON.stringify({ type: "log.checkpoint", timestamp, data });
      const id = `head_${Buffer.from(`${origin} ${size}`).toString("base64url")}`;
      const sent = await sender.send({ id, body });
      if (sent.kind === "failed") throw new ShipFailed(sent.why);
    },
    close: () => sender.close(),
  };
}
