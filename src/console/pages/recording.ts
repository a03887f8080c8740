/**
 * Opening a recording at its vendor's own page: for one click, entered before the address is shown.
 * tacet fetches nothing of it and keeps no link.
 *
 * @module
 */
import { html } from "hono/html";
import type { PageDeps } from "../deps.ts";
import type { PageDef } from "../page.ts";
import { callPath, factOf } from "../watch/show.ts";
import { callIdOf, evidenceOf } from "./call.ts";

export function recordingPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "POST",
      path: "/calls/:callId/recording",
      action: "read_evidence",
      async handle(visit) {
        const { form, say } = visit;
        const callId = await callIdOf(deps, visit, "openRecording");
        if (callId === undefined) return { kind: "not_found" };
        const [recorderId, recordingId] = [form.get("recorderId"), form.get("recordingId")];
        const known = await evidenceOf(deps, visit, callId);
        const recordings = known.kind === "known" ? known.evidence.recordings : [];
        // Only what a witness told of this call: no id that somebody typed is asked for.
        const recording = recordings.find(
          (one) => one.recorderId === recorderId && one.recordingId === recordingId,
        );
        if (recording === undefined) return { kind: "not_found" };
        const title = say("recording.title", { recordingId: recording.recordingId });
        const back = html`<p><a href="${callPath(callId)}">${say("statement.back")}</a></p>`;
        const fact = factOf(visit, {
          type: "RecordingOpened",
          outcome: "success",
          callId,
          recorderId: recording.recorderId,
          detail: { recordingId: recording.recordingId },
        });
        const entered = await deps.log.enter([{ ...fact, at: deps.clock() }]);
        if (entered.kind === "failed") {
          const body = html`<p role="alert" class="bad">${say("error.unavailable")}</p>
            ${back}`;
          return { kind: "page", title, body };
        }
        const address = await deps.recordingPage.of(recording.recorderId, recording.recordingId);
        const body =
          address === undefined
            ? html`<p role="alert" class="bad">${say("recording.away")}</p>
                ${back}`
            : html`<p>${say("recording.leaves")}</p>
                <p>
                  <a href="${address}" rel="noreferrer noopener" target="_blank"
                    >${say("recording.open", { recorder: recording.recorderId })}</a
                  >
                </p>
                ${back}`;
        return { kind: "page", title, body };
      },
    },
  ];
}
