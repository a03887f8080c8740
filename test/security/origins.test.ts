/** Pages of foreign origins, and clients that make their address up. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientAddress } from "../../src/policy/clientAddress.ts";
import { closeRecorders, type Recorders, startRecorders } from "../service/acme.ts";
import { asking, watching } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { startWithin, stopServices, type Within } from "../service/within.ts";

let recorders: Recorders;
let tacet: Within;
beforeAll(async () => {
  recorders = await startRecorders();
  tacet = await startWithin(await folder(), recorders.origins);
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

const LISTED = "https://pay.example";
const FOREIGN = [
  "null",
  "https://PAY.example",
  "HTTPS://pay.example",
  "https://pay.example:443",
  "https://pay.example:8443",
  "https://pay.example.",
  "https://pay.example/",
  "https://pay.example.evil.example",
  "https://evil-pay.example",
  "https://evil.example/https://pay.example",
  "https://pay.example@evil.example",
  "https://pay.example, https://evil.example",
  "https://evil.example https://pay.example",
  "https://xn--py-nga.example",
  "http://pay.example",
  "pay.example",
  "//pay.example",
  "*",
  "",
  "chrome-extension://pay.example",
  "https://[::1]",
];

describe("a page of another origin", () => {
  test("is the only one refused: the listed one preflights, reads and watches", async () => {
    const { headers } = await preflight(LISTED);
    expect(headers.get("access-control-allow-origin")).toBe(LISTED);
    const read = await tacet.as("pay")("GET", "/v1/calls", undefined, { origin: LISTED });
    expect(read.headers.get("access-control-allow-origin")).toBe(LISTED);
    // No cookie is ever meant, so none is allowed to be sent.
    expect(read.headers.get("access-control-allow-credentials")).toBeNull();
    const desk = watching(tacet.url, { credential: tacet.keys.ann, origin: LISTED });
    await desk.message("subscribed");
    desk.close();
  });

  const preflight = (origin: string) =>
    asking(tacet.url)("OPTIONS", "/v1/calls/c1/pause", undefined, {
      origin,
      "access-control-request-method": "POST",
    });
  const withoutCors = (headers: Headers) =>
    [...headers.keys()].filter((name) => name.startsWith("access-control-"));

  test.each(FOREIGN)("such as %j preflights nothing and reads nothing", async (origin) => {
    expect(withoutCors((await preflight(origin)).headers)).toEqual([]);
    for (const answer of [
      await tacet.as("pay")("GET", "/v1/calls", undefined, { origin }),
      await asking(tacet.url)("GET", "/v1/calls", undefined, { origin }),
      await asking(tacet.url)("GET", "/nowhere", undefined, { origin }),
      await asking(tacet.url)("DELETE", "/v1/calls", undefined, { origin }),
      await asking(tacet.url)("GET", "/healthz", undefined, { origin }),
    ]) {
      expect(withoutCors(answer.headers)).toEqual([]);
      expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    }
  });

  test.each(FOREIGN.filter((origin) => origin !== ""))(
    "such as %j watches nothing, by a good credential",
    async (origin) => {
      const wall = watching(tacet.url, { credential: tacet.keys.sue, origin });
      expect(await wall.closed).toBe(4403);
      expect(wall.got).toEqual([]);
      const headers = { origin, accept: "text/event-stream" };
      const stream = await tacet.as("sue")("GET", "/v1/events?all=true", undefined, headers);
      expect(stream.status).toBe(403);
    },
  );
});

/** What a client, or a proxy that is not trusted, says of where it is. */
describe("an address that was made up", () => {
  const at = clientAddress(["10.0.0.0/8", "2001:db8:ffff::/48"]);

  test.each([
    ["alone", "127.0.0.1"],
    ["as a chain through our own proxies", "127.0.0.1, 10.0.0.1, 10.0.0.2"],
    ["as nothing", ""],
    ["a thousand times", Array.from({ length: 1_000 }, () => "127.0.0.1").join(",")],
  ])("%s, by who is no proxy of ours, is not believed", (_, forwarded) => {
    expect(at("203.0.113.9", forwarded)).toBe("203.0.113.9");
    expect(at("::ffff:203.0.113.9", forwarded)).toBe("203.0.113.9");
    expect(at("2001:db8::9", forwarded)).toBe("2001:db8::9");
  });

  test.each([
    ["in front of what the proxy saw", "127.0.0.1, 198.51.100.7"],
    ["as one of our proxies, in front", "10.0.0.9, 198.51.100.7"],
    ["as a list of both, without spaces", "127.0.0.1,10.0.0.9,198.51.100.7"],
    ["behind a word that is no address", "127.0.0.1, unknown, 198.51.100.7"],
    ["with our proxies named twice behind", "127.0.0.1, 198.51.100.7, 10.0.0.3, 10.0.0.2"],
  ])("%s, is not believed: the last that our proxies did not say themselves counts", (_, chain) => {
    expect(at("10.0.0.2", chain)).toBe("198.51.100.7");
    expect(at("2001:db8:ffff::2", chain)).toBe("198.51.100.7");
  });

  test.each([
    "_hidden",
    "127.0.0.1;evil",
    "[::1",
    "1",
    "0x7f000001",
    "127.1",
    "for=127.0.0.1",
    "%",
  ])("as %j, by our own proxy, leaves the proxy's", (word) => {
    expect(at("10.0.0.2", word)).toBe("10.0.0.2");
  });

  test("is never more than a chain of 32: what stands before it is not reached", () => {
    const chain = [
      ...Array.from({ length: 1 }, () => "198.51.100.1"),
      ...Array(40).fill("10.0.0.3"),
    ];
    expect(at("10.0.0.2", chain.join(", "))).toBe("10.0.0.3");
  });

  test("by other headers than the one that is read, is not read at all", async () => {
    const headers = {
      forwarded: "for=192.0.2.60",
      "x-real-ip": "192.0.2.60",
      "x-client-ip": "192.0.2.60",
      "cf-connecting-ip": "192.0.2.60",
      "true-client-ip": "192.0.2.60",
    };
    await tacet.as("ops")("GET", "/v1/log/entries", undefined, headers);
    const { text } = await tacet.as("audit")("GET", "/v1/log/entries?type=AccessDenied");
    expect(text).toContain('"ip":"127.0.0.1"');
    expect(text).not.toContain("192.0.2.60");
  });
});
