/** AnywhereNow's tokens, as far as they must not be told. */
import { expect, test } from "vitest";
import { passwordGrantTokens } from "../../src/adapters/anywherenow/token.ts";
import type { TokenContext } from "../../src/adapters/tokens.ts";

test("of the tokens given out the last eight are kept from being told", async () => {
  const tokens = passwordGrantTokens({
    kind: "password_grant",
    tokenUrl: "http://127.0.0.1/token",
    clientId: "coreapi",
    username: "svc@domain.com",
    password: "correct horse",
    form: {},
  });
  let count = 0;
  const context: TokenContext = {
    now: () => 0,
    signal: new AbortController().signal,
    send: async () => {
      const body = JSON.stringify({ access_token: `t${(count += 1)}`, expires_in: 60 });
      return { kind: "reply", reply: { status: 200, headers: {}, body } };
    },
  };
  for (let rejected = 0; rejected < 9; rejected += 1) await tokens.get(context, `t${rejected}`);
  const kept = ["t9", "t8", "t7", "t6", "t5", "t4", "t3", "t2"];
  expect(tokens.secrets()).toEqual(["correct horse", ...kept]);
});
