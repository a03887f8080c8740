/**
 * What an operator is told before the first order: which recorder, which call, how often it will be
 * silenced, and who else may be driving it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { vendorOf } from "../../../adapters/registry.ts";
import type { RecorderPort } from "../../../control/ports.ts";
import type { Config } from "../../../policy/config.ts";
import { folderAt } from "../log/folder.ts";
import { lockFolder } from "../log/lock.ts";
import { visible } from "../output.ts";
import { tenantsOf } from "../recorders.ts";
import type { Asked } from "./ask.ts";
import { silenceCountOf } from "./run.ts";

interface Driven {
  readonly config: Config;
  readonly port: Pick<RecorderPort, "capabilities">;
  readonly targetKey: string;
}

export function introduction(
  wish: Pick<Asked, "recorderId" | "how" | "roundCount">,
  { config, port, targetKey }: Driven,
): readonly string[] {
  const { recorderId } = wish;
  const vendor = config.recorders[recorderId]?.vendor ?? "";
  const isHeard = wish.how !== "not";
  const lines = [
    `Recorder   ${recorderId} (${vendor}): ${variantOf(vendor, port)}`,
    `Test call  ${visible(targetKey)}`,
    "",
    `This call will be silenced and resumed ${silenceCountOf(wish, port.capabilities)} times. What is said meanwhile is`,
    "not recorded. Name a test call only: never a customer's, never one a service controls.",
    ...(isHeard ? ["Keep a sound on the call all the time: music, or somebody who reads."] : []),
  ];
  if (isServed(config.log.folder)) {
    lines.push(
      `WARNING: a service runs on ${config.log.folder}, and drives its calls' recorders too. If it`,
      "controls this call, the two will fight over it, and what is shown here is worth nothing.",
    );
  }
  const tenants = tenantsOf(config, recorderId);
  if (tenants.length > 0) lines.push(`Its calls are those of: ${tenants.join(", ")}.`);
  return lines;
}

/** Whether some process writes this log now. */
function isServed(path: string): boolean {
  const folder = folderAt(path);
  if (!existsSync(folder.lock)) return false;
  try {
    lockFolder(folder)();
    return false;
  } catch {
    return true;
  }
}

/** What the README's table calls this recorder, as it is configured. */
export const variantOf = (
  vendor: string,
  { capabilities }: Pick<RecorderPort, "capabilities">,
): string =>
  vendorOf(vendor)?.variants.find((one) => isDeepStrictEqual(one.capabilities, capabilities))
    ?.name ?? vendor;
