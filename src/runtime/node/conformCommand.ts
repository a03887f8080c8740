/**
 * `tacet conform`: drives a customer's own recorder on a test call that they name, and says what it
 * was seen to do there.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { makeRecorder } from "../../adapters/registry.ts";
import type { PreflightFinding } from "../../adapters/recorder.ts";
import type { RecorderId, Target } from "../../control/call.ts";
import type { RecorderPort } from "../../control/ports.ts";
import type { Config } from "../../policy/config.ts";
import { type NodeClock, nodeClock } from "./clock.ts";
import { type Asked, CONFORM_HELP, Misused, asked } from "./conform/ask.ts";
import { openDriver } from "./conform/driver.ts";
import { fileOf } from "./conform/hearing.ts";
import { figureLines, leftWords, lineOf, markdownOf } from "./conform/report.ts";
import { introduction, variantOf } from "./conform/introduction.ts";
import { type Outcome, run } from "./conform/run.ts";
import { type RunLog, openRunLog } from "./conform/runLog.ts";
import { usageOf } from "./help.ts";
import { type Output, messageOf, stopSignal, visible } from "./output.ts";
import { type Fleet, nodeFleet } from "./recorders.ts";
import { configured } from "./serveCommand.ts";
import { filePort } from "./sound/fetchFile.ts";
import { VERSION } from "./version.ts";

/** Who sits before it. */
export interface Operator {
  readonly isThere: boolean;
  ask(question: string): Promise<string>;
  /** Resolves when the run is to stop. */
  stopped(): Promise<unknown>;
}

const PREFLIGHT_MS_MAX = 5_000;
/** A push that comes later is of no use to anybody. */
const PUSH_MS_MAX = 5_000;

/**
 * Exit code: 0 where nothing was found amiss, 1 where something was not shown or could not be tried
 * at all, 2 for wrong arguments.
 */
export async function conformCommand(
  args: readonly string[],
  io: Output,
  operator: Operator = atTerminal(),
): Promise<number> {
  try {
    return await conform(asked(args), io, operator);
  } catch (error) {
    io.err(messageOf(error));
    if (!(error instanceof Misused)) return 1;
    io.err(usageOf(CONFORM_HELP));
    return 2;
  }
}

async function conform(wish: Asked, io: Output, operator: Operator): Promise<number> {
  const { configPath, recorderId } = wish;
  const paths = configPath === undefined ? [] : ["--config", configPath];
  const loaded = await configured(paths, io, CONFORM_HELP);
  if (typeof loaded === "number") return loaded;
  const { config } = loaded;
  const own = config.recorders[recorderId];
  if (own === undefined) {
    const known = Object.keys(config.recorders).join(", ");
    throw new Misused(`There is no recorder ${visible(recorderId)}; there are: ${known}.`);
  }
  if (wish.reportPath !== undefined && existsSync(wish.reportPath)) {
    throw new Misused(`${wish.reportPath} is there already. Name another report.`);
  }
  if (resolve(wish.folder) === resolve(config.log.folder)) {
    throw new Misused("--folder is the service's own log. A run has a log of its own.");
  }
  const clock = nodeClock();
  // Nothing else of the configuration is opened.
  const fleet = nodeFleet({ ...config, recorders: { [recorderId]: own } }, clock);
  try {
    const [port] = fleet.ports;
    if (port === undefined) throw new Error("the recorder could not be made");
    if (port.pause === undefined) {
      throw new Misused(`${recorderId} takes no orders: there is nothing to try.`);
    }
    const parsed = fleet.parseTarget(recorderId, wish.target);
    if (!parsed.ok) {
      const problems = parsed.issues.map(({ detail, path }) =>
        ["--target", ...path, detail].join(" "),
      );
      throw new Misused(problems.join("\n"));
    }
    const known = {
      config,
      fleet,
      port,
      clock,
      target: parsed.target,
      targetKey: parsed.targetKey,
    };
    for (const line of introduction(wish, known)) io.out(line);
    if (!wish.yes && !(await mayGoOn(operator))) {
      io.err("Nothing was sent.");
      return 1;
    }
    return await logged(wish, known, io, operator);
  } finally {
    await fleet.close();
  }
}

interface Known {
  readonly config: Config;
  readonly fleet: Fleet;
  readonly port: RecorderPort;
  readonly clock: NodeClock;
  readonly target: Target;
  readonly targetKey: string;
}

async function mayGoOn(operator: Operator): Promise<boolean> {
  if (!operator.isThere) {
    throw new Misused("Nobody is at a terminal to say yes: give --yes where that is meant.");
  }
  return (await operator.ask("Type yes to go on: ")).trim().toLowerCase() === "yes";
}

async function logged(wish: Asked, known: Known, io: Output, operator: Operator): Promise<number> {
  const { clock, config, fleet, targetKey } = known;
  const { folder, recorderId } = wish;
  const log = await openRunLog({ folder, origin: config.log.origin, recorderId, clock });
  try {
    const { unfinished } = log;
    const isOurs = unfinished?.recorderId === recorderId && unfinished.targetKey === targetKey;
    if (unfinished !== undefined && !isOurs) {
      io.err(
        `WARNING: an earlier run on ${unfinished.recorderId}, ${visible(unfinished.targetKey)} was ` +
          "killed. Look whether that call is silent still.",
      );
    }
    const at = clock.now();
    const findings = await fleet.ask(recorderId, PREFLIGHT_MS_MAX);
    for (const { detail, name, ok } of findings) {
      io.out(`  ${ok ? "ok      " : "PROBLEM "} ${visible(name)}: ${visible(detail)}`);
    }
    const { roundCount } = wish;
    await log.enter("ConformanceBegan", { targetKey, roundCount, version: VERSION });
    const outcome = await driven(wish, known, { log, isOurs, io, operator });
    return await concluded(wish, known, { at, findings, io, log, outcome });
  } finally {
    await log.close();
  }
}

interface Driven {
  readonly log: RunLog;
  readonly isOurs: boolean;
  readonly io: Output;
  readonly operator: Operator;
}

async function driven(
  wish: Asked,
  { clock, config, fleet, port, target, targetKey }: Known,
  { io, isOurs, log, operator }: Driven,
): Promise<Outcome> {
  const { recorderId } = wish;
  const own = config.recorders[recorderId];
  if (own === undefined) throw new Error("the recorder has no settings");
  const { desk } = own;
  const stop = new AbortController();
  void stopWith(stop, operator, io);
  const driver = await openDriver({
    port,
    target,
    targetKey,
    clock,
    log,
    commandMsMax: desk.commandMsMax,
    statusMsMax: desk.statusMsMax,
    confirmMsMax: wish.confirmMsMax,
    pushMsMax: PUSH_MS_MAX,
    stop: stop.signal,
  });
  const files = filePort({
    origins: originsOf(config, recorderId),
    allowPlainHttp: own.plainHttp,
    ...(own.tls === undefined ? {} : { tls: own.tls }),
  });
  const say = (line: string) => io.out(`\n${line}\n`);
  const witness = fleet.witness(recorderId);
  const outcome = await run({
    ...wish,
    port,
    driver,
    log,
    now: clock.now,
    guardMs: desk.guardMs,
    isOurs,
    file: fileOf(witness, { ...wish, target, targetKey, clock, files, say }),
    say,
    tell: (row) => io.out(lineOf(row)),
  });
  await files.close();
  return outcome;
}

/** Where its files may lie. */
function originsOf({ recorders }: Config, id: RecorderId): readonly string[] {
  const own = recorders[id];
  const made = makeRecorder(id, own?.vendor ?? "", own?.settings, { now: Date.now });
  return made.ok ? made.value.origins : [];
}

async function stopWith(stop: AbortController, operator: Operator, io: Output): Promise<void> {
  await operator.stopped();
  io.err("Stopping. The call is left as it was found; a second signal ends at once instead.");
  stop.abort();
}

interface Concluded {
  readonly at: number;
  readonly findings: readonly PreflightFinding[];
  readonly io: Output;
  readonly log: RunLog;
  readonly outcome: Outcome;
}

async function concluded(
  wish: Asked,
  { config, port, targetKey }: Known,
  { at, findings, io, log, outcome }: Concluded,
): Promise<number> {
  const { left, rows } = outcome;
  const failedCount = rows.filter(({ verdict }) => verdict === "not_shown").length;
  const isGood = failedCount === 0 && outcome.cutShort === undefined && left.kind !== "silent";
  for (const line of figureLines(outcome)) io.out(line);
  io.out(leftWords(left));
  if (left.kind === "silent") io.err(leftWords(left));
  const detail = { left: left.kind, notShownCount: failedCount };
  await log.enter("ConformanceEnded", detail, isGood ? "success" : "failure");
  const vendor = config.recorders[wish.recorderId]?.vendor ?? "";
  const markdown = markdownOf({
    at,
    version: VERSION,
    recorderId: wish.recorderId,
    vendor,
    variant: variantOf(vendor, port),
    capabilities: port.capabilities,
    targetKey,
    roundCount: wish.roundCount,
    findings,
    outcome,
    head: await log.head(),
    verifierKey: log.verifierKey,
  });
  if (wish.reportPath !== undefined) {
    await writeFile(wish.reportPath, markdown, { flag: "wx" });
    io.out(`The report is ${wish.reportPath}; the run's log is ${wish.folder}.`);
  } else io.out(`The run's log is ${wish.folder}. With --report FILE.md it writes a report.`);
  return isGood ? 0 : 1;
}

function atTerminal(): Operator {
  return {
    isThere: process.stdin.isTTY && process.stdout.isTTY,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
    stopped: stopSignal,
  };
}
