/**
 * Who looks after the log itself while the service runs: it is read again, its heads are shipped,
 * and whether the clock is kept right is asked. None of it can hold up a pause.
 *
 * @module
 */
import { Gauge, type Registry } from "prom-client";
import type { AlertSink } from "../../alerts/alert.ts";
import type { EpochMs, Json, TenantId } from "../../control/call.ts";
import type { Clock } from "../../control/ports.ts";
import type { Logger } from "../../http/deps.ts";
import { SYSTEM_TENANT } from "../../log/store.ts";
import type { Config } from "../../policy/config.ts";
import type { ClockWatch } from "./clockState.ts";
import { enterLater } from "./enterLater.ts";
import type { NodeLog } from "./log/openLog.ts";
import { type Failure, type Recheck, startRecheck } from "./log/recheck.ts";
import { type Shipping, startShipping } from "./log/ship.ts";
import { type Destination, folderDestination, webhookDestination } from "./log/shipTo.ts";

export interface CustodyOptions {
  readonly config: Config;
  readonly log: NodeLog;
  readonly clock: Clock;
  readonly clockWatch: ClockWatch;
  readonly logger: Logger;
  readonly sink: AlertSink;
  readonly register: Registry;
}

export interface Custody {
  /** For operators: what is known of the log's own health. */
  detail(): { readonly [name: string]: Json };
  /** A change of the clock's state is entered. */
  clockChanged(before: string, after: string): void;
  /** Before the log is closed. */
  stop(): Promise<void>;
  /** After it was closed: its last heads go out. */
  shipLast(): Promise<void>;
}

/** How soon after a start the log is read whole: calls come first. */
const FIRST_MS = 1_000;

export function startCustody(options: CustodyOptions): Custody {
  const { clock, clockWatch, config, log, logger, sink } = options;
  const entries = enterLater(log, clock);
  const enter = (type: string, outcome: "success" | "failure", detail: Record<string, Json>) =>
    entries.enter({ type, at: clock.now(), component: "custody", outcome, detail });

  const recheck = startRecheck({
    folder: config.log.folder,
    now: clock.now,
    told: {
      verified(tenant, { root, signedTo, size }) {
        enter("LogVerified", "success", { tenant, size, root, signedTo });
        // An earlier process may have told of a failure that was put right while none ran.
        sink.resolve({ kind: "verification_failing", tenant }, clock.now());
      },
      failed(tenant, failure) {
        enter("LogVerificationFailed", "failure", { tenant, ...facts(failure) });
        logger.error({ tenant, kind: failure.cause, position: failure.position }, VERIFY_FAILED);
        sink.raise(alertOf(tenant, failure));
      },
      recovered(tenant) {
        logger.info({ tenant }, "the control log verifies again");
        sink.resolve({ kind: "verification_failing", tenant }, clock.now());
      },
      broken(problem) {
        logger.error({ detail: problem }, "the control log could not be read again");
        const failure = { cause: "not_read", since: clock.now() };
        sink.raise(alertOf(SYSTEM_TENANT, failure));
      },
      mended: () => sink.resolve(READING, clock.now()),
    },
  });
  const ends = [startReading(clock, recheck, config.log)];
  const shipping = startShipping({
    folder: config.log.folder,
    destinations: destinationsOf(config, log.verifierKey),
    clock,
    failed(name, { since, why }) {
      enter("CheckpointShippingFailed", "failure", { destination: name, since, why });
      logger.error({ name, kind: why }, "signed heads do not reach where they are shipped to");
    },
    recovered(name, { since, why }) {
      enter("CheckpointShippingRecovered", "success", { destination: name, since, why });
      logger.info({ name }, "signed heads reach where they are shipped to again");
    },
  });
  for (const folder of log.notCompared) {
    logger.warn({ detail: folder }, "heads shipped there could not be read and compared");
  }
  measure(options.register, recheck, shipping, clockWatch);

  return {
    detail: () => ({
      clock: clockWatch.state(),
      generation: log.generation,
      verification: recheck.standings().map(({ tenant, ok, position, at, failure }) => ({
        tenant,
        ok,
        position,
        at,
        ...(failure === undefined ? {} : { failure: facts(failure) }),
      })),
      shipping: shipping.standings().map((one) => ({ ...one })),
      ...(log.notCompared.length === 0 ? {} : { notCompared: [...log.notCompared] }),
    }),
    clockChanged: (before, after) =>
      enter("ClockStateChanged", after === "synced" ? "success" : "failure", { before, after }),
    async stop() {
      for (const end of ends) end();
      await recheck.stop();
      await entries.stop();
    },
    shipLast: () => shipping.stop(),
  };
}

const READING = { kind: "verification_failing", tenant: SYSTEM_TENANT } as const;
const VERIFY_FAILED =
  "THE CONTROL LOG DOES NOT VERIFY: run tacet verify; calls are still protected";

/** `since` is the alert's and the entry's own. */
const facts = ({ cause, position }: Failure): Record<string, Json> => ({
  what: cause,
  ...(position === undefined ? {} : { firstBad: position }),
});

const alertOf = (tenant: TenantId, { cause, position, since }: Failure) => ({
  kind: "verification_failing" as const,
  tenant,
  cause,
  since,
  ...(position === undefined ? {} : { position }),
});

/** All of it soon after a start and then daily; what is new in between. */
function startReading(
  clock: Clock,
  recheck: Recheck,
  { fullRecheckMs, recheckMs }: Config["log"],
): () => void {
  let wholeAt: EpochMs = 0;
  let cancel = clock.after(FIRST_MS, function read() {
    const whole = clock.now() >= wholeAt;
    if (whole) wholeAt = clock.now() + fullRecheckMs;
    void recheck.run(whole).finally(() => {
      const waitMs = Math.min(recheckMs, Math.max(0, wholeAt - clock.now()));
      cancel = clock.after(waitMs, read);
    });
  });
  return () => cancel();
}

function destinationsOf({ log }: Config, verifierKey: string): Destination[] {
  return [
    ...log.ship.folders.map((path, index) => folderDestination(path, `folder-${index + 1}`)),
    ...log.ship.webhooks.map((webhook) => webhookDestination(webhook, verifierKey)),
  ];
}

function measure(
  register: Registry,
  recheck: Recheck,
  shipping: Shipping,
  clock: ClockWatch,
): void {
  const registers = [register];
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    collect: (set: (labels: Record<string, string>, value: number) => void) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        collect((labels, value) => this.set(labels, value));
      },
    });
  gauge("tacet_log_verified_position", "Entries found as they were written", ["tenant"], (set) => {
    for (const { position, tenant } of recheck.standings()) set({ tenant }, position);
  });
  gauge("tacet_log_verification_ok", "1 while the log verifies, else 0", ["tenant"], (set) => {
    for (const { ok, tenant } of recheck.standings()) set({ tenant }, ok ? 1 : 0);
  });
  gauge(
    "tacet_log_ship_lag_seconds",
    "How long a head has waited to be shipped",
    ["destination"],
    (set) => {
      for (const { lagMs, name } of shipping.standings()) set({ destination: name }, lagMs / 1000);
    },
  );
  gauge("tacet_clock_synchronised", "1 the clock is kept right, 0 not, -1 not known", [], (set) => {
    set({}, { synced: 1, unsynced: 0, unknown: -1 }[clock.state()]);
  });
}
