/** A recorder's wall clock, in zones that change it and in zones that do not. */
import { assert, constantFrom, integer, property } from "fast-check";
import { expect, test, vi } from "vitest";
import { instantsOf, isTimeZone, localTimeOf } from "../../src/adapters/zone.ts";

const at = (text: string) => Date.parse(text);
const local = (text: string) => {
  const [year, month, day, hour, minute, second] = text.split(/\D/).map(Number);
  return { year, month, day, hour, minute, second } as Parameters<typeof instantsOf>[0];
};

test.each([
  ["2023-10-20T08:01:03Z", "Asia/Kolkata", "2023-10-20 13:31:03"],
  ["2026-01-01T00:00:00Z", "America/New_York", "2025-12-31 19:00:00"],
  ["2026-07-01T23:30:00Z", "Europe/London", "2026-07-02 00:30:00"],
  ["2026-01-10T00:00:00Z", "Pacific/Chatham", "2026-01-10 13:45:00"],
  ["2026-01-10T00:00:00Z", "UTC", "2026-01-10 00:00:00"],
])("%s in %s is %s, and back", (utc, zone, wall) => {
  expect(localTimeOf(at(utc), zone)).toEqual(local(wall));
  expect(instantsOf(local(wall), zone)).toEqual([at(utc)]);
});

test("an hour that is set back happens twice, the earlier first", () => {
  expect(instantsOf(local("2026-10-25 01:30:00"), "Europe/London")).toEqual([
    at("2026-10-25T00:30:00Z"),
    at("2026-10-25T01:30:00Z"),
  ]);
});

test("an hour that is sprung over never happens, nor does a date that is none", () => {
  expect(instantsOf(local("2026-03-29 01:30:00"), "Europe/London")).toEqual([]);
  expect(instantsOf(local("2026-02-30 12:00:00"), "Europe/London")).toEqual([]);
  expect(instantsOf(local("2026-01-01 24:00:00"), "UTC")).toEqual([]);
});

test("every moment is among those that its own wall clock time names", () => {
  const zones = constantFrom("Europe/London", "America/St_Johns", "Australia/Lord_Howe", "UTC");
  const seconds = integer({ min: at("1995-01-01") / 1_000, max: at("2035-01-01") / 1_000 });
  assert(
    property(zones, seconds, (zone, second) => {
      expect(instantsOf(localTimeOf(second * 1_000, zone), zone)).toContain(second * 1_000);
    }),
  );
});

test("a zone has to be one that the runtime knows", () => {
  expect(["Europe/London", "UTC", "Mars/Base", ""].map(isTimeZone)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("so many zones are kept, and the one made longest ago is made anew", () => {
  const fresh = Intl.supportedValuesOf("timeZone").filter((zone) => /^A(?:frica|sia)/.test(zone));
  const [first = "", ...others] = fresh.filter((zone) => zone !== "Asia/Kolkata").slice(0, 101);
  const made = vi.spyOn(Intl, "DateTimeFormat");
  isTimeZone(first);
  isTimeZone(first);
  expect(made).toHaveBeenCalledTimes(1);
  for (const zone of others) isTimeZone(zone);
  expect(made).toHaveBeenCalledTimes(101);
  isTimeZone(others.at(-1) ?? "");
  expect(made).toHaveBeenCalledTimes(101);
  isTimeZone(first);
  expect(made).toHaveBeenCalledTimes(102);
  made.mockRestore();
});
