/**
 * Serves the sandbox's pretended shop on loopback, with the keys and the recorders it shows.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { shopPages } from "../../console/shop/index.ts";
import type { Simulator } from "../../sandbox/simulator.ts";
import { shop } from "../../sandbox/shop/index.ts";
import { browserModules } from "./browserModules.ts";
import { devKey, devToken } from "./devToken.ts";
import { type ListeningSimulator, listenSimulator } from "./listenSimulator.ts";
import { AGENT, TENANT, UCC } from "./sandboxConfig.ts";

/** Apart from the conversations that the commands to paste use. */
const CHANNEL = 9;
const TOKEN_LIFE_MS = 600_000;

export interface SandboxShopOptions {
  readonly tacet: () => string;
  readonly shopKey: () => string;
  /** Holds the development key. */
  readonly folder: string;
  readonly anywherenow: Simulator;
  readonly vslogger: Simulator;
}

export async function listenShop(options: SandboxShopOptions): Promise<ListeningSimulator> {
  const { anywherenow, folder, vslogger } = options;
  const app = shop({
    tacet: options.tacet,
    shopKey: options.shopKey,
    agentId: AGENT,
    page: shopPages({ tacet: options.tacet, agentId: AGENT }),
    module: browserModules(["pages/shop.ts"]),
    async agentKey() {
      const claims = {
        id: AGENT,
        tenant: TENANT,
        kind: "agent",
        scopes: ["windows:write", "events:read", "tickets:issue"],
        agentId: AGENT,
        lifeMs: TOKEN_LIFE_MS,
      } as const;
      return await devToken(await devKey(folder), claims, Date.now());
    },
    recorders: [
      {
        id: "anywherenow-demo",
        name: "AnywhereNow",
        simulator: anywherenow,
        begin() {
          const held = randomUUID();
          anywherenow.begin(held);
          return { held, target: { uccName: UCC, correlationId: held } };
        },
      },
      {
        id: "vslogger-demo",
        name: "VSLogger",
        simulator: vslogger,
        begin() {
          const held = String(CHANNEL);
          vslogger.begin(held, { extension: "419", session_id: `shop-${randomUUID()}` });
          return { held, target: { channel: CHANNEL } };
        },
      },
    ],
  });
  return await listenSimulator({ app });
}
