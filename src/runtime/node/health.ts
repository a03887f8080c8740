/**
 * Watches every recorder: asks each on a timer of its own whether it would obey, and hears what
 * real commands met. A failure and its end are entered with start, end and cause, and told.
 *
 * @module
 */
import { type Health, isInDoubt, type Judged, judge, presumed } from "../../alerts/health.ts";
import type { Look, Turn } from "../../alerts/health.ts";
import type { EpochMs, RecorderId } from "../../control/call.ts";
import type { DeskHealth } from "../../control/desk.ts";
import type { Clock } from "../../control/ports.ts";
import type { PreflightFinding } from "../../adapters/recorder.ts";
import type { Config } from "../../policy/config.ts";
import type { Fleet } from "./recorders.ts";

/** How often what commands met is looked at. */
const DESK_MS = 1_000;
/** Of the timer's interval, so that many recorders are not asked in the same moment. */
const JITTER = 0.2;

export interface HealthWatchOptions {
  readonly rules: Config["health"];
  readonly fleet: Pick<Fleet, "ports" | "ask" | "health">;
  readonly clock: Clock;
  /** Recorders that were down when an earlier process ended. */
  readonly known: ReadonlyMap<RecorderId, Extract<Health, { healthy: false }>>;
  /** After every look. Never throws. */
  readonly looked: (id: RecorderId, findings: readonly PreflightFinding[]) => void;
  /** Never throws. */
  readonly turned: (id: RecorderId, turn: Turn, findings: readonly PreflightFinding[]) => void;
}

export interface HealthWatch {
  of(id: RecorderId): Health;
  stop(): void;
}

interface Watched {
  readonly id: RecorderId;
  judged: Judged;
  /** Of the newest failure of a command that was counted. */
  heardAt: EpochMs;
  nextAt: EpochMs;
  asking: boolean;
  cancel?: () => void;
  findings: readonly PreflightFinding[];
}

/** The first look at each is made at once. */
export function watchHealth(options: HealthWatchOptions): HealthWatch {
  const { clock, fleet, known, rules } = options;
  const watched = new Map(
    fleet.ports.map(({ id }): [RecorderId, Watched] => [
      id,
      {
        id,
        judged: presumed(known.get(id) ?? { healthy: true }),
        heardAt: clock.now(),
        nextAt: 0,
        asking: false,
        findings: [],
      },
    ]),
  );
  let stopped = false;

  function count(one: Watched, look: Look): void {
    const { judged, turn } = judge(one.judged, look, rules);
    one.judged = judged;
    if (turn !== undefined) options.turned(one.id, turn, one.findings);
  }

  async function ask(one: Watched): Promise<void> {
    if (one.asking || stopped) return;
    one.asking = true;
    one.cancel?.();
    const findings = await fleet.ask(one.id, rules.askMsMax);
    one.asking = false;
    if (stopped) return;
    one.findings = findings.filter(({ ok }) => !ok);
    options.looked(one.id, findings);
    const at = clock.now();
    const cause = one.findings[0]?.name;
    if (cause !== undefined) count(one, { ok: false, at, cause });
    // While commands fail, a good answer to a question says nothing.
    else if (commandsOf(one, at) === undefined) count(one, { ok: true, at });
    schedule(one);
  }

  function schedule(one: Watched): void {
    const everyMs = isInDoubt(one.judged) ? Math.min(rules.retryMs, rules.everyMs) : rules.everyMs;
    within(one, everyMs * (1 + (clock.random() - 0.5) * 2 * JITTER));
  }

  function within(one: Watched, ms: number): void {
    one.cancel?.();
    one.nextAt = clock.now() + ms;
    one.cancel = clock.after(ms, () => void ask(one));
  }

  /** What commands met lately: a recorder that answers questions only is not healthy. */
  function commandsOf(one: Watched, at: EpochMs): string | undefined {
    const desk = deskOf(one.id);
    if (desk?.reachable !== false || desk.failure === undefined) return undefined;
    const lately = at - desk.failure.at < rules.retryMs * 2;
    return lately ? `commands_${desk.failure.kind}` : undefined;
  }

  const deskOf = (id: RecorderId): DeskHealth | undefined =>
    fleet.health().find(({ recorderId }) => recorderId === id);

  function listen(): void {
    for (const one of watched.values()) {
      const failure = deskOf(one.id)?.failure;
      if (failure === undefined || failure.at <= one.heardAt) continue;
      one.heardAt = failure.at;
      const cause = commandsOf(one, clock.now());
      if (cause === undefined) continue;
      if (!one.asking) count(one, { ok: false, at: failure.at, cause });
      if (!one.asking && one.nextAt - clock.now() > rules.retryMs) schedule(one);
    }
    cancelListen = clock.after(DESK_MS, listen);
  }

  let cancelListen = clock.after(DESK_MS, listen);
  for (const one of watched.values()) void ask(one);
  return {
    of: (id) => watched.get(id)?.judged.health ?? { healthy: true },
    stop() {
      stopped = true;
      cancelListen();
      for (const one of watched.values()) one.cancel?.();
    },
  };
}
