/**
 * The forms that identifiers may have. They are judged by form alone, never by chance: one in ten
 * millisecond timestamps passes the check that card numbers pass.
 *
 * @module
 */
import type { Config } from "./config.ts";
import { wholeMatch } from "./configParts.ts";

export type IdKind = "callId" | "windowId" | "agentId";
export type IdForm =
  | { readonly ok: true; readonly form: "uuid" | "sip_call_id" | "ms" | "token" | "policy" }
  | { readonly ok: false; readonly reason: string };

/** Characters in an identifier, at most. */
const ID_LENGTH_MAX = 128;

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
/** RFC 3261's `word "@" word`, without the characters that need quoting in logs and paths. */
const SIP_CALL_ID = /^[\w.!%*+~():[\]-]+@[\w.[\]:-]+$/;
/** Unix milliseconds from September 2001 to May 2033: no issuer's numbers begin so. */
const MS = /^1\d{12}$/;
const TOKEN_WITH_A_LETTER = /^(?=.*[A-Za-z])[A-Za-z0-9][\w.:~+=-]*$/;

/** Whether a value has one of the forms, or one of the policy's patterns. */
export function idForm(value: string, patterns: readonly RegExp[] = []): IdForm {
  if (value === "") return { ok: false, reason: "It is empty." };
  if (value.length > ID_LENGTH_MAX) {
    return { ok: false, reason: `It is longer than ${ID_LENGTH_MAX} characters.` };
  }
  if (UUID.test(value)) return { ok: true, form: "uuid" };
  if (SIP_CALL_ID.test(value)) return { ok: true, form: "sip_call_id" };
  if (MS.test(value)) return { ok: true, form: "ms" };
  if (TOKEN_WITH_A_LETTER.test(value)) return { ok: true, form: "token" };
  if (patterns.some((pattern) => pattern.test(value))) return { ok: true, form: "policy" };
  return {
    ok: false,
    reason:
      "It is no UUID, SIP Call-ID, number of milliseconds or token with a letter, and has no " +
      "form that policy declares (idForms).",
  };
}

/** The same with each tenant's own patterns, compiled once. */
export function idForms(
  tenants: Config["tenants"],
): (tenant: string, kind: IdKind, value: string) => IdForm {
  const compiled = new Map(
    Object.entries(tenants).map(([id, { idForms: forms }]) => {
      const kinds: Readonly<Record<IdKind, readonly RegExp[]>> = {
        callId: read(forms.callId),
        windowId: read(forms.windowId),
        agentId: read(forms.agentId),
      };
      return [id, kinds] as const;
    }),
  );
  return (tenant, kind, value) => idForm(value, compiled.get(tenant)?.[kind]);
}

const read = (sources: readonly string[]): readonly RegExp[] =>
  sources.map(wholeMatch).filter((pattern) => pattern !== undefined);
