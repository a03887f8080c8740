/**
 * An agent's own pause and resume from a page that tacet itself serves: by the agent's principal,
 * and in the very way of the API, so that what is refused there is refused here.
 *
 * @module
 */
import type { CallId, WindowId } from "../control/call.ts";
import type { CallView } from "../control/calls.ts";
import { ownsWindow } from "../control/conclude.ts";
import type { Principal } from "../policy/principal.ts";
import { actorOf } from "./admit.ts";
import type { Asked, Handled } from "./asked.ts";
import type { Face } from "./face.ts";
import { tierOf } from "./gate.ts";
import { pauseCall } from "./pause.ts";
import { problemStatus } from "./problem.ts";
import { resumeCall } from "./resume.ts";

/** `code`: the API's word for why not. */
export type DeskAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: number; readonly code: string };

/** Returns once what was asked for is durable, or was turned down. */
export interface DeskCommands {
  /** Opens a window, or asks again about the one that was opened here. */
  pause(principal: Principal, callId: CallId, ip?: string): Promise<DeskAnswer>;
  /** Closes the window that was opened here; where there is none, the agent's only one. */
  resume(principal: Principal, callId: CallId, ip?: string): Promise<DeskAnswer>;
}

/** Marks the windows that are opened here. */
const REASON = "agent_desk";

export function deskCommands(face: Face): DeskCommands {
  const asking = (principal: Principal, ip: string | undefined): Asked<unknown, unknown> => ({
    // There are no headers to go by, and no disconnect that ends the wait.
    request: new Request("http://desk.invalid/"),
    requestId: face.ids(),
    principal,
    tenant: principal.tenant,
    by: actorOf(principal, ip, undefined),
    body: {},
    query: undefined,
    param: () => "",
  });

  async function admitted(operationId: string, run: () => Promise<Handled>): Promise<DeskAnswer> {
    const entered = face.gate.enter(tierOf(operationId));
    if (!entered.ok) return { ok: false, status: 503, code: entered.problem.code };
    try {
      return answerOf(await run());
    } finally {
      entered.leave();
    }
  }

  return {
    pause: (principal, callId, ip) =>
      admitted("pauseCall", async () => {
        const view = await face.calls.read(principal.tenant, callId);
        const windowId = openedHere(view, principal) ?? face.ids();
        const asked = asking(principal, ip);
        return await pauseCall(face, asked, callId, { windowId, reason: REASON });
      }),
    resume: (principal, callId, ip) =>
      admitted("resumeCall", async () => {
        const view = await face.calls.read(principal.tenant, callId);
        const named = openedHere(view, principal);
        // The event stream tells what the recorders do; waiting for it would keep the next pause.
        return await resumeCall(face, asking(principal, ip), callId, named, 0);
      }),
  };
}

/** The newest open window of this principal's that was opened here. */
function openedHere(view: CallView | undefined, principal: Principal): WindowId | undefined {
  const own = Object.entries(view?.state.windows ?? {}).filter(
    ([, window]) =>
      window.state === "open" && window.reason === REASON && ownsWindow(window, principal),
  );
  return own.toSorted(([, a], [, b]) => b.openedAt - a.openedAt)[0]?.[0];
}

function answerOf(handled: Handled): DeskAnswer {
  if (handled.kind !== "problem") return { ok: true };
  const { code } = handled.problem;
  const status = problemStatus(handled.problem);
  // The window is open and durable; what the recorders do, the event stream tells.
  if (code === "not_secured") return { ok: true };
  return { ok: false, status, code };
}
