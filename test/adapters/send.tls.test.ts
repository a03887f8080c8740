/** TLS of the Node HTTP port: who is trusted, who is shown, and what is too old. */
import { createServer } from "node:https";
import type { ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { authority } from "./certificates.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import type { NodeSendOptions } from "../../src/runtime/node/send.ts";

const ours = authority("tacet test authority");
const theirs = authority("another authority");
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(options: ServerOptions = {}): Promise<{ origin: string; port: number }> {
  const server = createServer({ ...ours.issue("recorder"), ...options }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(String(subject?.CN));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `https://127.0.0.1:${port}`, port };
}

async function ask(origin: string, tls: NonNullable<NodeSendOptions["tls"]>) {
  const send = nodeSend({ origins: [origin], tls });
  closing.push(() => send.close());
  return send({ method: "GET", url: `${origin}/`, headers: {} }, AbortSignal.timeout(10_000));
}

test("an unknown authority is refused before anything is sent", async () => {
  const { origin } = await serve();
  for (const tls of [{}, { ca: [theirs.cert] }]) {
    expect(await ask(origin, tls)).toMatchObject({
      kind: "not_sent",
      detail: expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    });
  }
});

test("a configured authority is trusted", async () => {
  const { origin } = await serve();
  expect(await ask(origin, { ca: [theirs.cert, ours.cert] })).toMatchObject({ kind: "reply" });
});

test("a certificate for another name is refused before anything is sent", async () => {
  const { origin } = await serve(ours.issue("recorder", ["recorder.example.com"]));
  expect(await ask(origin, { ca: [ours.cert] })).toMatchObject({
    kind: "not_sent",
    detail: expect.stringContaining("ALTNAME"),
  });
});

test("a certificate for a configured name is trusted under that name", async () => {
  const { origin } = await serve(ours.issue("recorder", ["recorder.example.com"]));
  const tls = { ca: ours.cert, serverName: "recorder.example.com" };
  expect(await ask(origin, tls)).toMatchObject({ kind: "reply" });
  expect(await ask(origin, { ...tls, serverName: "other.example.com" })).toMatchObject({
    kind: "not_sent",
  });
});

test("the client certificate is shown to a recorder that asks for one", async () => {
  const { origin } = await serve({ requestCert: true, rejectUnauthorized: true, ca: [ours.cert] });
  const shown = await ask(origin, { ca: [ours.cert], ...ours.issue("tacet") });
  expect(shown).toMatchObject({ kind: "reply", reply: { body: "tacet" } });
  expect((await ask(origin, { ca: [ours.cert] })).kind).not.toBe("reply");
});

test("TLS 1.1 is refused before anything is sent", async () => {
  const old = { minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  const { origin, port } = await serve({ ...old, maxVersion: "TLSv1.1" });
  const spoken = await new Promise((resolve, reject) => {
    const socket = connect({ ...old, port, host: "127.0.0.1", ca: [ours.cert] }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on("error", reject);
  });
  expect(spoken).toBe("TLSv1.1");
  expect(await ask(origin, { ca: [ours.cert] })).toMatchObject({
    kind: "not_sent",
    detail: expect.stringMatching(/SSL|TLS|EPROTO/),
  });
});

test("TLS 1.2 is spoken, and refused where 1.3 is asked for", async () => {
  const { origin } = await serve({ maxVersion: "TLSv1.2" });
  expect(await ask(origin, { ca: [ours.cert] })).toMatchObject({ kind: "reply" });
  expect(await ask(origin, { ca: [ours.cert], minVersion: "TLSv1.3" })).toMatchObject({
    kind: "not_sent",
  });
});
