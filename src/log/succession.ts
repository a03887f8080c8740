/**
 * The first entry of a log that was opened where another could not go on: whose place it takes,
 * what that one had signed, what of it was found, and who ordered it why.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../control/call.ts";
import type { Entry, EntryDraft } from "./entry.ts";

interface Head {
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

export interface Succession {
  /** The origin of the log before. */
  readonly predecessor: string;
  /** Its verifier key, where the successor has another. */
  readonly predecessorKey?: string;
  /** The largest head known to have been signed, and the note itself; absent where there is none. */
  readonly signed?: Head & { readonly note: string };
  /** What was there of it: so many entries from the first that can be read, and their root. */
  readonly found: Head;
  /** Why reading ended there, where that was not the end. */
  readonly problem?: string;
  /** The largest signed head that what was found begins with; 0 where there is none. */
  readonly agreesTo: number;
  /** Entries that were signed and are not there. */
  readonly missing?: { readonly from: number; readonly to: number };
  /** What was found is not a beginning of what was signed. */
  readonly differs?: true;
  /** Calls whose entries follow here as copies, so that what was owed is still owed. */
  readonly callCount: number;
  /** Calls that could not be read. */
  readonly leftOutCount: number;
  /** Where the old log is kept, beside this one. */
  readonly keptIn: string;
}

const RESTORED = "LogRestored";

export function successionDraft(
  tenant: TenantId,
  succession: Succession,
  order: { readonly at: EpochMs; readonly by: string; readonly reason: string },
): EntryDraft {
  return {
    at: order.at,
    tenant,
    type: RESTORED,
    actor: { id: order.by, kind: "operator" },
    origin: { component: "restore" },
    outcome: "success",
    reason: order.reason,
    detail: JSON.parse(JSON.stringify(succession)) as NonNullable<EntryDraft["detail"]>,
  };
}

/** What a successor's first entry says; undefined for any other entry. */
export function successionOf(entry: Entry): Succession | undefined {
  if (entry.type !== RESTORED || entry.position !== 1) return undefined;
  const { predecessor, found, agreesTo, keptIn } = entry.detail ?? {};
  const whole =
    typeof predecessor === "string" &&
    typeof agreesTo === "number" &&
    typeof keptIn === "string" &&
    isHead(found);
  return whole ? (entry.detail as unknown as Succession) : undefined;
}

function isHead(value: unknown): value is Head {
  if (typeof value !== "object" || value === null) return false;
  return (
    "size" in value &&
    typeof value.size === "number" &&
    "root" in value &&
    typeof value.root === "string"
  );
}
