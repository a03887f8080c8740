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

export function passwordGrantTokens(auth: PasswordGrant): PasswordTokens {
  const tokens = heldTokens(async (exchange) => {
    const reply = await exchange(tokenRequest(auth));
    return "kind" in reply ? reply : readToken(reply);
  });
  return {
    ...tokens,
    secrets() {
      const held = tokens.granted();
      return [auth.password, ...Object.values(auth.form), ...(held ? [held.token] : [])];
    },
  };
}
