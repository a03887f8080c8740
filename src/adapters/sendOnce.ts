/**
 * One exchange over a recorder's HTTP port, in the words of outcomes.
 *
 * @module
 */
import type { NotDone } from "../control/ports.ts";
import type { AdapterContext, HttpReply, HttpRequest } from "./recorder.ts";

/** Sends exactly once. A reply that was given up at its bound is in doubt as well: it was heard. */
export async function sendOnce(
  request: HttpRequest,
  { send, signal }: Pick<AdapterContext, "send" | "signal">,
): Promise<HttpReply | NotDone> {
  const result = await send(request, signal);
  if (result.kind === "reply") return result.reply;
  const kind = result.kind === "not_sent" ? "unreachable" : "in_doubt";
  return { kind, detail: result.detail };
}
