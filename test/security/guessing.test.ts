/** Whoever tries credentials out is slowed down; whoever has the right one is not. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hashOf, makeApiKey } from "../../src/http/apiKeys.ts";
import {
  ADDRESS_COUNT_MAX,
  DELAYED_COUNT_MAX,
  GUESS_DELAY_MS,
  guesses,
  KEY_COUNT_MAX,
} from "../../src/http/guesses.ts";
import { kit } from "../http/kit.ts";
import { closeRecorders, type Recorders, startRecorders } from "../service/acme.ts";
import { asking, entriesOf, watching } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { startWithin, stopServices } from "../service/within.ts";
import { checking, NOW, pair, signed } from "./credentials.ts";

/** Guesses counted on a clock of the test's own; each wait ends when the test says so. */
function rig() {
  const waiting: (() => void)[] = [];
  const state = { now: NOW };
  const counted = guesses({
    clock: () => state.now,
    after: (ms, run) => {
      expect(ms).toBe(GUESS_DELAY_MS);
      waiting.push(run);
    },
  });
  const release = () => waiting.splice(0).forEach((run) => run());
  /** Whether this guess was answered as ever. */
  const isFree = (ip: string | undefined, keyId?: string) =>
    counted.count({ ip, keyId }) === undefined;
  const freeOf = (tries: number, ip: (n: number) => string, keyId?: (n: number) => string) => {
    let free = 0;
    for (let n = 0; n < tries; n += 1) if (isFree(ip(n), keyId?.(n))) free += 1;
    return free;
  };
  return { counted, freeOf, isFree, release, state, waiting };
}

describe("wrong credentials", () => {
  test("of one address are twenty, then twenty a minute, and whoever goes on is told to wait", () => {
    const { counted, freeOf, state } = rig();
    expect(freeOf(1_000, () => "192.0.2.1")).toBe(20);
    expect(counted.count({ ip: "192.0.2.1" })).toBeCloseTo(3_000);
    let free = 0;
    for (let second = 0; second < 600; second += 1) {
      state.now += 1_000;
      free += freeOf(10, () => "192.0.2.1");
    }
    expect(free).toBe(200);
  });

  test("of one address say nothing of another", () => {
    const { freeOf, isFree } = rig();
    freeOf(100, () => "192.0.2.1");
    expect(isFree("192.0.2.2")).toBe(true);
  });

  test("from the many addresses of one IPv6 network count as one", () => {
    const { freeOf, isFree } = rig();
    expect(freeOf(200, (n) => `2001:db8:1:2::${n.toString(16)}`)).toBe(20);
    expect(isFree("2001:db8:1:2:ffff:ffff:ffff:ffff")).toBe(false);
    expect(isFree("2001:db8:1:3::1")).toBe(true);
    expect(isFree("::1")).toBe(true);
  });

  test("for one key, from everywhere together, are a hundred", () => {
    const { freeOf, isFree } = rig();
    const from = (n: number) => `10.0.${n >> 8}.${n & 255}`;
    expect(freeOf(1_000, from, () => "pay-1")).toBe(100);
    expect(isFree("192.0.2.77", "pay-2")).toBe(true);
  });

  test("of unknown origin share one allowance, and the clock that steps back gives none", () => {
    const { isFree, state } = rig();
    for (let n = 0; n < 20; n += 1) expect(isFree(undefined)).toBe(true);
    expect(isFree(undefined)).toBe(false);
    state.now -= 3_600_000;
    expect(isFree(undefined)).toBe(false);
  });
});

describe("what is remembered", () => {
  test("is bounded: of more addresses than may be, those that failed longest ago are forgotten", () => {
    const { freeOf, isFree } = rig();
    const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    freeOf(21, () => "192.0.2.1");
    freeOf(ADDRESS_COUNT_MAX - 1, address);
    expect(isFree("192.0.2.1")).toBe(false);
    freeOf(ADDRESS_COUNT_MAX, address);
    expect(isFree("192.0.2.1")).toBe(true);
  });

  test("of keys is bounded too", () => {
    const { freeOf, isFree } = rig();
    const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    freeOf(101, address, () => "pay-1");
    expect(isFree("192.0.2.9", "pay-1")).toBe(false);
    freeOf(KEY_COUNT_MAX, address, (n) => `k${n}`);
    expect(isFree("192.0.2.9", "pay-1")).toBe(true);
  });

  test("waits for no more than may wait: further answers are given at once", async () => {
    const { counted, freeOf, release, waiting } = rig();
    const tooMany = () => {
      const request = new Request("http://localhost/");
      counted.count({ ip: "192.0.2.1", request });
      return counted.wait(request);
    };
    freeOf(20, () => "192.0.2.1");
    const held = Array.from({ length: DELAYED_COUNT_MAX }, tooMany);
    expect(waiting.length).toBe(DELAYED_COUNT_MAX);
    await tooMany();
    expect(waiting.length).toBe(DELAYED_COUNT_MAX);
    release();
    await Promise.all(held);
    const next = tooMany();
    expect(waiting.length).toBe(1);
    release();
    await next;
    // Nobody else waits, and nobody twice.
    await counted.wait(new Request("http://localhost/"));
    expect(waiting.length).toBe(0);
  });
});

describe("the check of credentials", () => {
  const made = makeApiKey("pay");
  const key = { hash: made.hash, tenant: "acme", kind: "payment", scopes: ["operate"] };
  const wrong = (n: number) => `tacet_pay_${String(n).padStart(43, "A")}`;
  const counting = () => guesses({ clock: () => NOW, after: (_, run) => run() });
  const ip = "192.0.2.1";

  test("answers 429 to wrong ones beyond the allowance, and to right ones as ever", async () => {
    const one = await pair("one");
    const options = {
      issuer: { jwks: { keys: [one.jwk] } },
      keys: [
        { id: "pay", ...key },
        { ...key, id: "old", hash: hashOf(wrong(0).replace("pay", "old")), expiresAt: OVER },
      ],
      guesses: counting(),
    };
    const { credential } = checking(options);
    for (let n = 0; n < 300; n += 1) {
      const answer = await credential(wrong(n), { ip });
      expect(answer).toMatchObject({ ok: false, status: n < 20 ? 401 : 429 });
      if (n % 50 === 0) {
        expect(await credential(made.key, { ip })).toMatchObject({ ok: true });
        expect(await credential(await signed(one), { ip })).toMatchObject({ ok: true });
        // What was right once is no guess: an honest client is told to fetch another.
        const expired = await signed(one, { exp: NOW / 1000 - 60 });
        expect(await credential(expired, { ip })).toMatchObject({ code: "token_expired" });
        const old = wrong(0).replace("pay", "old");
        expect(await credential(old, { ip })).toMatchObject({ code: "token_expired" });
      }
    }
    // The key that was tried is slowed from other addresses too, once a hundred were wrong.
    const elsewhere = await credential(wrong(7), { ip: "198.51.100.1" });
    expect(elsewhere).toMatchObject({ status: 429, code: "too_many_attempts" });
    expect(await credential(made.key, { ip: "198.51.100.1" })).toMatchObject({ ok: true });
  });
  const OVER = "2020-01-01T00:00:00Z";

  test("does not tell by its answers which key ids there are", async () => {
    const known = checking({ keys: [{ id: "pay", ...key }], guesses: counting() }).credential;
    const tried = async (id: string, at: string) => {
      const statuses: number[] = [];
      for (let n = 0; n < 150; n += 1) {
        const address = `${at}.${n >> 4}.${n & 15}`;
        const answer = await known(wrong(n).replace("pay", id), { ip: address });
        statuses.push(answer.ok ? 200 : answer.status);
      }
      return statuses;
    };
    expect(await tried("pay", "10.1")).toEqual(await tried("nobody", "10.2"));
  });

  test("lets nobody's place be taken by those who wait for the answer to a guess", async () => {
    const { counted, release, waiting } = rig();
    const authenticate = checking({
      keys: [{ ...key, id: "pay", scopes: ["calls:write"] }],
      guesses: counted,
    });
    const k = await kit({ deps: { authenticate, guesses: counted, clientAddress: () => ip } });
    const held: Promise<unknown>[] = [];
    for (let n = 0; n < 100; n += 1) {
      held.push(k.send("GET", "/v1/calls", wrong(n)));
      if (n % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    while (waiting.length < 80) await new Promise((resolve) => setImmediate(resolve));
    // More than may look through the calls at once; none of them does.
    expect((await k.send("GET", "/v1/calls", made.key)).status).toBe(200);
    release();
    await Promise.all(held);
    await k.keeper.stop();
  });

  test("counts a request without any credential as no guess", async () => {
    const authenticate = checking({ guesses: counting() });
    for (let n = 0; n < 100; n += 1) {
      const answer = await authenticate(new Request("http://localhost/"), { ip });
      expect(answer).toMatchObject({ status: 401, code: "not_authenticated" });
    }
  });

  test("compares every character of a key's hash, wherever it differs and whether there is such a key", async () => {
    const { credential } = checking({ keys: [{ id: "pay", ...key }] });
    const compared = async (text: string) => {
      const reading = vi.spyOn(String.prototype, "charCodeAt");
      await credential(text);
      const { length } = reading.mock.calls;
      reading.mockRestore();
      return length;
    };
    const all = await compared(made.key);
    expect(all).toBeGreaterThanOrEqual(2 * hashOf("").length);
    for (const text of [wrong(1), wrong(2), wrong(1).replace("pay", "nob")]) {
      expect(await compared(text)).toBe(all);
    }
  });
});

describe("over the whole service", () => {
  let recorders: Recorders;
  beforeAll(async () => {
    recorders = await startRecorders();
  });
  afterAll(async () => {
    await stopServices();
    await cleanUp();
    await closeRecorders();
  });

  test("guesses are answered 429, while the honest at the same address and behind the same proxy are served", async () => {
    const tacet = await startWithin(await folder(), recorders.origins, {
      listen: { trustedProxies: ["127.0.0.1"] },
    });
    const from = (address: string) => ({ "x-forwarded-for": address });
    const guess = (n: number, address: string) =>
      asking(tacet.url, `tacet_pay_${String(n).padStart(43, "B")}`)(
        "GET",
        "/v1/calls",
        undefined,
        from(address),
      );
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => guess(n, "192.0.2.50")));
    // Where the machine is slow, one or another has come back meanwhile.
    const allowed = answers.filter(({ status }) => status === 401).length;
    expect(allowed).toBeGreaterThanOrEqual(20);
    expect(allowed).toBeLessThan(35);
    const slowed = answers.find(({ status }) => status === 429);
    expect(slowed?.body["code"]).toBe("too_many_attempts");
    expect(Number(slowed?.headers.get("retry-after"))).toBeGreaterThan(0);
    // The honest, from the very same address; and another client behind the same proxy.
    const honest = await tacet.as("pay")("GET", "/v1/calls", undefined, from("192.0.2.50"));
    expect(honest.status).toBe(200);
    expect((await guess(900, "192.0.2.51")).status).toBe(401);
    const stream = watching(tacet.url, { credential: tacet.keys.ann });
    await stream.message("subscribed");
    stream.close();
  });

  test("an address that the client made up buys no new allowance", async () => {
    const tacet = await startWithin(await folder(), recorders.origins);
    const guess = (n: number, headers: Record<string, string>) =>
      asking(tacet.url, `tacet_pay_${String(n).padStart(43, "C")}`)(
        "GET",
        "/v1/calls",
        undefined,
        headers,
      );
    const headers = (n: number) => ({
      "x-forwarded-for": `192.0.2.${n}, 127.0.0.1`,
      forwarded: `for=192.0.2.${n}`,
      "x-real-ip": `192.0.2.${n}`,
    });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => guess(n, headers(n))));
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThan(35);
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    const denied = await entriesOf(tacet.as("audit"), "&type=AccessDenied");
    // Strangers are entered in the system's own log, never in a tenant's.
    expect(denied).toEqual([]);
  });

  test("events are guessed at no faster: stream and socket share the allowance", async () => {
    const tacet = await startWithin(await folder(), recorders.origins);
    const key = (n: number) => `tacet_pay_${String(n).padStart(43, "D")}`;
    const headers = { accept: "text/event-stream" };
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        asking(tacet.url, key(n))("GET", "/v1/events", undefined, headers),
      ),
    );
    const slowed = answers.filter(({ status }) => status === 429);
    expect(slowed.length).toBeGreaterThan(5);
    expect(slowed[0]?.headers.get("retry-after")).toBeTruthy();
    const ticket = watching(tacet.url, { ticket: "tkt_nonsense", origin: "https://pay.example" });
    expect(await ticket.closed).toBe(4401);
  });
});
