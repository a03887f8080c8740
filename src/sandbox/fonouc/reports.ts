/**
 * A simulated Fonouc's reports: CDRs and recordings in the shapes of the vendor's document, in
 * pages, by Kazoo's calendar.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import type { Faults } from "../simulator.ts";
import type { Calls, Ended, Taken } from "./calls.ts";

const SECONDS_TO_1970 = 62_167_219_200;
const gregorian = (at: EpochMs): number => Math.floor(at / 1_000) + SECONDS_TO_1970;

export interface ReportQuery {
  /** In Unix ms, whatever unit they came in. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly pageSize: number;
  readonly startKey?: number;
}
type Row = Readonly<Record<string, unknown>>;
interface Keyed {
  readonly key: number;
  readonly row: Row;
}
export interface ReportPage {
  readonly rows: readonly Row[];
  readonly next?: string;
}

export function cdrRows(calls: Calls): readonly Keyed[] {
  return calls.cdrs.map((cdr) => ({ key: gregorian(cdr.at), row: cdrRow(cdr, calls) }));
}
export function recordingRows(calls: Calls): readonly Keyed[] {
  return calls.taken
    .filter(({ stored }) => stored === "listed")
    .map((one) => ({ key: gregorian(one.startAt), row: recordingRow(one, calls) }));
}

/** The next page's key is its first record's second, so records of one second may come twice. */
export function pageOf(all: readonly Keyed[], query: ReportQuery, faults: Faults): ReportPage {
  const from = gregorian(query.from);
  const inside = all
    .filter(({ key }) => key >= from && key <= gregorian(query.to))
    .toSorted((a, b) => a.key - b.key);
  const rest = inside.filter(({ key }) => key >= (query.startKey ?? from));
  const rows = rest.slice(0, query.pageSize).map(({ row }) => row);
  const after = rest[query.pageSize];
  const repeats = faults.take("key-repeats");
  if (rows.length > 0 && faults.take("malformed-record")) {
    const { call_id: _, ...broken } = rows[0] ?? {};
    rows[0] = broken;
  }
  const next = repeats ? inside[0] : after;
  return { rows, ...(next === undefined ? {} : { next: String(next.key) }) };
}

function cdrRow({ at, callId, recordingId, talkedMs }: Ended, calls: Calls): Row {
  const leg = calls.legOf(callId);
  return {
    id: cdrId(callId, at),
    call_id: callId,
    datetime: `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`,
    timestamp: String(gregorian(at)),
    caller_id_name: "Jim One",
    caller_id_number: leg?.caller,
    callee_id_name: "",
    callee_id_number: leg?.callee,
    to: `${leg?.callee}@fonouctest.cad2.fonouc.com`,
    from: `${leg?.caller}@fonouctest.cad2.fonouc.com`,
    billing_seconds: String(Math.floor(talkedMs / 1_000)),
    hangup_cause: "NORMAL_CLEARING",
    media_recording_id: recordingId ?? "",
    recording_filename: recordingId === undefined ? "" : fileOf(recordingId),
  };
}

export function recordingRow(one: Taken, calls: Calls): Row {
  const { callId, recordingId, startAt } = one;
  const durationMs = (one.endAt ?? startAt) - startAt;
  const leg = calls.legOf(callId);
  const name = fileOf(recordingId);
  return {
    _id: recordingId,
    owner_id: "73e6bafa6159397befa649d93738177d",
    call_id: callId,
    callee_id_name: "",
    callee_id_number: leg?.callee,
    caller_id_name: "Jim One",
    caller_id_number: leg?.caller,
    cdr_id: cdrId(callId, startAt),
    content_type: "audio/mpeg",
    custom_channel_vars: { "Media-Name": name, "Media-Recording-ID": recordingId },
    description: `recording ${name}`,
    direction: "inbound",
    duration: Math.floor(durationMs / 1_000),
    duration_ms: durationMs,
    from: `${leg?.caller}@fonouctest.cad2.fonouc.com`,
    interaction_id: `${gregorian(startAt)}-eccbbde5`,
    media_source: "recorded",
    media_type: "mp3",
    name,
    origin: "inbound from onnet to account",
    request: `${leg?.callee}@fonouctest.cad2.fonouc.com`,
    source_type: "kzc_recording",
    start: gregorian(startAt),
    to: `${leg?.callee}@fonouctest.cad2.fonouc.com`,
    pvt_created: gregorian(one.endAt ?? startAt),
    user: { username: "jimone@fonouc.com", first_name: "Jim", last_name: "One" },
    // As in the vendor's document: an address of the server's own, which nobody else has.
    url: "http://127.0.0.1:60891/recordings/v1",
    _attachments: {
      [name]: { content_type: "audio/mpeg", revpos: 0, digest: "", length: 3_813_341, stub: false },
    },
  };
}

const cdrId = (callId: string, at: EpochMs): string =>
  `${new Date(at).toISOString().slice(0, 7).replace("-", "")}-${callId}`;
const fileOf = (recordingId: string): string => `${recordingId.slice(7)}.mp3`;
