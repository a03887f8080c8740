/**
 * The whole service on Node: the log, the recorders, the core, the event stream and the API, put
 * together from one configuration.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { Registry } from "prom-client";
import { Keeper } from "../../control/keeper.ts";
import { createHub } from "../../events/hub.ts";
import { createApp } from "../../http/app.ts";
import type { HttpDeps, Logger } from "../../http/deps.ts";
import { createGate } from "../../http/gate.ts";
import { createOpsApp } from "../../http/ops.ts";
import type { Config } from "../../policy/config.ts";
import { idForms } from "../../policy/idForm.ts";
import { originsOf, policyOf, sessionRulesOf } from "../../policy/rules.ts";
import { startBeats } from "./beats.ts";
import { knownCallers } from "./callers.ts";
import { nodeClock } from "./clock.ts";
import { watchClock } from "./clockState.ts";
import { type Copies, startCopies } from "./copies/index.ts";
import { type ConsoleService, consoleService, isForPages } from "./console.ts";
import { type Custody, startCustody } from "./custody.ts";
import { startFindings } from "./evidence/findings.ts";
import { eventStreams } from "./eventStreams.ts";
import { heldFleet } from "./heldResumes.ts";
import { enterStart, enterStop } from "./lifecycle.ts";
import { type Listening, listen, withStreams } from "./listen.ts";
import type { NodeLog } from "./log/openLog.ts";
import { logOptions } from "./logOptions.ts";
import { openThreadedLog } from "./log/threadedLog.ts";
import { promMetrics } from "./metrics.ts";
import { operations } from "./operations.ts";
import { loopPressure } from "./pressure.ts";
import { pushedEnds } from "./pushedEnds.ts";
import { type Fleet, nodeFleet, tenantsOf } from "./recorders.ts";
import { createRetention, retentionOf } from "./retention/index.ts";
import { ticketSecrets } from "./secretFile.ts";

const SWEEP_EVERY_MS = 600_000;
const FLUSH_EVERY_MS = 10_000;

export interface Service {
  readonly api: Listening;
  readonly ops: Listening;
  readonly log: NodeLog;
  readonly fleet: Fleet;
  /** The sandbox's: signs in whoever opens it first. */
  readonly consoleLink?: string;
  /** No new windows, 1012 to sockets, open requests answered, running windows left to the log. */
  stop(reason: string): Promise<void>;
}

export interface ServiceOptions {
  readonly logger: Logger;
  readonly version: string;
}

/** Rejects where the log is another's, a port is taken, or a key does not fit; nothing is left open. */
export async function startService(
  config: Config,
  { logger, version }: ServiceOptions,
): Promise<Service> {
  const clock = nodeClock();
  const secrets = await ticketSecrets(config.log.folder);
  const pressure = loopPressure();
  const register = new Registry();
  const measures = {
    recorderIds: Object.keys(config.recorders),
    socketCount: () => streaming.count(),
    delayMs: pressure.delayMs,
    logSizes: () => new Map(log.tenants().map((tenant) => [tenant, log.size(tenant)])),
  };
  const metrics = promMetrics(measures, register);
  let custody: Custody | undefined;
  let copies: Copies | undefined;
  const clockWatch = watchClock((was, is) => custody?.clockChanged(was, is));
  await clockWatch.first;
  const opened = await openThreadedLog({
    ...logOptions(config),
    now: clock.now,
    clockState: clockWatch.state,
    measured: (ms) => metrics.logCommitted(ms / 1000),
  }).catch((error: unknown) => {
    clockWatch.stop();
    pressure.stop();
    throw error;
  });
  clock.startFrom(opened.newestAt);
  const fleet = nodeFleet(config, clock);
  const policy = policyOf(config);
  const onError = (error: unknown) =>
    logger.error({ component: "events", err: error }, "an event stream failed");

  const hub = createHub({
    clock,
    epoch: opened.origin,
    position: opened.size,
    live: (tenant, limit) => keeper.live(tenant, limit),
    defer: setImmediate,
    onError,
    sandbox: config.sandbox,
  });
  const beside = operations({
    config,
    log: opened,
    fleet,
    hub,
    clock,
    logger,
    metrics,
    register,
  });
  const { log, publisher, sink } = beside;
  const findings = startFindings({ config, log, fleet, clock, logger, register, sink, publisher });
  const { evidence, incidents } = findings;
  const retention = createRetention({ ...retentionOf(config), log, clock });
  const keeper = new Keeper({
    clock,
    log,
    publisher: findings.publisher,
    recorders: heldFleet(fleet, config, opened, clock),
    rules: sessionRulesOf(config, policy),
    ended: (recorderId, end) => ends.ended(recorderId, end),
  });
  const ends = pushedEnds({
    calls: keeper,
    tenantsOf: (recorderId) => tenantsOf(config, recorderId),
    clock,
    logger,
    askWitnesses: evidence.askSoon,
  });
  fleet.health = () => keeper.health();

  const callers = knownCallers({
    config,
    policy,
    clock,
    logger,
    secrets,
    stands: (session) => pages?.sessions.stands(session) ?? false,
  });
  const { note } = callers;
  const origins = originsOf(config);
  const streaming = eventStreams({
    config,
    hub,
    clock,
    log,
    onError,
    origins,
    console: () => pages,
    tickets: callers.tickets,
    authenticate: callers.authenticate,
    clientAddress: callers.clientAddress,
    entersDenial: (denial) => main.enterDenial(denial),
  });
  const { sockets } = streaming;

  let stopping = false;
  const deps: HttpDeps = {
    calls: keeper,
    log,
    policy,
    authenticate: callers.authenticate,
    tickets: callers.tickets,
    clientAddress: callers.clientAddress,
    guesses: callers.guesses,
    recorders: fleet,
    origins,
    idForm: idForms(config.tenants),
    metrics,
    logger,
    clock: clock.now,
    ids: randomUUID,
    events: streaming.events,
    stopping: () => stopping,
    evidence,
    incidents,
    retention,
    custody: () => ({ ...custody?.detail(), copies: copies?.detail() ?? [] }),
    gate: createGate({ delayMs: pressure.delayMs, clock: clock.now, metrics }),
    sandbox: config.sandbox,
    version,
    limits: {
      bodyBytesMax: config.listen.bodyBytesMax,
      headerBytesMax: config.listen.headerBytesMax,
      headerCountMax: 100,
    },
  };
  const main = createApp(deps);
  const opsApp = createOpsApp(deps, main);

  let pages: ConsoleService | undefined;
  const listening: Listening[] = [];
  try {
    await enterStart(log, config, clock, version);
    await beside.catchUp();
    await keeper.start();
    const ops = await listen({
      listen: config.ops.listen,
      headerBytesMax: config.listen.headerBytesMax,
      sandbox: config.sandbox,
      fetch: (request) => opsApp.fetch(request),
      note,
    });
    listening.push(ops);
    // Last, so that nobody is served by what does not stand as a whole.
    const api = await listen({
      listen: withStreams(config),
      headerBytesMax: config.listen.headerBytesMax,
      sandbox: config.sandbox,
      fetch: sockets.fetch((request, env) =>
        pages !== undefined && isForPages(request)
          ? pages.fetch(request, env)
          : main.app.fetch(request, env),
      ),
      websocket: { server: sockets.server },
      note,
    });
    const { desk, enter } = main;
    pages = consoleService({ config, clock, deps, enter, desk, fleet, url: api.url });
    beside.begin();
    findings.begin(policy.tenants());
    custody = startCustody({ config, log, clock, clockWatch, logger, sink, register });
    copies = await startCopies({ config, log, clock, logger, sink, register });
    const { confirmedTo: copiedTo } = copies;
    retention.begin({ log, logger, register, copiedTo, openIncidents: incidents.open });
    const endBeats = startBeats(clock, [
      { everyMs: FLUSH_EVERY_MS, run: () => main.flushBounded() },
      {
        everyMs: SWEEP_EVERY_MS,
        async run() {
          for (const tenant of policy.tenants()) await keeper.sweep(tenant);
        },
      },
    ]);

    return {
      api,
      ops,
      log,
      fleet,
      ...(pages?.link === undefined ? {} : { consoleLink: pages.link }),
      async stop(reason) {
        if (stopping) return;
        stopping = true;
        endBeats();
        pressure.stop();
        streaming.stop();
        ends.stop();
        await keeper.stop();
        await sockets.stop(1_000);
        await Promise.all([api.close(config.listen.stopMsMax), ops.close(1_000)]);
        await main.flushBounded(true);
        clockWatch.stop();
        await Promise.all([custody?.stop(), retention.stop(), findings.stop()]);
        await beside.stop();
        await copies?.stop();
        await enterStop(log, clock, reason);
        await log.close();
        await custody?.shipLast();
        await fleet.close();
      },
    };
  } catch (error) {
    await Promise.all(listening.map((one) => one.close(0)));
    clockWatch.stop();
    pressure.stop();
    await Promise.all([custody?.stop(), retention.stop(), copies?.stop()]);
    await keeper.stop();
    await findings.stop();
    await beside.stop();
    await enterStop(log, clock, "it could not start");
    await log.close();
    await fleet.close();
    throw error;
  }
}
