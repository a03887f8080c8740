/**
 * tacet as it is served, its log on this disk: for each of the recorder's URLs a tenant `bench-N` with
 * that one AnywhereNow recorder and an API key. Arguments: the log's folder and the URLs.
 *
 * @module
 */
import { vendors } from "../src/adapters/registry.ts";
import { makeApiKey } from "../src/http/apiKeys.ts";
import { parseConfig } from "../src/policy/config.ts";
import { nodeLogger } from "../src/runtime/node/logging.ts";
import { startService } from "../src/runtime/node/service.ts";
import { VERSION } from "../src/runtime/node/version.ts";
import { REQUESTER } from "./wire.ts";

const [folder = "", ...recorderUrls] = process.argv.slice(2);
const tenants = recorderUrls.map((url, index) => ({
  url,
  tenant: `bench-${index}`,
  ...makeApiKey(`bench-${index}`),
}));

const parsed = parseConfig(
  {
    listen: { host: "127.0.0.1", port: 0 },
    ops: { listen: { host: "127.0.0.1", port: 0 } },
    log: { folder, origin: "bench.example" },
    recorders: Object.fromEntries(
      tenants.map(({ tenant, url }) => [
        tenant,
        {
          vendor: "anywherenow",
          connectionCountMax: 64,
          settings: { baseUrl: `${url}/attendantservice`, requesterSipUri: REQUESTER },
        },
      ]),
    ),
    tenants: Object.fromEntries(
      tenants.map(({ tenant }) => [
        tenant,
        { atLeaseEnd: "resume", routes: [{ recorders: [{ recorder: tenant }] }] },
      ]),
    ),
    auth: {
      apiKeys: tenants.map(({ hash, tenant }) => ({
        id: tenant,
        hash,
        tenant,
        kind: "payment",
        scopes: ["calls:write", "targets:write", "windows:write", "events:read"],
      })),
    },
  },
  vendors,
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const service = await startService(parsed.config, {
  logger: nodeLogger("info"),
  version: VERSION,
});
process.send?.({ urls: [service.api.url], keys: tenants.map(({ key }) => key) });
process.once("disconnect", () => void service.stop("the bench is over").then(() => process.exit()));
