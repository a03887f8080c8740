/** An issuer of tokens that is slow, down, elsewhere, lies, or takes a key back. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { checking, JWKS_URL, NOW, pair, signed, type Pair } from "./credentials.ts";

let one: Pair;
let two: Pair;
beforeAll(async () => {
  [one, two] = [await pair("one"), await pair("two")];
});

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An issuer in the hand of the test, and a clock. */
function rig(issuer: Readonly<Record<string, unknown>> = {}) {
  const state = { now: NOW, keys: [one], up: true, fetched: 0, failures: [] as string[] };
  const check = checking({
    issuer: { jwksUrl: JWKS_URL, ...issuer },
    clock: () => state.now,
    fetch: async () => {
      state.fetched += 1;
      if (!state.up) throw new TypeError("fetch failed");
      return Response.json({ keys: state.keys.map(({ jwk }) => jwk) });
    },
    onIssuerFailure: (name) => void state.failures.push(name),
  });
  const exp = NOW / 1000 + 7 * 24 * 3_600;
  return {
    state,
    ask: check.credential,
    token: (by: Pair, sub = "ann") => signed(by, { exp, sub }),
    /** What was asked for behind an answer has come back. */
    settled: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
  };
}

describe("while the issuer is down", () => {
  test("its last keys are believed for the time that is configured, new tokens too", async () => {
    const { ask, settled, state, token } = rig({ jwksStaleMsMax: 2 * HOUR_MS });
    expect(await ask(await token(one))).toMatchObject({ ok: true });
    state.up = false;
    for (let minute = 0; minute <= 115; minute += 5) {
      state.now = NOW + minute * MINUTE_MS;
      expect(await ask(await token(one, `ann-${minute}`))).toMatchObject({ ok: true });
      await settled();
    }
    state.now = NOW + 2 * HOUR_MS + 1;
    const answer = { ok: false, status: 503, code: "issuer_unavailable" };
    expect(await ask(await token(one, "late"))).toMatchObject(answer);
    // A token that was verified before ends there too: nobody can say that its key still holds.
    expect(await ask(await token(one))).toMatchObject(answer);
    expect(state.failures.length).toBeGreaterThan(5);
    state.up = true;
    state.now += 1_000;
    expect(await ask(await token(one))).toMatchObject({ ok: true });
  });

  test("nobody waits for it: an old set answers while a new one is asked for", async () => {
    const held = Promise.withResolvers<Response>();
    let fetched = 0;
    let now = NOW;
    const { credential } = checking({
      issuer: { jwksUrl: JWKS_URL },
      clock: () => now,
      fetch: () => {
        fetched += 1;
        const set = Response.json({ keys: [one.jwk] });
        return fetched === 1 ? Promise.resolve(set) : held.promise;
      },
    });
    expect(await credential(await signed(one))).toMatchObject({ ok: true });
    now += 11 * MINUTE_MS;
    const exp = now / 1000 + 60;
    // The second answer of the issuer never comes in this test.
    for (const sub of ["a", "b", "c"]) {
      expect(await credential(await signed(one, { exp, sub }))).toMatchObject({ ok: true });
    }
    expect(fetched).toBe(2);
    held.resolve(Response.json({ keys: [one.jwk] }));
  });

  test("a token whose key is not among the last ones is wrong, not unknown", async () => {
    const { ask, state, token } = rig({ jwksCooldownMs: 0 });
    expect(await ask(await token(one))).toMatchObject({ ok: true });
    state.up = false;
    expect(await ask(await token(two))).toMatchObject({ status: 401, code: "token_invalid" });
  });
});

describe("keys that change", () => {
  test("a new key is found as soon as a token names it, an old one ends with its set", async () => {
    const { ask, settled, state, token } = rig();
    expect(await ask(await token(one))).toMatchObject({ ok: true });
    state.keys = [one, two];
    state.now += 30_000;
    expect(await ask(await token(two))).toMatchObject({ ok: true });
    expect(await ask(await token(one))).toMatchObject({ ok: true });
    expect(state.fetched).toBe(2);
    state.keys = [two];
    state.now += 11 * MINUTE_MS;
    // The first asks behind the answer, and whoever comes after it is judged by the new set.
    await ask(await token(two));
    await settled();
    expect(await ask(await token(one))).toMatchObject({ ok: false, code: "token_invalid" });
    expect(await ask(await token(two))).toMatchObject({ ok: true });
  });

  test("a key that is taken back ends the tokens that it verified, remembered ones too", async () => {
    const { ask, settled, state, token } = rig();
    const good = await token(one);
    expect(await ask(good)).toMatchObject({ ok: true });
    state.keys = [];
    state.now += 10 * MINUTE_MS;
    // Not asked for yet: the set is as old as it may be, and no older.
    expect(await ask(good)).toMatchObject({ ok: true });
    state.now += 1;
    await ask(good);
    await settled();
    expect(await ask(good)).toMatchObject({ ok: false, code: "token_invalid" });
  });

  test("an unknown key asks for the set no more often than the cooldown, whatever comes", async () => {
    const { ask, state, token } = rig({ jwksCooldownMs: 30_000 });
    for (let second = 0; second < 300; second += 1) {
      state.now = NOW + second * 1_000;
      expect(await ask(await token(two, `ann-${second}`))).toMatchObject({ ok: false });
    }
    expect(state.fetched).toBe(10);
  });

  test("many at once ask for it once", async () => {
    const { ask, state, token } = rig();
    const many = await Promise.all(Array.from({ length: 50 }, (_, n) => token(one, `ann-${n}`)));
    const answers = await Promise.all(many.map((each) => ask(each)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(state.fetched).toBe(1);
  });
});

describe("over the network", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  async function served(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  }
  const set = () => JSON.stringify({ keys: [one.jwk] });
  const askAt = async (jwksUrl: string, more: object = {}) =>
    checking({ issuer: { jwksUrl, ...more } }).credential(await signed(one));

  test("a set that is there is used", async () => {
    expect(await askAt(await served((_, response) => response.end(set())))).toMatchObject({
      ok: true,
    });
  });

  test("a redirect is not followed, wherever it leads", async () => {
    let followed = 0;
    const elsewhere = await served((_, response) => {
      followed += 1;
      response.end(set());
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await served((_, response) =>
        response.writeHead(status, { location: elsewhere }).end(set()),
      );
      expect(await askAt(url)).toMatchObject({ status: 503, code: "issuer_unavailable" });
    }
    expect(followed).toBe(0);
  });

  test("a set without end is cut, and one that never comes is given up", async () => {
    let written = 0;
    const endless = await served((_, response) => {
      response.write('{"keys":[');
      const pour = () => {
        while (!response.destroyed && written < 64 << 20) {
          written += 65_536;
          if (!response.write(" ".repeat(65_536))) return response.once("drain", pour);
        }
        return response;
      };
      pour();
    });
    expect(await askAt(endless)).toMatchObject({ status: 503 });
    expect(written).toBeLessThan(16 << 20);
    const silent = await served(() => {});
    expect(await askAt(silent, { jwksMsMax: 200 })).toMatchObject({ status: 503 });
    const halting = await served((_, response) => void response.write('{"keys":['));
    expect(await askAt(halting, { jwksMsMax: 200 })).toMatchObject({ status: 503 });
  });

  test.each([
    ["a page of HTML", 200, "<html>sign in</html>"],
    ["no set", 200, "{}"],
    ["a list", 200, "[]"],
    ["a set of no keys but texts", 200, '{"keys":["one"]}'],
    ["nothing", 200, ""],
    ["an error", 500, "{}"],
    ["a set with an error's status", 404, ""],
  ])("an answer that is %s makes no keys", async (_, status, text) => {
    const url = await served((_request, response) =>
      response.writeHead(status).end(status === 404 ? set() : text),
    );
    expect(await askAt(url)).toMatchObject({ ok: false, status: 503 });
  });

  test("nobody at the address is an issuer whose keys are not at hand", async () => {
    const url = await served(() => {});
    servers[0]?.close();
    expect(await askAt(url, { jwksMsMax: 300 })).toMatchObject({ status: 503 });
  });
});
