/**
 * C2SP signed notes with Ed25519 keys (https://c2sp.org/signed-note): text, an empty line, and
 * signature lines. Keys are WebCrypto's, so this runs in Node, Workers and browsers.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";

const encoder = new TextEncoder();
const ED25519 = 1;
/** Node's ArrayBuffer typing wants to know that these bytes are not shared. */
type Bytes = Uint8Array<ArrayBuffer>;

export interface Verifier {
  readonly name: string;
  /** Four bytes, as they open every signature this key makes. */
  readonly keyId: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface Signer extends Verifier {
  sign(text: string): Promise<Uint8Array>;
}

export interface Note {
  /** Ends in a newline; what is signed. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly blob: Uint8Array }[];
}

/** Text that is no note, or a string that is no key. Never names the text. */
export class BadNote extends Error {
  readonly code = "bad_note";
}

/** SHA-256(name || 0x0A || 0x01 || public key), its first four bytes. */
function keyIdOf(name: string, publicKey: Uint8Array): Uint8Array {
  const hash = sha256.create().update(encoder.encode(`${name}\n`));
  return hash.update(Uint8Array.of(ED25519)).update(publicKey).digest().slice(0, 4);
}

export function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && !/[\s+\p{Z}\p{Cc}]/u.test(name);
}

/** The same public key under another name: each origin of one log service has its own key id. */
export function verifierOf(name: string, publicKey: Uint8Array): Verifier {
  if (!isKeyName(name)) throw new BadNote("a key's name has no spaces and no plus");
  if (publicKey.length !== 32) throw new BadNote("an Ed25519 public key has 32 bytes");
  return { name, publicKey, keyId: keyIdOf(name, publicKey) };
}

/** `name+keyid+base64(0x01 || public key)`. */
export function formatVerifier(key: Verifier): string {
  const bytes = new Uint8Array([ED25519, ...key.publicKey]);
  return `${key.name}+${toHex(key.keyId)}+${toBase64(bytes)}`;
}

export function parseVerifier(vkey: string): Verifier {
  const [name, keyId, ...rest] = vkey.trim().split("+");
  if (name === undefined || keyId === undefined || rest.length === 0) {
    throw new BadNote("a verifier key is name+keyid+base64");
  }
  const bytes = fromBase64(rest.join("+"));
  if (bytes === undefined || bytes[0] !== ED25519) throw new BadNote("not an Ed25519 verifier key");
  const key = verifierOf(name, bytes.slice(1));
  if (toHex(key.keyId) !== keyId) throw new BadNote("the verifier key's id is not its own");
  return key;
}

/** A signer from a 32-byte seed (RFC 8032's private key). */
export async function signerOf(name: string, seed: Uint8Array): Promise<Signer> {
  const { privateKey, publicKey } = await importSeed(seed);
  return {
    ...verifierOf(name, publicKey),
    async sign(text) {
      return new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, bytesOf(text)));
    },
  };
}

/** `PRIVATE+KEY+name+keyid+base64(0x01 || seed)`, as golang.org/x/mod/sumdb/note writes it. */
export function formatSeed(name: string, keyId: Uint8Array, seed: Uint8Array): string {
  return `PRIVATE+KEY+${name}+${toHex(keyId)}+${toBase64(new Uint8Array([ED25519, ...seed]))}`;
}

/** The reverse of `formatSeed`. Its errors never hold the key. */
export function parseSeed(skey: string): { readonly name: string; readonly seed: Uint8Array } {
  const [word, key, name, , ...rest] = skey.trim().split("+");
  const bytes = fromBase64(rest.join("+"));
  if (word !== "PRIVATE" || key !== "KEY" || name === undefined || bytes === undefined) {
    throw new BadNote("not a note signing key");
  }
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw new BadNote("not an Ed25519 signing key");
  return { name, seed: bytes.slice(1) };
}

export async function signNote(text: string, signers: readonly Signer[]): Promise<string> {
  if (!isNoteText(text)) throw new BadNote("a note's text ends in a newline, without controls");
  let out = `${text}\n`;
  for (const signer of signers) {
    const blob = new Uint8Array([...signer.keyId, ...(await signer.sign(text))]);
    out += `— ${signer.name} ${toBase64(blob)}\n`;
  }
  return out;
}

/** Reads a note without judging its signatures. */
export function parseNote(note: string): Note {
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n"))
    throw new BadNote("a note has text, an empty line, signatures");
  const text = note.slice(0, at + 1);
  const lines = note.slice(at + 2, -1).split("\n");
  if (!isNoteText(text)) throw new BadNote("a note's text ends in a newline, without controls");
  if (lines.length > 100) throw new BadNote("too many signatures");
  const signatures = lines.map((line) => {
    const [dash, name, base64, ...more] = line.split(" ");
    const blob = fromBase64(base64 ?? "");
    const whole = dash === "—" && name !== undefined && isKeyName(name) && more.length === 0;
    if (!whole || blob === undefined || blob.length < 5) throw new BadNote("a bad signature line");
    return { name, blob };
  });
  return { text, signatures };
}

/**
 * The note's text, and which of these keys signed it. A signature that claims one of these keys and
 * fails throws, as the specification asks; so does a note that none of them signed.
 */
export async function openNote(
  note: string,
  verifiers: readonly Verifier[],
): Promise<{ readonly text: string; readonly signedBy: readonly Verifier[] }> {
  const { text, signatures } = parseNote(note);
  const signedBy: Verifier[] = [];
  for (const { name, blob } of signatures) {
    const id = toHex(blob.slice(0, 4));
    const key = verifiers.find((known) => known.name === name && toHex(known.keyId) === id);
    if (key === undefined) continue;
    if (!(await verifies(key.publicKey, blob.slice(4), text))) {
      throw new BadNote("a signature does not fit the note");
    }
    signedBy.push(key);
  }
  if (signedBy.length === 0) throw new BadNote("no known key signed the note");
  return { text, signedBy };
}

async function verifies(publicKey: Uint8Array, signature: Uint8Array, text: string) {
  const key = await crypto.subtle.importKey("raw", publicKey as Bytes, "Ed25519", true, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature as Bytes, bytesOf(text));
}

/** RFC 8410's PKCS #8 wrapping of an Ed25519 seed: the only private form WebCrypto takes. */
const PKCS8 = fromHex("302e020100300506032b657004220420");

async function importSeed(seed: Uint8Array) {
  if (seed.length !== 32) throw new BadNote("an Ed25519 seed has 32 bytes");
  const wrapped = new Uint8Array([...PKCS8, ...seed]);
  const key = await crypto.subtle.importKey("pkcs8", wrapped, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const padded = (x ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const publicKey = fromBase64(`${padded}=`);
  if (publicKey === undefined) throw new BadNote("not an Ed25519 seed");
  return { privateKey: key, publicKey };
}

function isNoteText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what a note may not have.
  return text.endsWith("\n") && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
}

const bytesOf = (text: string): Bytes => encoder.encode(text);

export function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Undefined unless the text is the one canonical base64 of its bytes. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    return toBase64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
