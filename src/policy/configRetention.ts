/**
 * The part of the configuration that says how long entries of the control log are kept.
 *
 * @module
 */
import { z } from "zod";
import type { EpochMs, TenantId } from "../control/call.ts";
import { name } from "./configParts.ts";
import { membersOf, type Members, type Say } from "./crossRule.ts";

/** PCI DSS 10.5.1 asks for twelve. */
const MONTHS_MIN = 12;

const months = z
  .int()
  .min(MONTHS_MIN)
  .max(1_200)
  .describe("Calendar months. PCI DSS asks for 12 at least; MiFID II for 60, or 84 on request.");

export const retentionSchema = z.strictObject({
  months: months.default(MONTHS_MIN),
  tenants: z
    .record(name, z.strictObject({ months }))
    .default({})
    .describe("Where a tenant's entries are kept for another time."),
});
export type RetentionConfig = z.output<typeof retentionSchema>;

export const retentionShape = {
  retention: retentionSchema
    .exactOptional()
    .describe("Older entries are erased, and their hashes kept. Absent: nothing is ever erased."),
};

/** A name that is no tenant's would keep nothing, silently. */
export function retentionProblems(root: Members, say: Say): void {
  const named = membersOf(membersOf(membersOf(root["log"])["retention"])["tenants"]);
  const tenants = membersOf(root["tenants"]);
  for (const tenant of Object.keys(named)) {
    if (Object.hasOwn(tenants, tenant)) continue;
    const path = ["log", "retention", "tenants", tenant];
    say(path, "is no tenant of this configuration", "name one of `tenants`");
  }
}

/**
 * For how many months a tenant's entries are kept. What belongs to no tenant is kept for as long as any
 * tenant's: it says what the service was then.
 */
export function monthsOf(
  { months: general, tenants }: RetentionConfig,
  tenant: TenantId,
  systemTenant: TenantId,
): number {
  if (tenant !== systemTenant) return tenants[tenant]?.months ?? general;
  return Math.max(general, ...Object.values(tenants).map((one) => one.months));
}

/** What is erased when, in a line for operators. */
export function keptFor(retention: RetentionConfig | undefined): string {
  if (retention === undefined) return "the log is kept for good: log.retention is not set";
  const others = Object.entries(retention.tenants).map(([id, { months: own }]) => `${id}: ${own}`);
  const more = others.length === 0 ? "" : ` (${others.join(", ")})`;
  return `entries of the log are erased after ${retention.months} months${more}`;
}

/** The same day and time of day so many months before, UTC; a shorter month's last day. */
export function monthsBefore(at: EpochMs, count: number): EpochMs {
  const moment = new Date(at);
  const day = moment.getUTCDate();
  moment.setUTCDate(1);
  moment.setUTCMonth(moment.getUTCMonth() - count);
  const length = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 0));
  moment.setUTCDate(Math.min(day, length.getUTCDate()));
  return moment.getTime();
}
