/**
 * The rules of the call: which events follow from a command. Pure, total and synchronous.
 *
 * @module
 */
import type { CallState, Result } from "./call.ts";
import { ok } from "./call.ts";
import type { Command, Refusal, Rules } from "./commands.ts";
import { pass } from "./deadlines.ts";
import { endCall, registerCall } from "./decideCall.ts";
import { letGo, reportBaseline, reportFailure, reportRecorder, wake } from "./decideReport.ts";
import { closeWindow, openWindow, renewWindow } from "./decideWindow.ts";
import type { CallEvent } from "./events.ts";
import { fold } from "./evolve.ts";

type Decided = Result<readonly CallEvent[], Refusal>;

export function decide(command: Command, state: CallState, rules: Rules): Decided {
  const decided = rule(command, state, rules);
  return decided.ok ? ok(finish(decided.value, state, command.at)) : decided;
}

function rule(command: Command, state: CallState, rules: Rules): Decided {
  switch (command.type) {
    case "RegisterCall":
      return registerCall(command, state, rules);
    case "OpenWindow":
      return openWindow(command, state, rules);
    case "RenewWindow":
      return renewWindow(command, state, rules);
    case "CloseWindow":
      return closeWindow(command, state, rules);
    case "EndCall":
      return endCall(command, state, rules);
    case "PassTime":
      return ok(pass(command.at, state, rules, command.fresh));
    case "Wake":
      return ok(wake(command.at, state));
    case "ReportBaseline":
      return ok(reportBaseline(command, state));
    case "ReportRecorder":
      return ok(reportRecorder(command, state, rules));
    case "ReportFailure":
      return ok(reportFailure(command, state));
    case "LetGoTap":
      return ok(letGo(command, state));
  }
}

/** A call that is ending has ended once nothing of it is left to undo. */
function finish(events: readonly CallEvent[], state: CallState, at: number): readonly CallEvent[] {
  const after = fold(events, state);
  if (after.endingAt === undefined || after.endedAt !== undefined) return events;
  if (Object.values(after.taps).some((tap) => tap.touched)) return events;
  return [...events, { type: "CallEnded", outstanding: [], at }];
}
