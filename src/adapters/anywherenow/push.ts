/**
 * What AnywhereNow pushes, `RecordingStateChangedEvent`, and what tacet makes of it. Pure. The
 * vendor names three members and says nothing of how they come, so every likely form is read.
 *
 * @module
 */
import { z } from "zod";
import type { PushedChange } from "../../control/ports.ts";
import { parsedJson } from "../foreign.ts";

/** Documented: the type of action that changed the state of the recorder. */
const STATE_ACTIONS = ["Start", "Stop", "Pause", "Save", "Delete", "Mark", "UnMark"] as const;
type StateAction = (typeof STATE_ACTIONS)[number];

const told = z.object({
  uccname: z.string().min(1),
  correlationid: z.guid(),
  stateaction: z.union([z.number(), z.string()]),
});

/**
 * `change` is for the desk. `nothing`: understood, and no recording changed by it. `unreadable`:
 * not an event the vendor describes.
 */
export type Pushed =
  | { readonly kind: "change"; readonly change: PushedChange }
  | { readonly kind: "nothing" }
  | { readonly kind: "unreadable" };

/** One object, its JSON, or three arguments in the documented order; members in any letters' case. */
export function readPushed(args: readonly unknown[], keyOf: KeyOf): Pushed {
  const parsed = told.safeParse(membersOf(args));
  if (!parsed.success) return { kind: "unreadable" };
  const { correlationid: correlationId, stateaction, uccname: uccName } = parsed.data;
  const action = actionOf(stateaction);
  if (action === undefined) return { kind: "unreadable" };
  const change = changeOf(action);
  if (change === undefined) return { kind: "nothing" };
  return { kind: "change", change: { targetKey: keyOf({ uccName, correlationId }), ...change } };
}

type KeyOf = (conversation: { readonly uccName: string; readonly correlationId: string }) => string;

/** Start counts at once. Everything else that matters is asked, for the state alone is believed. */
function changeOf(action: StateAction): Omit<PushedChange, "targetKey"> | undefined {
  switch (action) {
    case "Start":
      return { status: "recording" };
    case "Pause":
      return { status: "paused" };
    case "Stop":
      return { status: "absent" };
    // Whether the recording will be kept: the state that is read then says so.
    case "Save":
    case "Delete":
      return {
        status: "unknown",
        detail: action === "Delete" ? "will be deleted" : "will be kept",
      };
    // Bookmarks, tacet's own among them. They stop no audio.
    case "Mark":
    case "UnMark":
      return undefined;
    default:
      return action satisfies never;
  }
}

/** By number, as the vendor lists them, or by name. */
function actionOf(action: string | number): StateAction | undefined {
  const number = Number(action);
  if (Number.isInteger(number)) return STATE_ACTIONS[number - 1];
  return STATE_ACTIONS.find((name) => name.toLowerCase() === String(action).toLowerCase());
}

function membersOf(args: readonly unknown[]): unknown {
  const [first, second, third] = args;
  if (args.length >= 3) return { uccname: first, correlationid: second, stateaction: third };
  const one = typeof first === "string" ? parsedJson(first) : first;
  if (typeof one !== "object" || one === null) return undefined;
  return Object.fromEntries(
    Object.entries(one).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
