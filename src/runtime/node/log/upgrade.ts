/**
 * Brings the file of an earlier version up to this one's columns. Entries are never touched: what is
 * added is read from them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { CallId, CallState, TenantId } from "../../../control/call.ts";
import { metaOf } from "./database.ts";

/** Version 2 keeps each call's agent beside it. */
const FORMAT = "2";

/** Calls filled in one transaction. */
const SLICE_MAX = 500;

/**
 * Fills in what the columns of an earlier version did not hold. `stateOf` is undefined for a call
 * whose entries cannot be read; verify says which.
 */
export function upgrade(
  db: DatabaseSync,
  stateOf: (tenant: TenantId, callId: CallId) => CallState | undefined,
): void {
  if (metaOf(db, "format") === FORMAT) return;
  const page = db.prepare(
    "SELECT tenant, call_id FROM calls WHERE ended = 0 AND (tenant, call_id) > (?, ?) ORDER BY tenant, call_id LIMIT ?",
  );
  const put = db.prepare("UPDATE calls SET agent_id = ? WHERE tenant = ? AND call_id = ?");
  type Row = { readonly tenant: string; readonly call_id: string };
  for (let last: Row = { tenant: "", call_id: "" }; ;) {
    const rows = page.all(last.tenant, last.call_id, SLICE_MAX) as unknown as Row[];
    db.exec("BEGIN IMMEDIATE");
    for (const { call_id, tenant } of rows) {
      const agentId = stateOf(tenant, call_id)?.agentId;
      if (agentId !== undefined) put.run(agentId, tenant, call_id);
    }
    db.exec("COMMIT");
    const end = rows.at(-1);
    if (end === undefined || rows.length < SLICE_MAX) break;
    last = end;
  }
  db.prepare("INSERT OR REPLACE INTO meta VALUES ('format', ?)").run(FORMAT);
}
