/**
 * VSLogger's security hash: `ss`, a number that only grows, and `hh`, the hash of `ss`, the salt and
 * the resource. Documented by the vendor; that "resource" is the value of `res`, and the plain
 * concatenation in UTF-8, are inferred from its example.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";

export type Hash =
  | { readonly type: "none" }
  | { readonly type: "sha-1" | "sha-256"; readonly salt: string };

/** The query members that sign a request; none where the recorder's HASHTYPE is NONE. */
export type Signature = Readonly<Record<string, string>>;

/** Signs one request for a resource at `now`. Resolves in the order of the calls. */
export type Sign = (resource: string, now: EpochMs) => Promise<Signature>;

const ssLengthMin = 10;

/** HASH(ss + salt + resource) as lower-case hex. */
export async function securityHash(
  type: "sha-1" | "sha-256",
  ss: string,
  salt: string,
  resource: string,
): Promise<string> {
  const bytes = new TextEncoder().encode(ss + salt + resource);
  const digest = await crypto.subtle.digest(type.toUpperCase(), bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Numbers that only grow: the milliseconds of the clock, or one more than the last where the clock
 * stands still or steps back. At least ten characters, as the vendor asks.
 */
export function growing(): (now: EpochMs) => string {
  let last = 0;
  return (now) => {
    last = Math.max(last + 1, Math.floor(now));
    return String(last).padStart(ssLengthMin, "0");
  };
}

/** The signer of one recorder. A signature is handed out only after every earlier one. */
export function signer(hash: Hash): Sign {
  if (hash.type === "none") return () => Promise.resolve({});
  const { type, salt } = hash;
  const next = growing();
  let earlier: Promise<unknown> = Promise.resolve();
  return (resource, now) => {
    const ss = next(now);
    const hashed = securityHash(type, ss, salt, resource);
    const signature = earlier.then(async () => ({ ss, hh: await hashed }));
    earlier = signature.catch(() => undefined);
    return signature;
  };
}
