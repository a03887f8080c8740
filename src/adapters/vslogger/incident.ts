/**
 * A finished recording's flag and note, for whoever works through an incident: only where that is
 * configured, read first, and only added to.
 *
 * @module
 */
import type { AdapterContext } from "../recorder.ts";
import type { ControlOutcome } from "../../control/ports.ts";
import type { VsloggerRecording } from "./recording.ts";
import type { VsloggerSettings } from "./settings.ts";
import type { Talk } from "./talk.ts";
import type { Wanted } from "./wire.ts";
import type { Witness } from "./witness.ts";

type IncidentSettings = NonNullable<VsloggerSettings["incident"]>;
export type FlagRecording = (
  recordingId: string,
  note: string,
  ctx: AdapterContext,
) => Promise<ControlOutcome>;

const noteLengthMax = 1_000;

export function incidentMarker(
  settings: IncidentSettings,
  talk: Talk,
  { lookUp }: Pick<Witness, "lookUp">,
): FlagRecording {
  const mark: FlagRecording = async (recordingId, note, ctx) => {
    const recording = await lookUp(recordingId, ctx);
    if ("kind" in recording) return recording;
    const { fields, lost } = fieldsFor(recording, settings, note);
    if (Object.keys(fields).length > 0) {
      const told = await talk.ask(recordWrite(recordingId, fields), "command", ctx);
      if (told.kind !== "told") return told;
    }
    return lost === undefined
      ? { kind: "acknowledged" }
      : { kind: "refused", reason: "not_permitted", detail: lost };
  };
  // One read-and-write at a time, so that two notes do not lose one another.
  let earlier: Promise<unknown> = Promise.resolve();
  return (recordingId, note, ctx) => {
    const marked = earlier.then(() => mark(recordingId, note, ctx));
    earlier = marked.catch(() => undefined);
    return marked;
  };
}

/** What is to be written; `lost`: why something asked for cannot be, without losing a person's. */
function fieldsFor(
  { flag, note }: Pick<VsloggerRecording, "flag" | "note">,
  settings: IncidentSettings,
  words: string,
): { readonly fields: Readonly<Record<string, string>>; readonly lost?: string } {
  const fields: Record<string, string> = {};
  const lost: string[] = [];
  if (settings.flag !== 0 && flag !== settings.flag) {
    if (flag === 0) fields["flag"] = String(settings.flag);
    else lost.push(flag === undefined ? "its flag is not told" : `it has flag ${flag} already`);
  }
  if (settings.note && note?.includes(words) !== true) {
    const whole = note === undefined || note === "" ? words : `${note} ${words}`;
    if (note === undefined) lost.push("its note is not told");
    else if (whole.length > noteLengthMax || !whole.isWellFormed()) lost.push("its note is full");
    else fields["note"] = whole;
  }
  return lost.length === 0 ? { fields } : { fields, lost: lost.join(", ") };
}

/** From 5.0.1. Its fields go as a form: a note is nobody's address. */
const recordWrite = (recordingId: string, fields: Readonly<Record<string, string>>): Wanted => ({
  res: "recording",
  query: { id: recordingId },
  form: fields,
});
