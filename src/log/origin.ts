/**
 * The name of one log. Restoring opens a successor under a name of its own, so that no position
 * and no head of the one is ever taken for the other's.
 *
 * @module
 */
import type { TenantId } from "../control/call.ts";

/** `tacet.example/acme`; the second log of a restored service is `tacet.example/~2/acme`. */
export function originOf(base: string, tenant: TenantId, generation: number): string {
  return `${baseOf(base, generation)}/${encodeURIComponent(tenant)}`;
}

function baseOf(base: string, generation: number): string {
  return generation === 1 ? base : `${base}/~${generation}`;
}

/** Which log of this service and tenant an origin names; undefined where it is another's. */
export function generationOf(origin: string, base: string, tenant: TenantId): number | undefined {
  const last = encodeURIComponent(tenant);
  if (origin === `${base}/${last}`) return 1;
  if (!origin.startsWith(`${base}/~`) || !origin.endsWith(`/${last}`)) return undefined;
  const number = origin.slice(base.length + 2, -(last.length + 1));
  return /^[1-9]\d{0,5}$/.test(number) && number !== "1" ? Number(number) : undefined;
}
