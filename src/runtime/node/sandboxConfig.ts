/**
 * The sandbox's own configuration: the real service with simulated recorders, a development key,
 * and a log that says of itself that it is the sandbox's.
 *
 * @module
 */
import { writeFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { vendors } from "../../adapters/registry.ts";
import { makeApiKey } from "../../http/apiKeys.ts";
import { type Config, parseConfig } from "../../policy/config.ts";
import { classicPath, hubName } from "../../sandbox/anywherenow/hub.ts";
import { devIssuer, devKey } from "./devToken.ts";
import { keptText } from "./secretFile.ts";

/** A file of this name marks a log folder as the sandbox's; a served configuration refuses it. */
export const SANDBOX_MARK = "SANDBOX";
export const TENANT = "sandbox";
export const AGENT = "a-204";
export const SALT = "sandbox-salt";
export const UCC = "ucc-demo";

export interface SandboxKeys {
  /** A payment system's, which also registers and ends calls. */
  readonly payment: string;
  /** A second payment system's, to show windows of two owners. */
  readonly ivr: string;
  readonly auditor: string;
}

export interface SandboxPlaces {
  /** Holds keys and log; 0700. */
  readonly folder: string;
  readonly port: number;
  readonly anywherenow: string;
  readonly vslogger: string;
  /** The origin of the pretended shop's pages. */
  readonly shop: string;
  /** Origins of other pages that may call. */
  readonly origins?: readonly string[];
  /** Shorter leases and waits than the defaults, for the demo. */
  readonly rules?: Readonly<Record<string, number>>;
}

export async function sandboxConfig(
  places: SandboxPlaces,
): Promise<{ readonly config: Config; readonly keys: SandboxKeys }> {
  const { folder } = places;
  const logFolder = join(folder, "log");
  await mkdir(logFolder, { recursive: true, mode: 0o700 });
  await writeFile(
    join(logFolder, SANDBOX_MARK),
    "Simulated recorders. Nothing here is evidence.\n",
  );
  const keys = await keptKeys(folder);
  const apiKeys = await Promise.all([
    apiKey("sandbox-payment", keys.payment, "payment", [
      "calls:write",
      "targets:write",
      "windows:write",
      "events:read",
      "tickets:issue",
    ]),
    apiKey("sandbox-ivr", keys.ivr, "payment", ["windows:write", "events:read"]),
    apiKey("sandbox-auditor", keys.auditor, "auditor", ["log:read", "log:export", "events:read"]),
  ]);
  const document = {
    sandbox: true,
    listen: { host: "127.0.0.1", port: places.port },
    ops: { listen: { host: "127.0.0.1", port: 0 } },
    log: { folder: logFolder, origin: "sandbox.tacet.invalid" },
    recorders: {
      "anywherenow-demo": {
        vendor: "anywherenow",
        settings: {
          baseUrl: `${places.anywherenow}/attendantservice`,
          requesterSipUri: "sip:agent@domain.com",
          bookmark: true,
          uccNames: [UCC],
          push: { url: `${places.anywherenow}${classicPath}`, hub: hubName },
        },
      },
      "vslogger-demo": {
        vendor: "vslogger",
        settings: {
          baseUrl: places.vslogger,
          version: "5.1.0.0",
          hash: { type: "sha-256", salt: SALT },
        },
      },
    },
    tenants: {
      [TENANT]: {
        atLeaseEnd: "resume",
        rules: places.rules ?? {},
        origins: [places.shop, ...(places.origins ?? [])],
        routes: [{ recorders: [{ recorder: "anywherenow-demo" }, { recorder: "vslogger-demo" }] }],
        agents: { [AGENT]: { extension: "410", sipUri: "sip:agent@domain.com" } },
      },
    },
    auth: { apiKeys, issuers: [devIssuer(await devKey(folder), [TENANT])] },
  };
  const parsed = parseConfig(document, vendors, { sandboxAllowed: true });
  if (!parsed.ok) {
    throw new Error(`the sandbox's configuration is wrong: ${JSON.stringify(parsed.problems)}`);
  }
  return { config: parsed.config, keys };
}

/** Made at the first start and kept, readable by this user alone. */
async function keptKeys(folder: string): Promise<SandboxKeys> {
  const made = async (name: string) => {
    const path = join(folder, `${name}.key`);
    await keptText(path, () => Promise.resolve(makeApiKey(`sandbox-${name}`).key));
    return (await readFile(path, "utf8")).trim();
  };
  return { payment: await made("payment"), ivr: await made("ivr"), auditor: await made("auditor") };
}

async function apiKey(id: string, key: string, kind: string, scopes: readonly string[]) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return {
    id,
    hash: `sha256:${Buffer.from(digest).toString("hex")}`,
    tenant: TENANT,
    kind,
    scopes,
  };
}
