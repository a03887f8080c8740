/**
 * API keys: `tacet_<id>_<secret>`, the secret being 256 random bits. Only the key's SHA-256 is
 * kept. A slow hash protects what people choose; nobody guesses 256 random bits, so a fast one is
 * as good here and costs no request anything.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { EpochMs } from "../control/call.ts";
import type { ApiKeyConfig } from "../policy/configAuth.ts";
import type { Principal } from "../policy/principal.ts";

export const KEY_PREFIX = "tacet_";
/** The sandbox's keys begin so, and nothing but the sandbox takes them. */
export const SANDBOX_KEY_PREFIX = "tacet_sandbox";

const SECRET_BYTES = 32;
const KEY = /^tacet_([a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)_[A-Za-z0-9_-]{43}$/;

/** The id that a key names, whether or not there is such a key. */
export const keyIdOf = (key: string): string | undefined => KEY.exec(key)?.[1];

export interface MadeKey {
  /** Told once, kept nowhere. */
  readonly key: string;
  /** For the configuration. */
  readonly hash: string;
}

export function makeApiKey(id: string): MadeKey {
  const secret = base64url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  const key = `${KEY_PREFIX}${id}_${secret}`;
  return { key, hash: hashOf(key) };
}

export type KeyCheck =
  | { readonly kind: "known"; readonly principal: Principal }
  | { readonly kind: "expired"; readonly tenant: string }
  | { readonly kind: "unknown" };

/** Checks keys against the configured hashes. Several keys are good at once, each until it expires. */
export function apiKeys(
  configured: readonly ApiKeyConfig[],
): (key: string, now: EpochMs) => KeyCheck {
  const byId = new Map(configured.map((one) => [one.id, one]));
  // Unknown ids are compared too, so that time does not tell which ids there are.
  const nobody = `sha256:${"0".repeat(64)}`;
  return (key, now) => {
    const entry = byId.get(keyIdOf(key) ?? "");
    const same = sameText(hashOf(key), entry?.hash ?? nobody);
    if (entry === undefined || !same) return { kind: "unknown" };
    const expiresAt = entry.expiresAt === undefined ? undefined : Date.parse(entry.expiresAt);
    if (expiresAt !== undefined && expiresAt <= now) {
      return { kind: "expired", tenant: entry.tenant };
    }
    return { kind: "known", principal: principalOf(entry, expiresAt) };
  };
}

function principalOf(entry: ApiKeyConfig, expiresAt: EpochMs | undefined): Principal {
  const id = entry.principal ?? entry.id;
  return {
    tenant: entry.tenant,
    id,
    kind: entry.kind,
    owner: `api_key:${id}`,
    scopes: new Set(entry.scopes),
    credential: "api_key",
    ...(entry.agentId !== undefined && { agentId: entry.agentId }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/**
 * `sha256:` and 64 hexadecimal digits. Computed in place: a credential is a few hundred bytes, and
 * WebCrypto's way to another thread and back costs every request more than the hash.
 */
export function hashOf(text: string): string {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

/** Takes the same time wherever the two differ. */
function sameText(a: string, b: string): boolean {
  let different = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) {
    different |= a.charCodeAt(index) ^ b.charCodeAt(index % b.length);
  }
  return different === 0;
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
