/**
 * A payment's moment as lists write it: ISO 8601, or Unix seconds or milliseconds.
 *
 * @module
 */
import { instantsOf } from "../../../adapters/zone.ts";
import type { EpochMs } from "../../../control/call.ts";

export type Moment =
  | { readonly ok: true; readonly at: EpochMs; readonly form: "unix" | "iso" }
  /** A fixed sentence that never repeats what was written. */
  | { readonly ok: false; readonly problem: string };

const UNIX_S = /^\d{10}(?:\.\d{1,6})?$/;
const UNIX_MS = /^\d{13}$/;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** `zone`: whose clock it is where the text names no offset (IANA, such as `Europe/London`). */
export function momentOf(text: string, zone?: string): Moment {
  if (UNIX_S.test(text)) return { ok: true, at: Math.round(Number(text) * 1_000), form: "unix" };
  if (UNIX_MS.test(text)) return { ok: true, at: Number(text), form: "unix" };
  const [, year, month, day, hour, minute, second = "0", fraction = "", offset] =
    ISO.exec(text) ?? [];
  if (year === undefined) {
    return bad("is no time: write 2026-11-22T09:00:00Z, or Unix seconds or milliseconds");
  }
  const local = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
  const wall = Date.UTC(year as never, local.month - 1, local.day, local.hour, local.minute);
  const isReal =
    new Date(wall).toISOString().slice(0, 16) === `${year}-${month}-${day}T${hour}:${minute}`;
  if (!isReal || local.second > 59) return bad("is a date or time that there is not");
  const ms = Math.floor(Number(`0.${fraction || "0"}`) * 1_000);
  if (offset !== undefined) {
    return { ok: true, at: wall + local.second * 1_000 + ms - offsetMs(offset), form: "iso" };
  }
  if (zone === undefined) return bad("names no offset, such as Z or +01:00: give --zone");
  const instants = instantsOf(local, zone);
  const [at] = instants;
  if (at === undefined) return bad("is a time that the zone's clocks sprang over");
  if (instants.length > 1) return bad("came twice that night: write its offset, such as +01:00");
  return { ok: true, at: at + ms, form: "iso" };
}

const bad = (problem: string): Moment => ({ ok: false, problem });

function offsetMs(offset: string): number {
  if (offset.toUpperCase() === "Z") return 0;
  const digits = offset.slice(1).replace(":", "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || "0");
  return (offset.startsWith("-") ? -1 : 1) * minutes * 60_000;
}
