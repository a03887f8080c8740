/**
 * A log's signed head in a browser: C2SP's tlog-checkpoint in a signed note, its Ed25519 signature by
 * WebCrypto.
 */
import { type Bytes, Wrong, equal, joinBytes, sha256 } from "./tree.ts";

export interface Head {
  readonly origin: string;
  readonly size: number;
  /** As it is written. */
  readonly rootText: string;
  readonly root: Bytes;
}

/** `cannot`: this browser does not know Ed25519, so nothing is said of the signature. */
export type Signed = "by this key" | "by another key" | "cannot";

export const textOf = (bytes: Bytes): string => new TextDecoder().decode(bytes);
const bytesOf = (text: string): Bytes => new TextEncoder().encode(text);

function decoded(base64: string): Bytes {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

export function headIn(note: string): Head {
  const [origin = "", size = "", rootText = ""] = note.split("\n");
  const root = decoded(rootText);
  if (origin === "" || !/^(?:0|[1-9]\d{0,15})$/.test(size) || root.length !== 32) {
    throw new Wrong("A signed head is not written as heads are.");
  }
  return { origin, size: Number(size), rootText, root };
}

/** The public key of `name+id+base64`. Throws `Wrong` where the text is no such key. */
export async function keyIn(vkey: string): Promise<Bytes> {
  const [name = "", id = "", ...rest] = vkey.trim().split("+");
  const blob = decoded(rest.join("+"));
  const whole = blob.length === 33 && blob[0] === 1;
  if (!whole || hexOf(await idOf(name, blob)) !== id) {
    throw new Wrong("A verifier key is not written as such keys are: name+id+base64.");
  }
  return blob.slice(1);
}

const idOf = async (name: string, blob: Bytes): Promise<Bytes> =>
  (await sha256(bytesOf(`${name}\n`), blob)).slice(0, 4);

const hexOf = (bytes: Bytes): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether one of these keys signed the note, under its log's own name. */
export async function signedBy(note: string, keys: readonly Bytes[]): Promise<Signed> {
  const end = note.lastIndexOf("\n\n");
  const text = bytesOf(note.slice(0, end + 1));
  const { origin } = headIn(note);
  const lines = note
    .slice(end + 2)
    .split("\n")
    .filter((line) => line !== "");
  for (const publicKey of keys) {
    const id = await idOf(origin, joinBytes([Uint8Array.of(1), publicKey]));
    for (const line of lines) {
      const [dash, name, base64 = ""] = line.split(" ");
      const blob = decoded(base64);
      if (dash !== "—" || name !== origin || !equal(blob.slice(0, 4), id)) continue;
      return (await verifies(publicKey, blob.slice(4), text)) ?? "cannot";
    }
  }
  return "by another key";
}

async function verifies(publicKey: Bytes, signature: Bytes, text: Bytes) {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch {
    return undefined;
  }
  const fits = await crypto.subtle.verify("Ed25519", key, signature, text);
  return fits ? "by this key" : "by another key";
}

/** The notes of a file that has one after the other. */
export function notesIn(file: string): string[] {
  return file
    .split(/(?<=\n— [^\n]*\n)(?!— )/)
    .map((note) => note.replace(/^\n+/, ""))
    .filter((note) => note !== "");
}
