/**
 * Entries as others read them: rows for a spreadsheet, lines for a SIEM. Each holds the entry's
 * position, so that whatever is found there can be looked up, and proved, in the log. Pure.
 *
 * @module
 */
import type { Json } from "../control/call.ts";
import type { Entry } from "./entry.ts";

const COLUMNS = [
  "position",
  "at",
  "clock",
  "tenant",
  "type",
  "outcome",
  "reason",
  "callId",
  "windowId",
  "recorderId",
  "actor",
  "kind",
  "client",
  "ip",
  "component",
  "detail",
] as const;

/** RFC 4180: cells by commas, lines by CR and LF. */
export const csvHead = (): string => `${COLUMNS.join(",")}\r\n`;

export function csvRow(entry: Entry): string {
  const { actor, at, detail, origin } = entry;
  const cells: Readonly<Record<(typeof COLUMNS)[number], string | number | undefined>> = {
    position: entry.position,
    at: new Date(at).toISOString(),
    clock: entry.clock,
    tenant: entry.tenant,
    type: entry.type,
    outcome: entry.outcome,
    reason: entry.reason,
    callId: entry.callId,
    windowId: entry.windowId,
    recorderId: entry.recorderId,
    actor: actor.id,
    kind: actor.kind,
    client: actor.client,
    ip: origin.ip,
    component: origin.component,
    detail: detail === undefined ? undefined : JSON.stringify(detail),
  };
  return `${COLUMNS.map((name) => cell(cells[name])).join(",")}\r\n`;
}

/**
 * A spreadsheet runs what begins like a formula: such a cell begins with an apostrophe instead. Where
 * a country's spreadsheets cut cells at semicolons or tabs, what lies behind one begins a cell too,
 * quotes or not; and wide signs (U+FF1D and others) are taken for the narrow ones in some.
 */
const FORMULA =
  /(?<=^|[;\t\r\n])(?=(?:(?![\t\r\n])[\s\0])*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20])/g;

export function cell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = value.replaceAll(FORMULA, "'");
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export interface Product {
  readonly version: string;
  /** The log's name, such as `tacet.example/acme`. */
  readonly origin: string;
}

/** 0 to 10, as CEF has it; what should be so and is not comes first. */
export function severityOf({ outcome, type }: Entry): number {
  if (type === "IncidentOpened" || type === "ConfirmationOverdue") return 8;
  if (outcome === "failure") return 7;
  return outcome === "denied" || outcome === "refused" ? 5 : 3;
}

/** ArcSight Common Event Format, one line without its end. */
export function cefLine(entry: Entry, { origin, version }: Product): string {
  const header = ["CEF:0", "tacet", "tacet", version, entry.type, entry.type, severityOf(entry)];
  const members: readonly (readonly [string, string | number | undefined])[] = [
    ["rt", entry.at],
    ["externalId", entry.position],
    ["deviceFacility", origin],
    ["outcome", entry.outcome],
    ["reason", entry.reason],
    ["suser", entry.actor.id],
    ["spriv", entry.actor.kind],
    ["requestClientApplication", entry.actor.client],
    ...address(entry.origin.ip),
    ["deviceProcessName", entry.origin.component],
    ...custom(1, "callId", entry.callId),
    ...custom(2, "windowId", entry.windowId),
    ...custom(3, "recorderId", entry.recorderId),
    ...custom(4, "tenant", entry.tenant),
    // Not in `msg`, which has room for 1,023 characters; here are 4,000.
    ...custom(5, "detail", entry.detail === undefined ? undefined : JSON.stringify(entry.detail)),
  ];
  const told = members.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${inMember(String(value))}`],
  );
  return `${header.map((part) => inHeader(String(part))).join("|")}|${told.join(" ")}`;
}

/** `src` is an IPv4 address by the format's dictionary, which has another place for IPv6. */
const address = (ip: string | undefined) =>
  ip?.includes(":") === true
    ? ([
        ["c6a2", ip],
        ["c6a2Label", "Source IPv6 Address"],
      ] as const)
    : ([["src", ip]] as const);

const custom = (number: number, label: string, value: string | undefined) =>
  value === undefined
    ? []
    : ([
        [`cs${number}`, value],
        [`cs${number}Label`, label],
      ] as const);

const inHeader = (text: string): string =>
  oneLine(text).replaceAll("\\", "\\\\").replaceAll("|", "\\|");
const inMember = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll("=", "\\=")
    .replaceAll("\r", "\\r")
    .replaceAll("\n", "\\n")
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ");
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");

/** OCSF 1.3, class API Activity (6003): what was asked for or done, by whom, with what outcome. */
const OCSF = { version: "1.3.0", category: 6, class: 6003 } as const;
const CREATED = /(?:Opened|Added|Registered|Created|Began)$/;
const READ = /^(?:LogRead|EvidenceRead)|Testified$|Reported$/;
const ENDED = /(?:Closed|Ended|Expired|Released)$/;

/** What the schema calls each activity; of 99, other, the source has its own name. */
const ACTIVITIES = { 1: "Create", 2: "Read", 3: "Update" } as const;
const FAILED: ReadonlySet<string> = new Set(["failure", "denied", "refused"]);

export function ocsfLine(entry: Entry, { origin, version }: Product): string {
  const { actor, type } = entry;
  // 4 is delete: a window's end deletes nothing, it changes.
  const activity = CREATED.test(type) ? 1 : READ.test(type) ? 2 : ENDED.test(type) ? 3 : 99;
  const failed = FAILED.has(entry.outcome);
  const { ip } = entry.origin;
  const known: Json = {
    category_uid: OCSF.category,
    class_uid: OCSF.class,
    activity_id: activity,
    activity_name: activity === 99 ? type : ACTIVITIES[activity],
    type_uid: OCSF.class * 100 + activity,
    time: entry.at,
    // Informational, medium, high.
    severity_id: severityOf(entry) >= 7 ? 4 : severityOf(entry) >= 5 ? 3 : 1,
    status_id: failed ? 2 : 1,
    status: failed ? "Failure" : "Success",
    status_code: entry.outcome,
    ...(entry.reason === undefined ? {} : { status_detail: entry.reason }),
    message: type,
    metadata: {
      version: OCSF.version,
      uid: `${origin}#${entry.position}`,
      log_name: origin,
      sequence: entry.position,
      tenant_uid: entry.tenant,
      product: { name: "tacet", vendor_name: "tacet", version },
    },
    actor: { user: { uid: actor.id, type_id: 99, type: actor.kind }, ...appOf(actor.client) },
    api: { operation: type, service: { name: entry.origin.component } },
    src_endpoint: ip === undefined ? { name: entry.origin.component } : { ip },
    unmapped: {
      clock: entry.clock,
      ...(entry.callId === undefined ? {} : { callId: entry.callId }),
      ...(entry.windowId === undefined ? {} : { windowId: entry.windowId }),
      ...(entry.recorderId === undefined ? {} : { recorderId: entry.recorderId }),
      ...(entry.detail === undefined ? {} : { detail: entry.detail }),
    },
  };
  return JSON.stringify(known);
}

const appOf = (client: string | undefined) => (client === undefined ? {} : { app_name: client });
