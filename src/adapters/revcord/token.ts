/**
 * Revcord's bearer token: renewed by its refresh token, and by the service key where that does not
 * help.
 *
 * @module
 */
import { heldTokens } from "../tokens.ts";
import type { TokenSource } from "../tokens.ts";
import { scrubber } from "./reply.ts";
import type { Scrub } from "./reply.ts";
import type { RevcordSettings } from "./settings.ts";
import { passwordRequest, readGrant, refreshRequest } from "./wire.ts";
import type { Grant } from "./wire.ts";

export interface RevcordTokens extends TokenSource {
  readonly scrub: Scrub;
}

export function revcordTokens(settings: RevcordSettings): RevcordTokens {
  const { serviceKey } = settings.auth;
  const scrub = scrubber(() => {
    const held = tokens.granted();
    return [serviceKey, ...(held === undefined ? [] : secretsOf(held))];
  });
  const tokens = heldTokens<Grant>(async (exchange, before) => {
    const refreshToken = before?.granted.refreshToken;
    // A refreshed token that is turned down as well: only a new login can tell more.
    const isSpent = before?.isRejected === true && before.granted.by === "refresh";
    if (refreshToken !== undefined && !isSpent) {
      const reply = await exchange(refreshRequest(settings, refreshToken));
      const granted = "kind" in reply ? reply : readGrant(reply, "refresh", scrub);
      if (!("kind" in granted) || granted.kind !== "refused") return granted;
    }
    const reply = await exchange(passwordRequest(settings));
    return "kind" in reply ? reply : readGrant(reply, "password", scrub);
  });
  return { get: tokens.get, scrub };
}

const secretsOf = ({ refreshToken, token }: Grant): readonly string[] => [
  token,
  ...(refreshToken === undefined ? [] : [refreshToken]),
];
