/**
 * What `tacet evidence` asks of the service and tells it.
 *
 * @module
 */
import type { z } from "zod";
import type { CallEvidence, SoundReport } from "../../../evidence/evidence.ts";
import { evidenceAnswer, unheardAnswer } from "../../../http/evidenceSchemas.ts";

export type UnheardPage = Pick<z.output<typeof unheardAnswer>, "calls" | "next">;

/** The service said no, or nothing. `again`: it may do so another time. */
export class NotServed extends Error {
  readonly code = "not_served";
  readonly again: boolean;
  constructor(message: string, again: boolean) {
    super(message);
    this.again = again;
  }
}

/** All of these throw `NotServed`. */
export interface EvidenceApi {
  evidence(callId: string): Promise<CallEvidence>;
  /** One page, behind the one whose `next` this is; 0: the first. */
  unheard(after: number): Promise<UnheardPage>;
  report(callId: string, report: SoundReport): Promise<void>;
}

const REPLY_BYTES_MAX = 8 << 20;
const REPLY_MS_MAX = 30_000;
const UNHEARD_COUNT = 200;

export function evidenceApi(base: string, token: string | undefined): EvidenceApi {
  const root = base.replace(/\/+$/, "");

  async function ask(path: string, body?: object): Promise<unknown> {
    const reply = await fetch(`${root}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REPLY_MS_MAX),
      redirect: "error",
    }).catch(() => undefined);
    if (reply === undefined) throw new NotServed(`${root} does not answer.`, true);
    const text = await bounded(reply);
    if (text === undefined) throw new NotServed(`${root} did not answer whole.`, true);
    if (reply.ok) return parsed(text);
    const again = reply.status >= 500 || reply.status === 429;
    throw new NotServed(`${root} answered ${reply.status}${codeIn(text)}.`, again);
  }

  return {
    async evidence(callId) {
      const found = evidenceAnswer.safeParse(await ask(`${callPath(callId)}/evidence`));
      if (!found.success) throw new NotServed(`${root} answers in another form: update it.`, false);
      // The schema's optional members are the type's, as JSON has no undefined.
      return found.data as CallEvidence;
    },
    async unheard(after) {
      // A service from before there were pages answers the first one.
      const behind = after === 0 ? "" : `&after=${after}`;
      const answer = await ask(`/v1/evidence/unheard?limit=${UNHEARD_COUNT}${behind}`);
      const found = unheardAnswer.safeParse(answer);
      if (!found.success) throw new NotServed(`${root} answers in another form: update it.`, false);
      return found.data;
    },
    async report(callId, report) {
      await ask(`${callPath(callId)}/evidence/sound`, report);
    },
  };
}

const callPath = (callId: string): string => `/v1/calls/${encodeURIComponent(callId)}`;

async function bounded(reply: Response): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of reply.body ?? []) {
      bytes += piece.byteLength;
      if (bytes > REPLY_BYTES_MAX) return undefined;
      pieces.push(piece);
    }
  } catch {
    return undefined;
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The problem document's stable code. */
function codeIn(text: string): string {
  const found = parsed(text);
  const code = typeof found === "object" && found !== null && "code" in found ? found.code : "";
  return typeof code === "string" && /^[a-z_]{1,40}$/.test(code) ? ` (${code})` : "";
}
