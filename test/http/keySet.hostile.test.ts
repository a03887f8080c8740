/** An issuer's key set that unpacks to far more than its bound is cut while it is unpacked. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { issuerKeys, KeysUnavailable } from "../../src/http/issuerKeys.ts";
import { issuerSchema } from "../../src/policy/configAuth.ts";

const BOMB_BYTES = 60_000_000;

test("a key set that is a packed bomb is given up before it fills memory", async () => {
  const packed = gzipSync(Buffer.alloc(BOMB_BYTES, " "), { level: 9 });
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" });
    response.end(packed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const config = issuerSchema.parse({
    issuer: "https://issuer.example",
    audience: ["tacet"],
    tenants: ["acme"],
    jwksMsMax: 60_000,
    jwksUrl: `http://127.0.0.1:${port}/keys`,
  });
  const before = process.memoryUsage();
  const keys = issuerKeys(config, { clock: Date.now });
  await expect(keys.find({ alg: "ES256", kid: "k" }, {} as never)).rejects.toThrow(KeysUnavailable);
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(grown).toBeLessThan(BOMB_BYTES / 4);
  server.closeAllConnections();
  server.close();
});
