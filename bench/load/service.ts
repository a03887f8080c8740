/**
 * tacet as it is served, for the load: one tenant, one recorder, one API key. Arguments: the log's
 * folder, the recorder's URL, how many readers may connect, and after how many ms the recorder answers.
 *
 * @module
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { vendors } from "../../src/adapters/registry.ts";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { startService } from "../../src/runtime/node/service.ts";
import { VERSION } from "../../src/runtime/node/version.ts";
import { REQUESTER } from "../wire.ts";
import type { Looked } from "./orders.ts";

const [folder = "", recorderUrl = "", readers = ""] = process.argv.slice(2);
const SAMPLE_MS = 250;

const { hash, key } = makeApiKey("load");
const parsed = parseConfig(
  {
    listen: { host: "127.0.0.1", port: 0 },
    ops: { listen: { host: "127.0.0.1", port: 0 } },
    log: { folder, origin: "load.example" },
    events: { socketCountMax: Number(readers), principalSocketCountMax: Number(readers) },
    recorders: {
      load: {
        vendor: "anywherenow",
        connectionCountMax: 64,
        settings: { baseUrl: `${recorderUrl}/attendantservice`, requesterSipUri: REQUESTER },
      },
    },
    tenants: { load: { atLeaseEnd: "resume", routes: [{ recorders: [{ recorder: "load" }] }] } },
    auth: {
      apiKeys: [
        {
          id: "load",
          hash,
          tenant: "load",
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
  logger: nodeLogger("warn"),
  version: VERSION,
});

const loop = monitorEventLoopDelay({ resolution: 10 });
loop.enable();
let rssPeakBytes = 0;
let cpu = process.cpuUsage();
let lookedAt = performance.now();
const sample = setInterval(() => {
  rssPeakBytes = Math.max(rssPeakBytes, process.memoryUsage.rss());
}, SAMPLE_MS);

function look(): Looked {
  const used = process.cpuUsage(cpu);
  const elapsedMs = performance.now() - lookedAt;
  const { heapUsed, rss } = process.memoryUsage();
  const looked = {
    rssBytes: rss,
    rssPeakBytes: Math.max(rssPeakBytes, rss),
    heapBytes: heapUsed,
    busyShare: (used.user + used.system) / 1_000 / elapsedMs,
    loopDelayP99Ms: loop.percentile(99) / 1e6,
  };
  loop.reset();
  rssPeakBytes = 0;
  cpu = process.cpuUsage();
  lookedAt = performance.now();
  return looked;
}

process.on("message", () => process.send?.(look()));
process.send?.({ url: service.api.url, key });
process.once("disconnect", () => {
  clearInterval(sample);
  void service.stop("the load is over").then(() => process.exit());
});
