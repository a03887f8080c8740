/**
 * Where a request came from. A forwarded address is believed only as far as each proxy that passed
 * it on is one of ours.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

const HOP_COUNT_MAX = 32;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Answers for a connection's peer and its `X-Forwarded-For`. The list is read from its end, the
 * nearest proxy's word first, and no further than the first address that is not a trusted proxy's.
 */
export function clientAddress(
  trustedProxies: readonly string[],
): (peer: string | undefined, forwardedFor: string | null) => string | undefined {
  const ranges = trustedProxies.map((text) =>
    ipaddr.parseCIDR(ipaddr.isValidCIDR(text) ? text : `${text}/${bitsOf(text)}`),
  );
  const isTrusted = (address: Address): boolean =>
    ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
  return (peer, forwardedFor) => {
    let nearest = peer === undefined ? undefined : addressOf(peer);
    if (nearest === undefined) return undefined;
    const hops = (forwardedFor ?? "").split(",").slice(-HOP_COUNT_MAX);
    while (isTrusted(nearest) && hops.length > 0) {
      const next = addressOf(hops.pop() ?? "");
      if (next === undefined) break;
      nearest = next;
    }
    return nearest.toString();
  };
}

const bitsOf = (text: string): number => (ipaddr.parse(text).kind() === "ipv4" ? 32 : 128);

/** The address without port and brackets; an IPv4 address in IPv6's clothes is an IPv4 one. */
function addressOf(text: string): Address | undefined {
  const bare = text.trim().replace(/^\[(.*)\](?::\d+)?$/, "$1");
  const alone = /^[\d.]+:\d+$/.test(bare) ? bare.slice(0, bare.indexOf(":")) : bare;
  // "1" and "0x7f.1" are addresses to some, and no proxy writes them.
  const isPlain = alone.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(alone);
  return isPlain && ipaddr.isValid(alone) ? ipaddr.process(alone) : undefined;
}
