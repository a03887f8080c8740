/** Who reaches the listener, by which way, and whose word on addresses and origins is believed. */
import { request } from "node:https";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { authority } from "../adapters/certificates.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { asking, entriesOf, until, watching } from "./client.ts";
import { command } from "./command.ts";
import { cleanUp, folder } from "./process.ts";
import { serve, serveFile } from "./serve.ts";
import { startWithin, stopServices } from "./within.ts";

let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
vi.setConfig({ testTimeout: 60_000 });
afterEach(async () => {
  await stopServices();
  await cleanUp();
});
afterAll(closeRecorders);

interface Secure {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly maxVersion?: "TLSv1.1";
  readonly minVersion?: "TLSv1";
  readonly ciphers?: string;
}

function overTls(
  url: string,
  credential: string,
  method: string,
  path: string,
  secure: Secure,
  body?: object,
) {
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
    const asked = request(url + path, { method, headers, agent: false, ...secure }, (response) => {
      let text = "";
      response.on("data", (data: Buffer) => (text += data.toString()));
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(text) as Record<string, unknown>,
        });
      });
    });
    asked.once("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test("over TLS, with files from the configuration's folder, the API and the event stream work", async () => {
  const place = await folder();
  const root = authority("tacet test");
  const { cert, key } = root.issue("tacet.test");
  await writeFile(join(place, "tacet.crt"), cert);
  await writeFile(join(place, "tacet.key"), key, { mode: 0o600 });
  const { document, keys } = await acme(place, recorders.origins, {
    listen: { tls: { cert: { file: "tacet.crt" }, key: { file: "tacet.key" } } },
  });
  const { url } = await serveFile(await written(place, document), keys);
  expect(url).toMatch(/^https:/);
  const one = begin(recorders, 10);
  const secure = { ca: root.cert };
  const put = await overTls(url, keys.pay, "PUT", "/v1/calls/c10", secure, {
    targets: one.targets,
  });
  expect(put.status).toBe(201);
  const desktop = watching(url, { credential: keys.ann, ca: root.cert });
  await desktop.message("subscribed");
  const paused = await overTls(url, keys.pay, "POST", "/v1/calls/c10/pause", secure, {
    windowId: "w10",
  });
  expect(paused).toMatchObject({ status: 200, body: { safeToCollect: true } });
  expect(one.heard()).toEqual(["paused", "paused"]);
  desktop.close();

  const old = {
    ...secure,
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0",
  } as const;
  await expect(overTls(url, keys.pay, "GET", "/v1/calls", old)).rejects.toThrow();
  const stranger = authority("somebody else");
  await expect(overTls(url, keys.pay, "GET", "/v1/calls", { ca: stranger.cert })).rejects.toThrow();
  await expect(fetch(url.replace("https", "http"))).rejects.toThrow();
});

test("where clients must show a certificate, others get no answer", async () => {
  const place = await folder();
  const [root, clients] = [authority("tacet test"), authority("clients")];
  const listen = { tls: { ...root.issue("tacet.test"), clientCa: clients.cert } };
  const { keys, url } = await startWithin(place, recorders.origins, { listen });
  const known = { ca: root.cert, ...clients.issue("page") };
  expect((await overTls(url, keys.pay, "GET", "/v1/calls", known)).status).toBe(200);
  await expect(overTls(url, keys.pay, "GET", "/v1/calls", { ca: root.cert })).rejects.toThrow();
  const forged = { ca: root.cert, ...root.issue("page") };
  await expect(overTls(url, keys.pay, "GET", "/v1/calls", forged)).rejects.toThrow();
});

test("plain HTTP beyond loopback is refused, unless the configuration says so aloud", async () => {
  const place = await folder();
  const { document, keys } = await acme(place, recorders.origins, { listen: { host: "0.0.0.0" } });
  const refused = await command(["serve", "--config", await written(place, document)]);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/listen\.tls: .*listen\.plainHttp: true/);
  const aloud = { ...document, listen: { ...document.listen, plainHttp: true } };
  const { url } = await serveFile(await written(place, aloud), keys);
  expect((await asking(url, keys.pay)("GET", "/v1/calls")).status).toBe(200);
});

test("a recorder over plain HTTP beyond loopback is refused, unless said aloud, and then it is loud", async () => {
  const place = await folder();
  const { document, keys } = await acme(place, recorders.origins);
  // Reserved for documentation: nothing is there.
  document.recorders.vslogger.settings.baseUrl = "http://192.0.2.77";
  const refused = await command(["serve", "--config", await written(place, document)]);
  expect(refused.err).toMatch(/recorders\.vslogger\.plainHttp: /);
  Object.assign(document.recorders.vslogger, { plainHttp: true });
  const served = await serveFile(await written(place, document), keys);
  const said = await served.process.said(/"level":40[^\n]*"recorderId":"vslogger"[^\n]*/);
  expect(said[0]).toContain("http://192.0.2.77");
  const { body } = await served.as("ops")("GET", "/v1/recorders");
  const warnings = (body["recorders"] as { recorderId: string; warnings: string[] }[])
    .filter(({ recorderId }) => recorderId === "vslogger")
    .map((recorder) => recorder.warnings);
  expect(warnings).toEqual([[expect.stringContaining("plain HTTP")]]);
});

test("a forwarded address is entered only where a trusted proxy says it", async () => {
  const forwarded = { "x-forwarded-for": "203.0.113.9, 198.51.100.4" };
  const ipOf = async (trustedProxies: readonly string[]) => {
    const served = await startWithin(await folder(), recorders.origins, {
      listen: { trustedProxies },
    });
    const one = begin(recorders, 11);
    const body = { targets: one.targets };
    await served.as("pay")("PUT", "/v1/calls/c11", body, forwarded);
    await asking(served.url)("GET", "/v1/calls", undefined, forwarded);
    const entries = await entriesOf(served.as("audit"), "&callId=c11&type=CallRegistered");
    return entries[0]?.origin.ip;
  };
  expect(await ipOf([])).toBe("127.0.0.1");
  expect(await ipOf(["10.0.0.0/8"])).toBe("127.0.0.1");
  expect(await ipOf(["127.0.0.1"])).toBe("198.51.100.4");
  // The chain is read from its end, as far as it is trusted.
  expect(await ipOf(["127.0.0.1", "198.51.100.0/24"])).toBe("203.0.113.9");
});

test("a page may call from the origins that policy lists, and from no other", async () => {
  const served = await serve(await folder(), recorders);
  const preflight = async (origin: string) => {
    const { headers, status } = await asking(served.url)(
      "OPTIONS",
      "/v1/calls/c1/pause",
      undefined,
      {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, idempotency-key",
      },
    );
    const allow = (name: string) => headers.get(`access-control-allow-${name}`);
    return {
      status,
      origin: allow("origin"),
      methods: allow("methods"),
      headers: allow("headers"),
    };
  };
  const listed = await preflight("https://pay.example");
  expect(listed).toMatchObject({ status: 204, origin: "https://pay.example" });
  expect(listed.methods).toContain("POST");
  expect(listed.headers).toContain("idempotency-key");
  for (const origin of [
    "https://evil.example",
    "https://pay.example.evil.example",
    "http://pay.example",
    "null",
  ]) {
    expect(await preflight(origin)).toEqual({
      status: 204,
      origin: null,
      methods: null,
      headers: null,
    });
    const answer = await served.as("pay")("GET", "/v1/calls", undefined, { origin });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(await watching(served.url, { credential: served.keys.ann, origin }).closed).toBe(4403);
  }
  const denied = await until(
    () => entriesOf(served.as("audit"), "&type=AccessDenied"),
    (entries) => entries.length > 0,
  );
  expect(denied[0]?.origin.ip).toBe("127.0.0.1");
});
