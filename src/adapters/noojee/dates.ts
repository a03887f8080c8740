/**
 * The two forms in which Noojee writes a moment, `2014-02-13 17:06:52.0` and `Tue Sep 14 15:03:30
 * AEST 2021`, to Unix ms. Pure.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { LocalTime } from "../zone.ts";
import { instantsOf } from "../zone.ts";

const COLUMNS = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d{0,6})?$/;
const WORDS =
  /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d):(\d\d):(\d\d) ([\w+:/-]{1,40}) (\d{4})$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * Minutes east of UTC, of names that mean one offset only. `EST` is none of them: on an Australian
 * server it may be Sydney's. What is not here is the configured zone's own.
 */
const OFFSETS: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  AWST: 480,
  ACST: 570,
  AEST: 600,
  ACDT: 630,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
};
const GMT_OFFSET = /^(?:GMT|UTC)([+-])(\d{1,2}):?(\d\d)$/;

/**
 * The moments this may be, the earliest first: two in the hour that clocks go through twice, none
 * where the text is of another form or the zone's clocks never show it.
 */
export function momentsOf(text: string, timeZone: string): readonly EpochMs[] {
  const columns = COLUMNS.exec(text);
  if (columns !== null) {
    const [, year, month, day, hour, minute, second, fraction = ""] = columns;
    const ms = Number(fraction.padEnd(3, "0"));
    const local = fields([year, month, day, hour, minute, second]);
    return local === undefined ? [] : instantsOf(local, timeZone).map((at) => at + ms);
  }
  const [, month = "", day, hour, minute, second, zone = "", year] = WORDS.exec(text) ?? [];
  const monthNumber = MONTHS.indexOf(month) + 1;
  const local = fields([year, String(monthNumber), day, hour, minute, second]);
  if (local === undefined) return [];
  const minutesEast = offsetOf(zone);
  if (minutesEast === undefined) return instantsOf(local, timeZone);
  return instantsOf(local, "UTC").map((at) => at - minutesEast * 60_000);
}

function fields(texts: readonly (string | undefined)[]): LocalTime | undefined {
  if (texts.includes(undefined)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = texts.map(Number);
  return { year, month, day, hour, minute, second };
}

function offsetOf(name: string): number | undefined {
  const [, sign, hours, minutes] = GMT_OFFSET.exec(name) ?? [];
  if (sign === undefined) return Object.hasOwn(OFFSETS, name) ? OFFSETS[name] : undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
