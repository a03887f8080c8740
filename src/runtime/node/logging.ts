/**
 * What operators read while tacet runs: fixed sentences and facts from an allow-list. A fact that
 * is not on the list is left out, so that nothing sensitive can be logged by accident.
 *
 * @module
 */
import { pino } from "pino";
import type { Logger } from "../../http/deps.ts";
import { visible } from "./output.ts";

const FACTS = [
  "callId",
  "code",
  "component",
  "count",
  "detail",
  "entries",
  "folder",
  "host",
  "kind",
  "method",
  "name",
  "ok",
  "operation",
  "origin",
  "outcome",
  "path",
  "paths",
  "port",
  "position",
  "protection",
  "reason",
  "recorderId",
  "requestId",
  "sandbox",
  "signal",
  "status",
  "tenant",
  "url",
  "vendor",
  "version",
  "windowId",
] as const;

export interface LogDestination {
  write(line: string): void;
}

export function nodeLogger(level: string, destination?: LogDestination): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // JSON escapes C0 controls alone; a terminal obeys others too.
    hooks: { streamWrite: (line: string) => visible(line, "\n") },
  };
  const log = destination === undefined ? pino(options) : pino(options, destination);
  return {
    info: (facts, sentence) => log.info(allowed(facts), sentence),
    warn: (facts, sentence) => log.warn(allowed(facts), sentence),
    error: (facts, sentence) => log.error(allowed(facts), sentence),
  };
}

/** Of an error only its kind and where it was thrown: its message may hold what was sent. */
function allowed(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of FACTS) if (facts[name] !== undefined) kept[name] = facts[name];
  const error = facts["err"];
  if (error instanceof Error) {
    kept["errorName"] = error.name;
    kept["stack"] = error.stack
      ?.split("\n")
      .filter((line) => line.startsWith("    at "))
      .slice(0, 8)
      .map((line) => line.trim());
  }
  return kept;
}
