/**
 * Whether a Noojee server will obey and testify, asked without changing anything, and what no
 * server can be asked.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import type { AdapterContext, PreflightFinding } from "../recorder.ts";
import { readPolled } from "./calls.ts";
import { readLegs } from "./legs.ts";
import type { NoojeeSettings } from "./settings.ts";
import type { Ask } from "./talk.ts";
import type { Ends } from "./watch.ts";
import { legsByTag, subscribeOf } from "./wire.ts";

/** Nobody's: its state is asked for, and nobody's recordings are found under it. */
const NOBODY = "0";
const NOBODYS_TAG = "tacet-preflight";

export async function preflightOf(
  settings: NoojeeSettings,
  ctx: AdapterContext,
  ask: Ask,
  ends?: Pick<Ends, "listening" | "unreadableCount">,
): Promise<readonly PreflightFinding[]> {
  const { extensions } = settings;
  const asked = extensions.length === 0 ? [NOBODY] : extensions;
  const state = await ask(subscribeOf(asked, 0, 0), ctx);
  const calls = state.kind === "told" ? readPolled(state.body) : state;
  const list = await ask(legsByTag(NOBODYS_TAG), ctx);
  const legs = list.kind === "told" ? readLegs(list.body, settings.timeZone, ctx.now()) : list;
  return [
    finding("CallManagementAPI", "kind" in calls ? calls : undefined),
    finding("RecordingAPI", "kind" in legs ? legs : undefined),
    ...(ends === undefined ? [] : [listeningFinding(ends)]),
    ...checklist,
  ];
}

const finding = (name: string, trouble: NotDone | undefined): PreflightFinding => ({
  name,
  ok: trouble === undefined,
  detail:
    trouble === undefined ? "it answers" : `${trouble.kind}: ${trouble.detail ?? "no answer"}`,
});

function listeningFinding(ends: Pick<Ends, "listening" | "unreadableCount">): PreflightFinding {
  const { listening, unreadableCount } = ends;
  const name = "calls' ends";
  if (listening.kind === "lost") {
    const detail = `${listening.detail}: no call's end is heard until it answers again`;
    return { name, ok: false, detail };
  }
  if (unreadableCount > 0) {
    const detail = `${unreadableCount} events so far were not what the vendor describes`;
    return { name, ok: false, detail };
  }
  return {
    name,
    ok: true,
    detail: listening.kind === "connected" ? "listening" : "listened for while tacet serves",
  };
}

/** What the API does not show. */
const checklist: readonly PreflightFinding[] = [
  [
    "automatic recording",
    "where it is on, a transfer or a queue may start a recording by itself, inside a window too: switch it off for agents who take payments",
  ],
  [
    "what confirms",
    "nothing does: a route needs acceptAcknowledged, or another recorder, for a call to be secured",
  ],
].map(([name = "", detail = ""]) => ({ name: `checklist: ${name}`, ok: true, detail }));
