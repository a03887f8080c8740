/**
 * `tacet serve` and `tacet check`: the configured service, and a look at whether it would work.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { vendors } from "../../adapters/registry.ts";
import type { Config } from "../../policy/config.ts";
import type { Logger } from "../../http/deps.ts";
import { nodeClock } from "./clock.ts";
import { copyPlace } from "./copies/index.ts";
import { keptFor } from "../../policy/configRetention.ts";
import { type Help, usageOf } from "./help.ts";
import { loadConfig, type LoadedConfig } from "./configFile.ts";
import { nodeLogger } from "./logging.ts";
import { placeOf, toldOf } from "./alerts/senders.ts";
import { type Output, messageOf, stopSignal, visible } from "./output.ts";
import { exposedIn, exposedSecrets } from "./permissions.ts";
import { nodeFleet } from "./recorders.ts";
import { SANDBOX_MARK } from "./sandboxConfig.ts";
import { startService } from "./service.ts";
import { VERSION } from "./version.ts";

export const SERVE_HELP: Help = {
  name: "serve",
  does: "Runs the configured service.",
  usage: ["[--config FILE]"],
  terms: {
    "--config": "the configuration; otherwise TACET_CONFIG, ./tacet.yaml or /etc/tacet/tacet.yaml",
  },
  exit: {
    0: "it was stopped",
    1: "it could not start: the configuration, a port or the log says why",
    2: "the arguments do not fit",
  },
  examples: ["tacet serve --config /etc/tacet/tacet.yaml"],
};

export const CHECK_HELP: Help = {
  name: "check",
  does: "Checks the configuration, and asks every recorder whether it will obey.",
  usage: ["[--config FILE]"],
  terms: {
    "--config": "the configuration; otherwise TACET_CONFIG, ./tacet.yaml or /etc/tacet/tacet.yaml",
  },
  exit: {
    0: "the configuration is good, and every recorder is ready",
    1: "something is to be put right before serving",
    2: "the arguments do not fit",
  },
  examples: ["tacet check --config /etc/tacet/tacet.yaml"],
};

/** Beside what open requests are given. */
const STOP_MORE_MS = 20_000;

export async function serveCommand(args: readonly string[], io: Output): Promise<number> {
  const loaded = await configured(args, io, SERVE_HELP);
  if (typeof loaded === "number") return loaded;
  const { config, secretPaths } = loaded;
  const refusal = sandboxLog(config);
  if (refusal !== undefined) {
    io.err(refusal);
    return 1;
  }
  const logger = nodeLogger(config.logging.level);
  try {
    const stopped = stopSignal();
    const service = await startService(config, { logger, version: VERSION });
    for (const { detail, path } of [
      ...exposedSecrets(secretPaths),
      ...exposedIn(config.log.folder),
    ]) {
      logger.warn({ path, detail }, "a file of this service is exposed");
    }
    logger.info({ url: service.api.url, version: VERSION }, "tacet serves");
    logger.info({ url: service.ops.url }, "metrics, documentation and health detail");
    const reason = await stopped;
    logger.info({ signal: reason }, "tacet stops: no new windows, what runs is left to the log");
    endAtLast(logger, config.listen.stopMsMax + STOP_MORE_MS);
    await service.stop(reason);
    return 0;
  } catch (error) {
    io.err(`tacet cannot start: ${messageOf(error)}`);
    return 1;
  }
}

/** A stop that does not end leaves to the log what it leaves to it anyway. */
function endAtLast(logger: Logger, ms: number): void {
  setTimeout(() => {
    const open = [...new Set(process.getActiveResourcesInfo())].join(" ");
    logger.error({ detail: open }, "the stop did not end in its time, and the process ends now");
    process.exit(1);
  }, ms).unref();
}

/** Prints what is wrong, or what each recorder says to a preflight. 1 where anything is wrong. */
export async function checkCommand(args: readonly string[], io: Output): Promise<number> {
  const loaded = await configured(args, io, CHECK_HELP);
  if (typeof loaded === "number") return loaded;
  const { config, secretPaths } = loaded;
  for (const { detail, path } of [
    ...exposedSecrets(secretPaths),
    ...exposedIn(config.log.folder),
  ]) {
    io.out(`WARNING  ${path} ${detail}`);
  }
  io.out("The configuration is good. Asking each recorder:");
  const fleet = nodeFleet(config, nodeClock());
  try {
    const infos = new Map((await fleet.preflight()).map((info) => [info.recorderId, info]));
    let failed = 0;
    for (const info of infos.values()) {
      io.out(`  ${info.recorderId} (${info.vendor})`);
      for (const warning of info.warnings) io.out(`    WARNING  ${warning}`);
      for (const { detail, name, ok } of info.preflight?.findings ?? []) {
        if (!ok) failed += 1;
        io.out(`    ${ok ? "ok      " : "PROBLEM "} ${visible(name)}: ${visible(detail)}`);
      }
    }
    for (const { id } of toldOf(config.alerts)) {
      const place = placeOf(config.alerts, id);
      io.out(`  alerts go to ${id} (${place}); \`tacet alert --test\` sends a test`);
    }
    for (const copy of config.copies) {
      io.out(`  the log is copied to ${copy.id} (${copyPlace(copy)})`);
    }
    io.out(`  ${keptFor(config.log.retention)}`);
    io.out(failed === 0 ? "Every recorder is ready." : `${failed} to put right before serving.`);
    return failed === 0 ? 0 : 1;
  } finally {
    await fleet.close();
  }
}

type Loaded = Extract<LoadedConfig, { readonly kind: "loaded" }>;

/** The configuration, or what to exit with after the words of why there is none. */
export async function configured(
  args: readonly string[],
  io: Output,
  help: Help,
): Promise<Loaded | 1 | 2> {
  let configPath: string | undefined;
  try {
    configPath = parseArgs({ args: [...args], options: { config: { type: "string" } } }).values
      .config;
  } catch (error) {
    io.err(`${messageOf(error)}\n${usageOf(help)}`);
    return 2;
  }
  const places = { env: process.env, cwd: process.cwd() };
  const loaded = await loadConfig(
    configPath === undefined ? places : { ...places, configPath },
    vendors,
  );
  switch (loaded.kind) {
    case "loaded":
      return loaded;
    case "missing":
      io.err("There is no configuration. These were tried:");
      for (const path of loaded.tried) io.err(`  ${path}`);
      io.err("Name one with --config or TACET_CONFIG. To try tacet without any: npm start");
      return 1;
    case "refused":
      io.err(`${loaded.path} cannot be used:`);
      for (const { path, problem, suggestion } of loaded.problems) {
        io.err(`  ${path}: ${problem}${suggestion === undefined ? "" : `; ${suggestion}`}`);
      }
      return 1;
  }
}

/** Nobody must rest a payment on what simulators said. */
function sandboxLog(config: Config): string | undefined {
  if (!existsSync(join(config.log.folder, SANDBOX_MARK))) return undefined;
  return `${config.log.folder} holds the sandbox's log, whose recorders were simulated. Use another folder.`;
}
