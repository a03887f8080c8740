/**
 * Evidence: what finished recordings tell of a call's windows. Reading it is entered, as reading the
 * log is; what hearing a file told is taken from whoever heard it, in counts and places alone.
 *
 * @module
 */
import { CallTooLong } from "../evidence/desk.ts";
import type { SoundReport } from "../evidence/evidence.ts";
import { json, refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import { evidenceAnswer, soundBody, unheardAnswer, unheardQuery } from "./evidenceSchemas.ts";
import { denied, notThere, subjectOf, type Face } from "./face.ts";
import { logRead, witnessesAsked } from "./facts.ts";
import { refuse, type Problem } from "./problem.ts";
import { refusalProblem } from "./refusal.ts";
import type { Action } from "../policy/access.ts";

const UNHEARD_LIMIT = 50;

export function evidenceRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/calls/:callId/evidence",
      operationId: "readEvidence",
      summary: "What a call's recordings tell of its windows",
      tag: "Evidence",
      answers: { 200: { description: "As it stands in the log", schema: evidenceAnswer } },
      problems: ["call_unknown", "call_too_long", "log_unavailable"],
      async handle(asked) {
        const callId = asked.param("callId");
        const problem = await mayNot(face, asked, "read_evidence", callId);
        if (problem !== undefined) return refused(problem);
        await face.entries.enter(logRead(asked, "evidence", { callId }));
        return await orTooLong(async () =>
          answered(await face.evidence.read(asked.tenant, callId)),
        );
      },
    }),
    route({
      method: "POST",
      path: "/v1/calls/:callId/evidence",
      operationId: "askWitnesses",
      summary: "Ask a call's recorders now what they recorded",
      description:
        "Answers once they have, or have not in their time. Asking changes nothing in a recorder.",
      tag: "Evidence",
      answers: { 200: { description: "What is known then", schema: evidenceAnswer } },
      problems: ["call_unknown", "call_too_long", "log_unavailable"],
      async handle(asked) {
        const callId = asked.param("callId");
        const problem = await mayNot(face, asked, "ask_witnesses", callId);
        if (problem !== undefined) return refused(problem);
        await face.entries.enter(witnessesAsked(asked, callId));
        return await orTooLong(async () =>
          answered(await face.evidence.ask(asked.tenant, callId, asked.by)),
        );
      },
    }),
    route({
      method: "POST",
      path: "/v1/calls/:callId/evidence/sound",
      operationId: "reportSound",
      summary: "Report what hearing a recording told",
      description:
        "For `tacet evidence`. Only while `evidence.sound` is on, and only of a finished recording that its recorder told of.",
      tag: "Evidence",
      body: soundBody,
      // What they name is in the log already, or refused.
      identifiers: ["tapId", "recordingId", "windowId", "fileDigest"],
      answers: { 200: { description: "Entered", schema: evidenceAnswer } },
      problems: [
        "call_unknown",
        "call_too_long",
        "recording_unknown",
        "sound_off",
        "log_unavailable",
      ],
      async handle(asked) {
        const callId = asked.param("callId");
        const problem = await mayNot(face, asked, "report_sound", callId);
        if (problem !== undefined) return refused(problem);
        return await orTooLong(() => report(face, asked, callId, asked.body as SoundReport));
      },
    }),
    route({
      method: "GET",
      path: "/v1/evidence/unheard",
      operationId: "listUnheard",
      summary: "Recordings still to be heard",
      tag: "Evidence",
      query: unheardQuery,
      answers: { 200: { description: "The oldest first", schema: unheardAnswer } },
      problems: ["query_invalid"],
      async handle(asked) {
        const denial = await denied(face, asked, "report_sound");
        if (denial !== undefined) return refused(denial);
        const { after = 0, limit = UNHEARD_LIMIT } = asked.query;
        return json(200, face.evidence.unheard(asked.tenant, { after, limit }));
      },
    }),
  ];
}

async function mayNot(
  face: Face,
  asked: Asked<unknown, unknown>,
  action: Action,
  callId: string,
): Promise<Problem | undefined> {
  const view = await face.calls.read(asked.tenant, callId);
  if (view !== undefined) return await denied(face, asked, action, subjectOf(view));
  return await notThere(face, asked, action, refusalProblem("call_unknown", {}), callId);
}

/** Of such a call nothing can be told by half of it, and the log is not to blame. */
async function orTooLong(answer: () => Promise<Handled>): Promise<Handled> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof CallTooLong)) throw error;
    return refused(
      refuse("call_too_long", "Evidence of this call is not told: it has too many entries."),
    );
  }
}

const answered = (evidence: object | undefined): Handled =>
  evidence === undefined ? refused(refusalProblem("call_unknown", {})) : json(200, evidence);

async function report(
  face: Face,
  asked: Asked<unknown, unknown>,
  callId: string,
  sound: SoundReport,
): Promise<Handled> {
  const reported = await face.evidence.report(asked.tenant, callId, sound, asked.by);
  switch (reported.kind) {
    case "entered":
      return json(200, reported.evidence);
    case "off":
      return refused(refuse("sound_off", "evidence.sound is off: nobody is to hear files."));
    case "call_unknown":
      return refused(refusalProblem("call_unknown", {}));
    case "recording_unknown":
      return refused(
        refuse("recording_unknown", "No recorder told of this finished recording on this tap."),
      );
    case "unfit": {
      const path = `/judgements/${reported.judgement}`;
      const detail = "It is of another recording, or of no window of this call on this tap.";
      const errors = [{ path, code: "invalid", detail }];
      return refused(refuse("body_invalid", `The body does not fit at: ${path}.`, { errors }));
    }
  }
}
