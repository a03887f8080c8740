/**
 * The sandbox: simulated recorders speaking their real HTTP on loopback, and the service that
 * drives them.
 *
 * @module
 */
import type { Logger } from "../../http/deps.ts";
import { anywherenowSimulator } from "../../sandbox/anywherenow/index.ts";
import { vsloggerSimulator } from "../../sandbox/vslogger/index.ts";
import { type ListeningSimulator, listenSimulator } from "./listenSimulator.ts";
import { type SandboxKeys, SALT, sandboxConfig } from "./sandboxConfig.ts";
import { listenShop } from "./sandboxShop.ts";
import { type Service, startService } from "./service.ts";
import { VERSION } from "./version.ts";

/** Conversations that are being recorded when the sandbox starts. */
export const CONVERSATIONS = [
  { correlationId: "1d6c6a58-6739-4f0c-98ff-0968292c8c30", channel: "5", extension: "410" },
  { correlationId: "2b1f0c1e-0d5e-4d39-9f35-7c1f7e1f6a01", channel: "6", extension: "411" },
  { correlationId: "3c2e1d2f-1e6f-4e4a-8a46-8d2e8f2e7b02", channel: "7", extension: "412" },
] as const;

export interface Sandbox {
  readonly service: Service;
  readonly keys: SandboxKeys;
  readonly anywherenow: ListeningSimulator;
  readonly vslogger: ListeningSimulator;
  readonly logFolder: string;
  /** Where the sandbox's page is: a pretended shop, a desktop and the recorders. */
  readonly page: string;
  stop(reason: string): Promise<void>;
}

export interface SandboxOptions {
  readonly folder: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly logger: Logger;
  /** Of payment pages that are tried against it, such as `http://127.0.0.1:3000`. */
  readonly origins?: readonly string[];
  readonly rules?: Readonly<Record<string, number>>;
}

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const recorder = anywherenowSimulator();
  const logger = vsloggerSimulator({ version: "5.1.0.0", hash: { type: "SHA-256", salt: SALT } });
  for (const { channel, correlationId, extension } of CONVERSATIONS) {
    recorder.begin(correlationId);
    logger.begin(channel, {
      extension,
      session_id: `session-${channel}`,
      agent_id: `agent-${extension}`,
    });
  }
  const anywherenow = await listenSimulator(recorder);
  const vslogger = await listenSimulator(logger);
  let service: Service | undefined;
  let keys: SandboxKeys | undefined;
  const shop = await listenShop({
    tacet: () => service?.api.url ?? "",
    shopKey: () => keys?.payment ?? "",
    folder: options.folder,
    anywherenow: recorder,
    vslogger: logger,
  });
  const closeSimulators = () => Promise.all([anywherenow.close(), vslogger.close(), shop.close()]);
  try {
    const made = await sandboxConfig({
      folder: options.folder,
      port: options.port,
      anywherenow: anywherenow.origin,
      vslogger: vslogger.origin,
      shop: shop.origin,
      ...(options.origins === undefined ? {} : { origins: options.origins }),
      ...(options.rules === undefined ? {} : { rules: options.rules }),
    });
    const { config } = made;
    ({ keys } = made);
    const started = await startService(config, { logger: options.logger, version: VERSION });
    service = started;
    return {
      service: started,
      keys,
      page: `${shop.origin}/sandbox`,
      anywherenow,
      vslogger,
      logFolder: config.log.folder,
      async stop(reason) {
        await started.stop(reason);
        await closeSimulators();
      },
    };
  } catch (error) {
    await closeSimulators();
    throw error;
  }
}
