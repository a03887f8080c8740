/** Tokens made by whoever wants in. What an honest token is, `test/http/authenticate.test.ts` says. */
import { exportSPKI, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { base64url, byHand, checking, claims, ISSUER, NOW, pair, signed } from "./credentials.ts";
import type { Pair } from "./credentials.ts";

let mine: Pair;
let rsa: Pair;
let thief: Pair;
beforeAll(async () => {
  [mine, rsa, thief] = [await pair("mine"), await pair("rsa", "RS256"), await pair("mine")];
});

const asker = () => checking({ issuer: { jwks: { keys: [mine.jwk, rsa.jwk] } } }).credential;
const header = (change: object = {}) => JSON.stringify({ alg: "EdDSA", kid: "mine", ...change });
const payload = (change: Readonly<Record<string, unknown>> = {}) => JSON.stringify(claims(change));

test("what follows can be taken at all: the same token, unchanged, opens", async () => {
  const ask = asker();
  expect(await ask(await byHand(mine, header(), payload()))).toMatchObject({ ok: true });
  expect(await ask(await signed(rsa))).toMatchObject({ ok: true });
});

describe("algorithm confusion", () => {
  test("an HMAC keyed with the issuer's public key, in any of its forms, opens nothing", async () => {
    const spki = await exportSPKI(rsa.publicKey);
    const forms = [
      spki,
      spki.trim(),
      JSON.stringify(rsa.jwk),
      String(rsa.jwk.n),
      String(mine.jwk.x),
    ];
    for (const form of forms) {
      for (const alg of ["HS256", "HS384", "HS512"]) {
        const secret = new TextEncoder().encode(form.padEnd(64, "\0"));
        const forged = new SignJWT(claims()).setProtectedHeader({ alg, kid: "rsa" });
        const answer = await asker()(await forged.sign(secret));
        expect(answer).toMatchObject({ ok: false, code: "token_invalid" });
      }
    }
  });

  test.each(["none", "None", "NONE", "nOnE", "", undefined, null, ["EdDSA"], "EdDSA,none"])(
    "alg %j opens nothing, with or without a signature",
    async (alg) => {
      const [, , signature = ""] = (await signed(mine)).split(".");
      const text = `${base64url(header({ alg }))}.${base64url(payload())}`;
      for (const end of ["", signature]) {
        expect(await asker()(`${text}.${end}`)).toMatchObject({ ok: false, code: "token_invalid" });
      }
      const whole = await byHand(mine, header({ alg }), payload());
      expect(await asker()(whole)).toMatchObject({ ok: false, code: "token_invalid" });
    },
  );

  test("a key is used with its own algorithm only", async () => {
    const asPss = new SignJWT(claims()).setProtectedHeader({ alg: "PS256", kid: "rsa" });
    const { privateKey } = await pair("rsa", "PS256");
    expect(await asker()(await asPss.sign(privateKey))).toMatchObject({ ok: false });
    const crossed = await byHand(mine, header({ kid: "rsa" }), payload());
    expect(await asker()(crossed)).toMatchObject({ ok: false });
  });
});

describe("a token's header", () => {
  test("brings no key of its own: jwk, jku, x5c and x5u are not looked at, and nothing is fetched", async () => {
    let fetched = 0;
    const fetch = async () => {
      fetched += 1;
      return Response.json({ keys: [thief.jwk] });
    };
    const jwks = { keys: [mine.jwk] };
    const { credential } = checking({ issuer: { jwks }, fetch });
    for (const change of [
      { jwk: thief.jwk },
      { jku: "https://evil.example/keys" },
      { x5u: "https://evil.example/chain" },
      { x5c: ["MIIB"] },
      { jwk: thief.jwk, kid: "thief" },
    ]) {
      const forged = await byHand(thief, header(change), payload());
      expect(await credential(forged)).toMatchObject({ ok: false, code: "token_invalid" });
    }
    expect(fetched).toBe(0);
  });

  test.each([
    ["an extension that nobody here knows", { crit: ["tacet-x"], "tacet-x": 1 }],
    ["an unencoded payload", { crit: ["b64"], b64: false }],
    ["no extension at all", { crit: [] }],
    ["a list that is none", { crit: "exp" }],
  ])("whose crit asks for %s is refused", async (_, change) => {
    const text = `${base64url(header(change))}.${base64url(payload())}`;
    const forged = await byHand(mine, header(change), payload());
    expect(forged.startsWith(text)).toBe(true);
    expect(await asker()(forged)).toMatchObject({ ok: false, code: "token_invalid" });
  });

  test("with a kid of any shape finds the key of that name or none", async () => {
    for (const kid of [
      "",
      "../mine",
      "mine\0",
      "MINE",
      "__proto__",
      7,
      ["mine"],
      { kid: "mine" },
    ]) {
      const forged = await byHand(thief, header({ kid }), payload());
      expect(await asker()(forged)).toMatchObject({ ok: false, code: "token_invalid" });
    }
  });
});

describe("a token's claims", () => {
  test("said twice count once, as the signed text's last: no part of the check sees another", async () => {
    const twice = (first: string, last: string) =>
      `{${first},${payload()
        .slice(1, -1)
        .replace(/"iss":"[^"]*",/, "")},${last}}`;
    const foreign = `"iss":"https://evil.example"`;
    const own = `"iss":"${ISSUER}"`;
    expect(await asker()(await byHand(mine, header(), twice(foreign, own)))).toMatchObject({
      ok: true,
    });
    expect(await asker()(await byHand(mine, header(), twice(own, foreign)))).toMatchObject({
      ok: false,
    });
    const kinds = payload().replace("{", `{"tacet_kind":"operator",`);
    expect(await asker()(await byHand(mine, header(), kinds))).toMatchObject({
      principal: { kind: "payment" },
    });
  });

  test("name one audience among several, and none that merely looks alike", async () => {
    const ask = asker();
    expect(await ask(await signed(mine, { aud: ["other", "tacet"] }))).toMatchObject({ ok: true });
    for (const aud of [["other"], [], "tacet ", "TACET", "tacet.evil", { tacet: 1 }, [["tacet"]]]) {
      const forged = await byHand(mine, header(), payload({ aud }));
      expect(await ask(forged)).toMatchObject({ ok: false, code: "token_invalid" });
    }
  });

  test.each([`${ISSUER}/`, "HTTPS://LOGIN.EXAMPLE", `${ISSUER} `, [ISSUER], null, 1, {}])(
    "of the issuer %j are of no issuer that is configured",
    async (iss) => {
      const forged = await byHand(mine, header(), payload({ iss }));
      expect(await asker()(forged)).toMatchObject({ ok: false, code: "token_invalid" });
    },
  );

  test("are good to the tolerance told, at both ends, and not a second further", async () => {
    const jwks = { keys: [mine.jwk] };
    const { credential } = checking({ issuer: { jwks, clockToleranceMs: 5_000 } });
    const at = NOW / 1000;
    expect(await credential(await signed(mine, { exp: at - 4 }))).toMatchObject({ ok: true });
    expect(await credential(await signed(mine, { exp: at - 5 }))).toMatchObject({
      code: "token_expired",
    });
    expect(await credential(await signed(mine, { nbf: at + 5 }))).toMatchObject({ ok: true });
    expect(await credential(await signed(mine, { nbf: at + 6 }))).toMatchObject({
      code: "token_invalid",
    });
  });

  test.each([
    ["a text", '"4102444800"'],
    ["no time", "null"],
    ["a list", "[4102444800]"],
    ["a date", '"2099-01-01T00:00:00Z"'],
  ])("whose end is %s have no end, and are refused", async (_, exp) => {
    const text = payload().replace(/"exp":\d+/, `"exp":${exp}`);
    expect(await asker()(await byHand(mine, header(), text))).toMatchObject({ ok: false });
  });

  test.each(["[]", '"text"', "null", "", "{", "7"])("that are %j are no claims", async (text) => {
    expect(await asker()(await byHand(mine, header(), text))).toMatchObject({ ok: false });
  });
});

test("a signature is of this token, whole, and no byte of it may differ", async () => {
  const good = await signed(mine);
  const [head = "", body = "", signature = ""] = good.split(".");
  const other = (await signed(mine, { sub: "bob" })).split(".");
  const changed = [
    `${head}.${other[1]}.${signature}`,
    `${head}.${body}.${other[2]}`,
    `${head}.${body}.${signature.slice(0, -3)}`,
    `${head}.${body}.`,
    `${head}.${body}`,
    `${good}.x`,
    `${head}.${body}.${"A".repeat(signature.length)}`,
  ];
  for (const at of [0, 20, 40, 60]) {
    const letter = signature[at] === "A" ? "B" : "A";
    changed.push(`${head}.${body}.${signature.slice(0, at)}${letter}${signature.slice(at + 1)}`);
  }
  for (const bad of changed) expect(await asker()(bad)).toMatchObject({ ok: false });
});

test("a token is judged up to the size that is configured, and beyond it not even read", async () => {
  const { credential } = checking({ issuer: { jwks: { keys: [mine.jwk] } } });
  const near = await signed(mine, { note: "x".repeat(5_000) });
  expect(near.length).toBeLessThan(8_192);
  expect(await credential(near)).toMatchObject({ ok: true });
  const beyond = await signed(mine, { note: "x".repeat(8_192) });
  const detail: unknown = expect.stringContaining("longer than 8192");
  expect(await credential(beyond)).toMatchObject({ ok: false, detail });
});

test("an issuer speaks for its own tenants, whatever a token of its says", async () => {
  const jwks = { keys: [mine.jwk] };
  const of = { issuer: { jwks, tenants: ["acme", "globex"], claims: { tenant: "tid" } } };
  const { credential } = checking(of);
  expect(await credential(await signed(mine, { tid: "globex" }))).toMatchObject({
    principal: { tenant: "globex" },
  });
  for (const tid of ["system", "initech", "__proto__", "", ["acme", "globex"]]) {
    expect(await credential(await signed(mine, { tid }))).toMatchObject({ ok: false });
  }
  const second = { issuer: "https://second.example", audience: ["tacet"], tenants: ["globex"] };
  const first = { issuer: ISSUER, audience: ["tacet"], tenants: ["acme"] };
  const both = checking({
    issuers: [
      { ...first, jwks: { keys: [mine.jwk] } },
      { ...second, jwks: { keys: [thief.jwk] } },
    ],
  });
  // The second issuer's key, under the first one's name.
  expect(await both.credential(await signed(thief))).toMatchObject({ ok: false });
  expect(
    await both.credential(await signed(thief, { iss: "https://second.example" })),
  ).toMatchObject({ principal: { tenant: "globex" } });
});
