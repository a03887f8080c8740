/**
 * The key that signs a log's heads, in a file of its own.
 *
 * @module
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import {
  formatSeed,
  formatVerifier,
  isKeyName,
  parseSeed,
  signerOf,
  type Signer,
} from "../../../log/note.ts";
import { createFile, makeFolder, readIfThere } from "./folder.ts";

class LogKeyRefused extends Error {
  readonly code = "log_key_refused";
}

/** The key pair of a log service; `under` gives the signer of one of its origins. */
export interface LogKey {
  readonly name: string;
  /** `name+keyid+base64`, for whoever verifies. */
  readonly verifierKey: string;
  under(origin: string): Promise<Signer>;
}

/**
 * Makes a new Ed25519 key, readable by its owner only, and returns its public part. Throws where
 * the file is there already: a key is never written over.
 */
export async function createLogKey(path: string, name: string): Promise<string> {
  if (!isKeyName(name)) throw new LogKeyRefused("A key's name has no spaces and no plus.");
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const signer = await signerOf(name, seed);
  makeFolder(dirname(path));
  createFile(path, `${formatSeed(name, signer.keyId, seed)}\n`);
  return formatVerifier(signer);
}

/** Where the key that is to take this one's place lies while it does. */
export const nextKeyPath = (path: string): string => `${path}.next`;

/** Undefined where there is no such file. Errors name the file and never hold the key. */
export async function readLogKey(path: string, name: string): Promise<LogKey | undefined> {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    throw new LogKeyRefused(`${path} can be read by others. Set its mode to 0600.`);
  }
  const { name: named, seed } = parse(text, path);
  if (named !== name) {
    throw new LogKeyRefused(`${path} is the key of ${named}; this log's origin is ${name}.`);
  }
  const signer = await signerOf(name, seed);
  return { name, verifierKey: formatVerifier(signer), under: (origin) => signerOf(origin, seed) };
}

function parse(text: string, path: string): { name: string; seed: Uint8Array } {
  try {
    return parseSeed(text);
  } catch {
    throw new LogKeyRefused(`${path} is not a signing key.`);
  }
}
