/**
 * A call's recorders on its page: how each was silenced, what its recording tells, its statement.
 *
 * @module
 */
import { html } from "hono/html";
import type { CallEvidence } from "../../evidence/evidence.ts";
import type { TapLane } from "../calls/timeline.ts";
import { exact, scrolling } from "../calls/words.ts";
import type { Html, Visit } from "../page.ts";
import type { Say } from "../say.ts";
import type { Key } from "../strings/en.ts";
import { callPath } from "../watch/show.ts";
import type { Evidence } from "./call.ts";
import type { ShownTimeline } from "./callTimeline.ts";

const TAP_COUNT_MAX = 100;
/** Recordings and judgements that are listed of one tap. */
const LISTED_COUNT_MAX = 100;

export function recordersTable(
  { say, session }: Visit,
  shown: ShownTimeline,
  hasPage: (recorderId: string) => boolean,
): Html {
  const opens = (recorderId: string, recordingId: string) =>
    hasPage(recorderId)
      ? html`<form class="noprint" method="post" action="${callPath(shown.callId)}/recording">
          <input type="hidden" name="csrf" value="${session.csrf}" />
          <input type="hidden" name="recorderId" value="${recorderId}" />
          <input type="hidden" name="recordingId" value="${recordingId}" />
          <button type="submit">${say("recording.open", { recorder: recorderId })}</button>
        </form>`
      : "";
  const { callId, evidence, life, timeline } = shown;
  return html`<h2>${say("call.recordings")}</h2>
    ${scrolling(
      say("call.recordings"),
      html`<table class="wide">
        <caption>
          ${say("call.recordingsCaption")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${say("calls.recorder")}</th>
            <th scope="col">${say("call.control")}</th>
            <th scope="col">${say("call.audio")}</th>
            <th scope="col">${say("call.evidence")}</th>
            <th scope="col">${say("call.statement")}</th>
          </tr>
        </thead>
        <tbody>
          ${timeline.taps.slice(0, TAP_COUNT_MAX).map(
            (lane) =>
              html`<tr>
                <th scope="row">
                  ${say("call.laneTap", { recorder: lane.recorderId, target: lane.targetKey })}
                  ${lane.tap.required ? "" : html`<br /><span class="hint">${say("call.optional")}</span>`}
                </th>
                <td>${say(`control.${lane.tap.control}`)}</td>
                <td>${say(`audio.${lane.tap.audio}`)}</td>
                <td>${evidenceCell(say, evidence, lane, opens)}</td>
                <td>
                  <a href="${statementPath(callId, lane.tapId, life)}">${say("call.statement")}</a>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}`;
}

const statementPath = (callId: string, tapId: string, life: number): string =>
  `${callPath(callId)}/statement/${encodeURIComponent(tapId)}?life=${life}`;

/** Where nothing is known of a tap. */
const WITHOUT: Readonly<Record<CallEvidence["state"], Key>> = {
  waiting: "call.noEvidence",
  asking: "call.noEvidence",
  gathered: "call.toldNothing",
  no_witness: "call.noWitness",
};

/** What the recorder told of this tap, and how each window was judged by it. */
export function evidenceCell(
  say: Say,
  known: Evidence,
  { tapId }: Pick<TapLane, "tapId">,
  opens: (recorderId: string, recordingId: string) => Html | "" = () => "",
): Html {
  switch (known.kind) {
    case "away":
      return html`${say("call.evidenceAway")}`;
    case "too_long":
      return html`${say("call.evidenceTooLong")}`;
    case "of_the_newest":
      return html`–`;
    case "known":
      break;
  }
  const { judgements, recordings, state } = known.evidence;
  const told = recordings.filter((one) => one.tapId === tapId);
  const judged = judgements.filter((one) => one.tapId === tapId);
  if (told.length === 0 && judged.length === 0) return html`${say(WITHOUT[state])}`;
  const left = [told, judged].reduce(
    (sum, all) => sum + Math.max(0, all.length - LISTED_COUNT_MAX),
    0,
  );
  return html`<ul>
    ${told.slice(0, LISTED_COUNT_MAX).map(
      ({ endAt, recorderId, recordingId, startAt }) =>
        html`<li>
          ${say("statement.recording", {
            recordingId,
            from: exact(startAt),
            to: endAt === undefined ? say("statement.open") : exact(endAt),
          })}
          ${opens(recorderId, recordingId)}
        </li>`,
    )}
    ${judged.slice(0, LISTED_COUNT_MAX).map(
      ({ by, verdict, windowId }) =>
        html`<li>
          ${say("call.laneWindow", { windowId })}:
          <span class="word ${verdict}">${say(`verdict.${verdict}`)}</span> (${say(`judged.${by}`)})
        </li>`,
    )}
    ${left > 0 ? html`<li>${say("call.moreRows", { count: left })}</li>` : ""}
  </ul>`;
}
