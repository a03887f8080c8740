/**
 * Pause for a page that knows only the agent: the agent's one live call, as it is registered, or as
 * a recorder that can survey finds it by policy's directory.
 *
 * @module
 */
import type { CallId, WindowId } from "../control/call.ts";
import { refused, route, type Asked, type Handled, type Route } from "./asked.ts";
import type { LocatedTarget } from "./deps.ts";
import { denied, type Face } from "./face.ts";
import { idempotencyKey, pauseCall, pauseProblems, windowIdOf } from "./pause.ts";
import { refuse } from "./problem.ts";
import { pauseQuery } from "./receiptRoutes.ts";
import { failureProblem, retryAfter } from "./refusal.ts";
import { agentPauseBody, pauseAnswer, type PauseBody } from "./schemas.ts";
import { tapOfFound } from "./taps.ts";

const LOCATE_MS_MAX = 2_000;

export function agentRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/agents/:agentId/pause",
      operationId: "pauseAgent",
      summary: "Pause the agent's one live call",
      description:
        "The registered call of this agent; where there is none, the conversation that recorders find by the agent's line in policy's directory, which is then registered as agent-{agentId}-{fingerprint of the target}. The answer names the call.",
      tag: "Windows",
      headers: [idempotencyKey],
      query: pauseQuery,
      body: agentPauseBody,
      bodyOptional: true,
      answers: {
        200: { description: "Secured, and your window is open: collect", schema: pauseAnswer },
      },
      problems: [...pauseProblems, "agent_ambiguous", "locate_unavailable"],
      handle: (asked) => pauseAgent(face, asked, asked.param("agentId"), asked.body),
    }),
  ];
}

async function pauseAgent(
  face: Face,
  asked: Asked<unknown, unknown>,
  agentId: string,
  body: PauseBody,
): Promise<Handled> {
  const { tenant } = asked;
  const denial = await denied(face, asked, "pause", { agentId });
  if (denial !== undefined) return refused(denial);
  const { isWhole, views } = await face.calls.callsOfAgent(tenant, agentId);
  const registered = views
    .filter((view) => view.state.endingAt === undefined)
    .map((view) => view.callId);
  const [callId] = registered;
  if (registered.length > 1) return ambiguous(registered);
  if (callId !== undefined) {
    const handled = await pauseCall(face, asked, callId, body);
    if (isWhole || handled.kind === "problem") return handled;
    // Silent it is; but the agent may have another call that only the log knows of.
    return refused(failureProblem("log_failed", { callId, safeToCollect: false }));
  }
  return await pauseLocated(face, asked, agentId, body);
}

async function pauseLocated(
  face: Face,
  asked: Asked<unknown, unknown>,
  agentId: string,
  body: PauseBody,
): Promise<Handled> {
  const { tenant } = asked;
  const entry = face.policy.agent(tenant, agentId);
  if (entry === undefined) return none();
  const signal = AbortSignal.any([asked.request.signal, AbortSignal.timeout(LOCATE_MS_MAX)]);
  const located = await face.recorders.locate(tenant, entry, signal);
  if (located.kind === "unavailable") {
    const detail = "No recorder that can be asked for the agent's call answered.";
    const more = { headers: retryAfter, members: { safeToCollect: false } };
    return refused(refuse("locate_unavailable", detail, more));
  }
  const { targets } = located;
  if (targets.length === 0) return none();
  const owners = new Set(
    targets.flatMap((one) => face.calls.callOfTarget(tenant, one.recorderId, one.targetKey) ?? []),
  );
  const recorderIds = targets.map((one) => one.recorderId);
  if (owners.size > 1) return ambiguous([...owners]);
  if (new Set(recorderIds).size < recorderIds.length) return ambiguous([...owners]);
  const [owner] = owners;
  if (owner !== undefined) return await pauseCall(face, asked, owner, body);
  const windowId = windowIdOf(face, asked, body);
  if (!windowId.ok) return refused(windowId.error);
  const callId = await freshCallId(face, asked, agentId, targets, windowId.value);
  return await pauseCall(face, asked, callId, body, {
    agentId,
    taps: (routing) =>
      targets.flatMap((target) => tapOfFound(face.recorders, routing, target) ?? []),
  });
}

/**
 * The same conversation asked for twice has the same id; a new one on an old target another. Where
 * the log cannot say in time which of the two it is, each window has a call of its own.
 */
async function freshCallId(
  face: Face,
  asked: Asked<unknown, unknown>,
  agentId: string,
  targets: readonly LocatedTarget[],
  windowId: WindowId,
): Promise<CallId> {
  const keys = targets.map((one) => `${one.recorderId}/${one.targetKey}`).toSorted();
  const callId = `agent-${agentId}-${await fingerprintOf(keys.join("\n"))}`;
  const before = await face.calls.beforePause(asked.tenant, callId, windowId);
  if (before.kind === "log_unavailable") return `${callId}-${await fingerprintOf(windowId)}`;
  return before.view?.state.endingAt === undefined ? callId : `${callId}-${face.ids()}`;
}

async function fingerprintOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const bytesShown = [...digest.subarray(0, 8)];
  return bytesShown.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const none = (): Handled =>
  refused(
    refuse("call_unknown", "The agent has no live call that is registered or can be found.", {
      members: { safeToCollect: false },
    }),
  );

const ambiguous = (callIds: readonly CallId[]): Handled =>
  refused(
    refuse(
      "agent_ambiguous",
      callIds.length === 0
        ? "A recorder has several conversations of this agent."
        : `The agent has several live calls: ${callIds.join(", ")}.`,
      { members: { callIds, safeToCollect: false } },
    ),
  );
