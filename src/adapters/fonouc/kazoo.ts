/**
 * Live recordings masked and unmasked by Kazoo, which says yes before anything is done.
 *
 * @module
 */
import type { ControlOutcome } from "../../control/ports.ts";
import type { PreflightFinding } from "../recorder.ts";
import {
  authToken,
  channelsRequest,
  credentialsOf,
  orderRequest,
  readEnvelope,
  readOrder,
  readToken,
  tokenRequest,
} from "./kazooWire.ts";
import type { Kazoo } from "./kazooWire.ts";
import { wordsOf } from "./reply.ts";
import type { Asking, Scrub } from "./reply.ts";
import type { FonoucTarget } from "./settings.ts";
import { sessionOf } from "./session.ts";

export interface KazooControl {
  order(what: "mask" | "unmask", target: FonoucTarget, ctx: Asking): Promise<ControlOutcome>;
  preflight(ctx: Asking): Promise<readonly PreflightFinding[]>;
}

/** What the API does not show, and what everything hangs on. */
const checklist: readonly PreflightFinding[] = [
  {
    name: "checklist: Konami Pro",
    ok: true,
    detail:
      "not shown by the API: without it, or without metaflows on the call, a mask is answered yes " +
      "and not done. Mask a test call and listen to its file",
  },
  {
    name: "checklist: one recording a call",
    ok: true,
    detail: "only the newest recording of a call is masked: see that no call is recorded twice",
  },
];

export function kazooOf(
  kazoo: Kazoo,
  scrubber: (secrets: () => readonly string[]) => Scrub,
): KazooControl {
  const session = sessionOf({
    name: `kazoo ${kazoo.auth.kind}`,
    request: () => tokenRequest(kazoo),
    read: readToken,
    headers: authToken,
    secrets:
      kazoo.auth.kind === "api_auth"
        ? [kazoo.auth.apiKey]
        : [kazoo.auth.password, credentialsOf(kazoo.auth)],
  });
  const scrub = scrubber(session.secrets);
  return {
    async order(what, target, ctx) {
      const asking = { ...ctx, isPause: what === "mask" };
      const reply = await session.ask(orderRequest(kazoo, what, target), asking);
      return "kind" in reply ? reply : readOrder(reply, scrub);
    },
    async preflight(ctx) {
      const reply = await session.ask(channelsRequest(kazoo), ctx);
      const trouble = "kind" in reply ? reply : readEnvelope(reply, scrub);
      const detail = trouble === undefined ? "it lists live channels" : wordsOf(trouble);
      return [{ name: "kazoo", ok: trouble === undefined, detail }, ...checklist];
    },
  };
}
