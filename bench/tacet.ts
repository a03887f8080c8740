/**
 * tacet as it is served: one AnywhereNow recorder, an API key, its log on this disk. Arguments: the
 * recorder's URL and the log's folder.
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

const [recorderUrl = "", folder = ""] = process.argv.slice(2);
const { hash, key } = makeApiKey("bench");
const parsed = parseConfig(
  {
    listen: { host: "127.0.0.1", port: 0 },
    ops: { listen: { host: "127.0.0.1", port: 0 } },
    log: { folder, origin: "bench.example" },
    recorders: {
      recorder: {
        vendor: "anywherenow",
        connectionCountMax: 64,
        settings: {
          baseUrl: `${recorderUrl}/attendantservice`,
          requesterSipUri: REQUESTER,
        },
      },
    },
    tenants: {
      bench: { atLeaseEnd: "resume", routes: [{ recorders: [{ recorder: "recorder" }] }] },
    },
    auth: {
      apiKeys: [
        {
          id: "bench",
          hash,
          tenant: "bench",
          kind: "payment",
          scopes: ["calls:write", "targets:write", "windows:write", "events:read"],
        },
      ],
    },
  },
  vendors,
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const service = await startService(parsed.config, {
  logger: nodeLogger("info"),
  version: VERSION,
});
process.send?.({ url: service.api.url, key });
process.once("disconnect", () => void service.stop("the bench is over").then(() => process.exit()));
