/**
 * The two requests everything is measured against, by undici: tell the recorder, then ask it.
 *
 * @module
 */
import type { Pool } from "undici";

export const UCC = "ucc-bench";
export const REQUESTER = "sip:agent@domain.com";
const ROOT = "/attendantservice/api/recording";
const ACTION = { pause: 3, resume: 1 } as const;

export type Act = keyof typeof ACTION;

/** Throws where the recorder did not do as it was told, or could not be asked. */
export async function commandAndReadBack(pool: Pool, act: Act, id: string): Promise<void> {
  const told = await pool.request({
    method: "POST",
    path: `${ROOT}/set`,
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({
      Action: ACTION[act],
      RequesterSipUri: REQUESTER,
      CorrelationId: id,
      UCCName: UCC,
    }),
  });
  const said = (await told.body.json()) as { ErrorMessage: unknown };
  if (told.statusCode !== 200 || said.ErrorMessage !== null) throw new Error("refused");
  const asked = await pool.request({
    method: "GET",
    path: `${ROOT}/${UCC}/${id}`,
    headers: { accept: "application/json" },
  });
  const shown = (await asked.body.json()) as { RecordingState: number; ErrorMessage: unknown };
  const done = shown.RecordingState === ACTION[act] && shown.ErrorMessage === null;
  if (asked.statusCode !== 200 || !done) throw new Error("not confirmed");
}
