/**
 * One fact as a syslog message: RFC 5424, framed by octet counting as RFC 5425 asks of TLS. Each
 * message says which log it is of and where in it, so that a receiver sees gaps and repeats. Pure.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Entry } from "./entry.ts";
import { severityOf } from "./exports.ts";

export interface SyslogSender {
  /** RFC 5424's table 1: 13 is "log audit". */
  readonly facility: number;
  readonly hostname: string;
  readonly processId: number;
  /** Behind the `@` of the structured data's name; 32473 is kept for examples (RFC 5612). */
  readonly enterpriseNumber: number;
}

export interface SyslogMessage {
  readonly at: EpochMs;
  /** RFC 5424's table 2. */
  readonly severity: number;
  readonly type: string;
  /** Members of the structured data, in their order. */
  readonly data: Readonly<Record<string, string | number>>;
  readonly clock?: Entry["clock"];
  readonly text: string;
}

const encoder = new TextEncoder();
const APP_NAME = "tacet";
const HOSTNAME_LENGTH_MAX = 255;
const MSGID_LENGTH_MAX = 32;

/** 2 critical, 3 error, 4 warning, 6 informational. */
export function syslogSeverity(entry: Entry): number {
  const severity = severityOf(entry);
  if (severity >= 8) return 2;
  if (severity >= 7) return 3;
  return severity >= 5 ? 4 : 6;
}

/** `LEN SP SYSLOG-MSG`; as many as are written one after the other make the stream. */
export function syslogFrame(message: SyslogMessage, sender: SyslogSender): Uint8Array {
  const body = encoder.encode(syslogText(message, sender));
  const head = encoder.encode(`${body.length} `);
  const frame = new Uint8Array(head.length + body.length);
  frame.set(head);
  frame.set(body, head.length);
  return frame;
}

function syslogText(message: SyslogMessage, sender: SyslogSender): string {
  const { at, clock, data, severity, text, type } = message;
  const header = [
    `<${sender.facility * 8 + severity}>1`,
    new Date(at).toISOString(),
    printable(sender.hostname, HOSTNAME_LENGTH_MAX),
    APP_NAME,
    sender.processId,
    printable(type, MSGID_LENGTH_MAX),
  ];
  const members = Object.entries(data).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const own = `[tacet@${sender.enterpriseNumber}${members.join("")}]`;
  // Section 6.4: UTF-8 begins with a byte order mark. ASCII needs none, and most of it is ASCII.
  const mark = isAscii(text) ? "" : "\u{feff}";
  return `${header.join(" ")} ${own}${quality(clock)} ${mark}${text}`;
}

/** Section 7.1: whether the clock was kept right; of `unknown` nothing is said. */
const quality = (clock: Entry["clock"] | undefined): string =>
  clock === undefined || clock === "unknown"
    ? ""
    : `[timeQuality tzKnown="1" isSynced="${clock === "synced" ? 1 : 0}"]`;

/** Section 6: printable ASCII without spaces; `-` where nothing is left. */
function printable(text: string, lengthMax: number): string {
  const kept = text.replaceAll(/[^\x21-\x7e]/g, "").slice(0, lengthMax);
  return kept === "" ? "-" : kept;
}

const escaped = (value: string | number): string => String(value).replaceAll(/["\\\]]/g, "\\$&");
const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);
