/**
 * How a script of the console asks its own server: as the form would, with the session's cookie and
 * what only our pages know.
 *
 * @module
 */

/** The session is over, or the server said no. `code`: the API's word, where there is one. */
export class NotDone extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`not done: ${code}`);
    this.code = code;
  }
}

/** More than a pause waits for its confirmation, unless it is configured to wait for long. */
const ANSWER_MS_MAX = 15_000;

export async function post(
  path: string,
  csrf: string,
  members: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(path, {
    method: "POST",
    body: new URLSearchParams({ csrf, ...members }),
    // Whoever is not signed in any more is sent to the sign-in, which is no answer.
    redirect: "manual",
    // A network that swallows everything leaves no button dead.
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  if (answer.type === "opaqueredirect") throw new NotDone("signed_out");
  const body = answer.ok || answer.headers.get("content-type")?.includes("json");
  const said = body ? ((await answer.json()) as Record<string, unknown>) : {};
  if (!answer.ok) throw new NotDone(typeof said["code"] === "string" ? said["code"] : "failed");
  return said;
}

export async function eventsTicket(path: string, csrf: string): Promise<string> {
  const { ticket } = await post(path, csrf);
  return String(ticket);
}
