/**
 * What is let in when there is more to do than can be done: reads and new event streams are turned
 * away first, registrations later, and whatever opens, renews or closes a window never. Pure: time,
 * chance and how busy the process is are given in.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Principal } from "../policy/principal.ts";
import { createAllowances } from "./allowance.ts";
import type { Metrics } from "./metrics.ts";
import { refuse, type Problem, type ProblemCode } from "./problem.ts";

/**
 * `window`: pauses, resumes, renewals, and reads of a window that a page lives by. `registration`:
 * calls made known, and tickets. `search`: reads that look at many calls or entries. `probe`: health.
 */
export type Tier = "window" | "registration" | "subscription" | "read" | "search" | "probe";

/** Operations that are not listed are reads. A test holds this against every route there is. */
const TIERS: Readonly<Record<string, Tier>> = {
  pauseCall: "window",
  pauseAgent: "window",
  resumeCall: "window",
  resumeWindow: "window",
  renewWindow: "window",
  readWindow: "window",
  endCall: "window",
  registerCall: "registration",
  issueTicket: "registration",
  followEvents: "subscription",
  readCall: "read",
  listRecorders: "read",
  readCheckpoint: "read",
  readTile: "read",
  readReceipt: "read",
  readRetention: "search",
  placeLegalHold: "registration",
  liftLegalHold: "registration",
  readIncident: "read",
  noteIncident: "registration",
  closeIncident: "registration",
  enterReconciliation: "registration",
  describe: "read",
  listCalls: "search",
  readHistory: "search",
  readEntries: "search",
  readBundle: "search",
  listIncidents: "search",
  readEvidence: "search",
  askWitnesses: "search",
  listUnheard: "read",
  reportSound: "registration",
  healthz: "probe",
  readyz: "probe",
};

export const tierOf = (operationId: string): Tier => TIERS[operationId] ?? "read";
export const TIERED: ReadonlySet<string> = new Set(Object.keys(TIERS));

/** What a request of this tier may be turned away with. */
export const shedCodes: Readonly<Record<Tier, readonly ProblemCode[]>> = {
  search: ["busy", "reads_limit_reached"],
  read: ["busy", "reads_limit_reached"],
  subscription: ["busy", "streams_limit_reached"],
  registration: ["busy"],
  window: [],
  probe: [],
};

/** How late the process may run, smoothed over about a second, before a tier is turned away. */
export const DELAY_MS_MAX: Readonly<Record<Tier, number>> = {
  search: 250,
  read: 250,
  subscription: 250,
  registration: 1_000,
  window: Infinity,
  probe: Infinity,
};

/** While no pause is being answered, what waits delays none: so many times as late will do. */
export const QUIET_FACTOR = 4;

/** Requests being answered at once. A pause is bounded by the connections it comes by alone. */
export const IN_FLIGHT_COUNT_MAX: Readonly<Record<Tier, number>> = {
  search: 16,
  read: 256,
  subscription: 256,
  registration: 1_024,
  window: Infinity,
  probe: Infinity,
};

/**
 * Requests that wait for a recorder's confirmation at once. A pause beyond it goes out all the same,
 * durable and driven, and is answered at once with what holds then.
 */
export const WAITING_COUNT_MAX = 5_000;

/** What one principal may read: units at once, and how fast they come back. */
export const READ_ALLOWANCE = 400;
export const READ_ALLOWANCE_PER_S = 200;
const COST: Readonly<Record<Tier, number>> = {
  search: 20,
  read: 1,
  subscription: 0,
  registration: 0,
  window: 0,
  probe: 0,
};

/** Seconds until whoever was turned away asks again: spread, so that not all ask at once. */
const RETRY_AFTER_S_MIN = 1;
const RETRY_AFTER_S_MAX = 5;

export interface GateOptions {
  /** How late the process runs now, smoothed, in ms. */
  readonly delayMs?: () => number;
  readonly clock: () => EpochMs;
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly metrics: Pick<Metrics, "shed">;
  readonly inFlightCountMax?: Partial<Record<Tier, number>>;
  readonly waitingCountMax?: number;
  readonly principalCountMax?: number;
}

export type Entered =
  /** `leave` is called once, when it was answered. */
  { readonly ok: true; leave(): void } | { readonly ok: false; readonly problem: Problem };

export interface Gate {
  /** Before anything else is done for a request, so that turning it away costs next to nothing. */
  enter(tier: Tier): Entered;
  /** Once it is known who asks: 429 where they have read more than their share. */
  spend(principal: Principal, tier: Tier): Problem | undefined;
  /** How long this request may wait for a confirmation: as asked, or not at all. */
  wait<T>(waitMs: number, waiting: (waitMs: number) => Promise<T>): Promise<T>;
}

export function createGate(options: GateOptions): Gate {
  const { metrics, delayMs = () => 0, random = Math.random } = options;
  const inFlightCountMax = { ...IN_FLIGHT_COUNT_MAX, ...options.inFlightCountMax };
  const waitingCountMax = options.waitingCountMax ?? WAITING_COUNT_MAX;
  const inFlight: Record<Tier, number> = {
    search: 0,
    read: 0,
    subscription: 0,
    registration: 0,
    window: 0,
    probe: 0,
  };
  let waitingCount = 0;
  const allowances = createAllowances({
    clock: options.clock,
    unitsMax: READ_ALLOWANCE,
    unitsPerS: READ_ALLOWANCE_PER_S,
    ...(options.principalCountMax !== undefined && { countMax: options.principalCountMax }),
  });

  const retryAfter = (): Readonly<Record<string, string>> => {
    const spread = RETRY_AFTER_S_MAX - RETRY_AFTER_S_MIN + 1;
    return { "retry-after": String(RETRY_AFTER_S_MIN + Math.floor(random() * spread)) };
  };

  return {
    enter(tier) {
      const isLate = delayMs() > DELAY_MS_MAX[tier] * (inFlight.window > 0 ? 1 : QUIET_FACTOR);
      if (isLate || inFlight[tier] >= inFlightCountMax[tier]) {
        metrics.shed(tier, "busy");
        const detail = "tacet has more to do than it can do; pauses come first.";
        return { ok: false, problem: refuse("busy", detail, { headers: retryAfter() }) };
      }
      inFlight[tier] += 1;
      return {
        ok: true,
        leave() {
          inFlight[tier] -= 1;
        },
      };
    },
    spend(principal, tier) {
      const afterMs = allowances.spend(keyOf(principal), COST[tier]);
      if (afterMs === 0) return undefined;
      metrics.shed(tier, "allowance");
      const headers = { "retry-after": String(Math.ceil(afterMs / 1_000)) };
      const detail = "This principal has read as much as one may for now.";
      return refuse("reads_limit_reached", detail, { headers });
    },
    async wait(waitMs, waiting) {
      if (waitingCount >= waitingCountMax) {
        metrics.shed("window", "wait");
        return waiting(0);
      }
      waitingCount += 1;
      try {
        return await waiting(waitMs);
      } finally {
        waitingCount -= 1;
      }
    },
  };
}

/** Desktops share their backend's credential, and each is one of its own. */
export const keyOf = ({ agentId = "", id, owner, tenant }: Principal): string =>
  JSON.stringify([tenant, owner, id, agentId]);
