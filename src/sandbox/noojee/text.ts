/**
 * How a simulated Noojee server writes legs: all strings, moments in its own zone and in two forms.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { HeldLeg } from "./calls.ts";

const DIRECTION_WORDS = ["Inbound", "Outbound", "Internal"] as const;
/** Java's names of the zones these servers stand in, by zone and minutes east of UTC. */
const NAMES: Readonly<Record<string, string>> = {
  "Australia/Melbourne 600": "AEST",
  "Australia/Melbourne 660": "AEDT",
  "Australia/Adelaide 570": "ACST",
  "Australia/Adelaide 630": "ACDT",
  "Australia/Perth 480": "AWST",
  "Etc/UTC 0": "UTC",
};

function partsOf(at: EpochMs, timeZone: string): Readonly<Record<string, string>> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** `2014-02-13 17:06:52.0` */
function columns(at: EpochMs, timeZone: string): string {
  const { day, hour, minute, month, second, year } = partsOf(at, timeZone);
  return `${year}-${month}-${day} ${hour}:${minute}:${second}.0`;
}

/** `Tue Sep 14 15:03:30 AEST 2021` */
function words(at: EpochMs, timeZone: string): string {
  const { day, hour, minute, month = "", second, weekday, year } = partsOf(at, timeZone);
  const names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const minutesEast = Math.round((wall - at) / 60_000);
  const zone = NAMES[`${timeZone} ${minutesEast}`] ?? "LMT";
  return `${weekday} ${names[Number(month) - 1]} ${day} ${hour}:${minute}:${second} ${zone} ${year}`;
}

/** Local date and hour, as the ByHour question names them. */
export function hourOf(at: EpochMs, timeZone: string): string {
  const { day, hour, month, year } = partsOf(at, timeZone);
  return `${year}/${month}/${day} ${Number(hour)}`;
}

type Row = Record<string, string>;

/** As by tag and by unique id. A leg that goes on has no length yet. */
export function rowOf(leg: HeldLeg, timeZone: string): Row {
  return { ...common(leg), Start: columns(leg.startAt, timeZone), Direction: `${leg.direction}` };
}

/** As by the hour it ended in. */
export function endedRowOf(leg: HeldLeg, endAt: EpochMs, timeZone: string): Row {
  return {
    ...common(leg),
    Start: words(leg.startAt, timeZone),
    callend: words(endAt, timeZone),
    Direction: DIRECTION_WORDS[leg.direction],
  };
}

function common(leg: HeldLeg): Row {
  const seconds = leg.endAt === undefined ? 0 : Math.round((leg.endAt - leg.startAt) / 1_000);
  return {
    Source: leg.source,
    Leg: String(leg.number),
    Tag: leg.tag,
    Duration: String(seconds),
    Username: leg.username,
    CallRecordId: leg.callRecordId,
    UniqueId: leg.uniqueId,
    DID: leg.did,
    Destination: leg.destination,
  };
}
