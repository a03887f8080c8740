/**
 * A recorder's local time: what a clock on the wall of a named zone (IANA, such as
 * `Europe/London`) shows, to Unix ms and back. Rests on the runtime's own zone tables (Intl).
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";

/** As people write it: `month` 1 to 12, `hour` 0 to 23. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const DAY_MS = 86_400_000;
/** Zones in one configuration are few; beyond it the oldest is made anew. */
const ZONE_COUNT_MAX = 100;
const formats = new Map<string, Intl.DateTimeFormat>();

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the zone's wall clock shows at this moment. Throws a RangeError for a zone there is not. */
export function localTimeOf(at: EpochMs, zone: string): LocalTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? Number.NaN;
  return {
    year: of("year"),
    month: of("month"),
    day: of("day"),
    hour: of("hour"),
    minute: of("minute"),
    second: of("second"),
  };
}

/**
 * Every moment at which the zone's wall clock shows this, the earliest first: none where clocks
 * sprang over it or there is no such date, two where they were set back.
 */
export function instantsOf(local: LocalTime, zone: string): readonly EpochMs[] {
  const wall = wallOf(local);
  if (!Number.isFinite(wall)) return [];
  const found = new Set<EpochMs>();
  // No zone changes its offset twice in two days.
  for (const near of [wall - DAY_MS, wall + DAY_MS]) {
    const at = wall - (wallOf(localTimeOf(near, zone)) - near);
    if (same(localTimeOf(at, zone), local)) found.add(at);
  }
  return [...found].toSorted((a, b) => a - b);
}

/** The wall clock's time as though it were UTC's. */
const wallOf = ({ day, hour, minute, month, second, year }: LocalTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

const same = (a: LocalTime, b: LocalTime): boolean =>
  a.year === b.year &&
  a.month === b.month &&
  a.day === b.day &&
  a.hour === b.hour &&
  a.minute === b.minute &&
  a.second === b.second;

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const [oldest] = formats.keys();
  if (formats.size >= ZONE_COUNT_MAX && oldest !== undefined) formats.delete(oldest);
  formats.set(zone, made);
  return made;
}
