/** The whole service inside the test's own process, for what needs no process of its own. */
import { vendors } from "../../src/adapters/registry.ts";
import { parseConfig } from "../../src/policy/config.ts";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { type Service, startService } from "../../src/runtime/node/service.ts";
import { hear } from "../security/marks.ts";
import { acme, type Keys, type Recorders, type Who, type Wish } from "./acme.ts";
import { type Ask, asking, type Watching, watching } from "./client.ts";

export interface Within {
  readonly service: Service;
  readonly url: string;
  readonly keys: Keys;
  /** What the service wrote for its operators. */
  readonly logged: string[];
  readonly as: (who: Who) => Ask;
  readonly watch: (who: Who) => Watching;
}

const running: Service[] = [];

/** Rejects as `startService` does. Stopped by `stopServices`. */
export async function startWithin(
  place: string,
  recorders: Recorders["origins"],
  wish: Wish = {},
): Promise<Within> {
  const { document, keys } = await acme(place, recorders, wish);
  const parsed = parseConfig(document, vendors);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const logged: string[] = [];
  hear("the operators' log", () => logged.join("\n"));
  const logger = nodeLogger("info", { write: (line) => void logged.push(line) });
  const service = await startService(parsed.config, { logger, version: "0.0.0-test" });
  running.push(service);
  const { url } = service.api;
  return {
    service,
    url,
    keys,
    logged,
    as: (who) => asking(url, keys[who]),
    watch: (who) => watching(url, { credential: keys[who] }),
  };
}

export async function stopServices(): Promise<void> {
  await Promise.all(running.splice(0).map((one) => one.stop("test")));
}
