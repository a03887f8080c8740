/**
 * Looks through what a request brought for card numbers and ill-formed identifiers, before
 * anything else is done with it.
 *
 * @module
 */
import type { TenantId } from "../control/call.ts";
import { cardNumberPath } from "../policy/cardholder.ts";
import type { IdKind } from "../policy/idForm.ts";
import { pointer } from "./body.ts";
import type { HttpDeps } from "./deps.ts";
import { refuse, type Problem } from "./problem.ts";

const ID_KINDS: readonly IdKind[] = ["callId", "windowId", "agentId"];
const isIdKind = (name: unknown): name is IdKind => ID_KINDS.includes(name as IdKind);

/**
 * The path of the first member that looks like a card number; its value goes nowhere. `identifiers`:
 * members, however deep, that are taken only where they name what the log holds already.
 */
export function cardPath(value: unknown, identifiers: readonly string[] = []): string | undefined {
  // Identifiers and targets are judged by form alone: one in ten millisecond timestamps passes Luhn.
  const path = cardNumberPath(
    value,
    ([first, ...rest]) =>
      first === "targets" ||
      (rest.length === 0 && isIdKind(first)) ||
      identifiers.includes(String(rest.at(-1) ?? first)),
  );
  return path === undefined ? undefined : pointer(path);
}

export const cardRefused = (path: string): Problem =>
  refuse("cardholder_data_refused", `What stands at ${path || "/"} looks like a card number.`, {
    errors: [{ path, code: "cardholder_data_refused", detail: "Looks like a card number." }],
  });

/** The first identifier that has none of the declared forms, as a problem. */
export function badId(
  idForm: HttpDeps["idForm"],
  tenant: TenantId,
  members: Readonly<Record<string, unknown>>,
): Problem | undefined {
  for (const [name, value] of Object.entries(members)) {
    if (!isIdKind(name) || typeof value !== "string") continue;
    const form = idForm(tenant, name, value);
    if (form.ok) continue;
    const errors = [{ path: pointer([name]), code: "id_invalid", detail: form.reason }];
    return refuse("id_invalid", `${name}: ${form.reason}`, { errors });
  }
  return undefined;
}
