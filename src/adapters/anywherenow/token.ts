/**
 * AnywhereNow's bearer token: a password grant, made anew each time.
 *
 * @module
 */
import { heldTokens } from "../tokens.ts";
import type { TokenSource } from "../tokens.ts";
import type { PasswordGrant } from "./settings.ts";
import { readToken, tokenRequest } from "./wire.ts";

export interface PasswordTokens extends TokenSource {
  /** Everything that must not appear in a detail. */
  secrets(): readonly string[];
}

/** As many of the tokens given out are taken out of what is told: several may be fetched side by side. */
const TOLD_COUNT_MAX = 8;

export function passwordGrantTokens(auth: PasswordGrant): PasswordTokens {
  let given: readonly string[] = [];
  const tokens = heldTokens(async (exchange) => {
    const reply = await exchange(tokenRequest(auth));
    const read = "kind" in reply ? reply : readToken(reply);
    if ("token" in read) given = [read.token, ...given].slice(0, TOLD_COUNT_MAX);
    return read;
  });
  return {
    ...tokens,
    secrets: () => [auth.password, ...Object.values(auth.form), ...given],
  };
}
