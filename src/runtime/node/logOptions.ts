/**
 * What the configuration says of the control log, as opening it asks for it.
 *
 * @module
 */
import type { Config } from "../../policy/config.ts";
import type { ThreadLogOptions } from "./log/threadProtocol.ts";

export function logOptions({ log }: Config): ThreadLogOptions {
  return {
    folder: log.folder,
    originBase: log.origin,
    ...(log.signingKeyPath === undefined ? {} : { signingKeyPath: log.signingKeyPath }),
    signMs: log.checkpointMs,
    ballastBytes: log.ballastBytes,
    callCountMax: log.cachedCallCountMax,
    shipFolders: log.ship.folders,
  };
}
