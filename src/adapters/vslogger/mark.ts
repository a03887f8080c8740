/**
 * The window's id in the recording's note, and a flag: bookmarks beside a pause, only where they are
 * configured. What is there stays: the note is read first and only appended to, a flag is set only
 * where there is none. They run beside the pause; nothing of them reaches its outcome.
 *
 * @module
 */
import type { AdapterContext } from "../recorder.ts";
import type { ChannelState } from "./state.ts";
import { readState } from "./state.ts";
import type { VsloggerSettings } from "./settings.ts";
import type { Ask } from "./talk.ts";
import type { Locator, Surface } from "./wire.ts";
import { fieldsWrite, stateRead } from "./wire.ts";

type MarkSettings = Pick<VsloggerSettings, "note" | "flag">;

const markMsMax = 5_000;
const noteLengthMax = 1_000;

/** The fields to write; undefined where there is nothing to add without losing something. */
export function fieldsToAdd(
  state: ChannelState,
  settings: MarkSettings,
  windowId: string | undefined,
): Readonly<Record<string, string>> | undefined {
  const fields: Record<string, string> = {};
  if (settings.flag !== undefined && state.flag === 0) fields["flag"] = String(settings.flag);
  const note = settings.note?.windowId === true ? noteWith(state.note, windowId) : undefined;
  if (note !== undefined) fields["note"] = note;
  return Object.keys(fields).length === 0 ? undefined : fields;
}

function noteWith(note: string | undefined, windowId: string | undefined): string | undefined {
  if (note === undefined || windowId === undefined) return undefined;
  const mark = `[tacet ${windowId}]`;
  if (note.includes(mark)) return undefined;
  const marked = note === "" ? mark : `${note} ${mark}`;
  return marked.length <= noteLengthMax && marked.isWellFormed() ? marked : undefined;
}

/** Marks what was just silenced, later and without a word to anybody. */
export type Mark = (
  at: Locator,
  surface: Surface,
  ctx: Pick<AdapterContext, "send" | "now" | "windowId">,
) => void;

export function marker(settings: MarkSettings, ask: Ask): Mark {
  if (settings.flag === undefined && settings.note?.windowId !== true) return () => undefined;
  // One read-and-write at a time, so that two windows' marks do not lose one another.
  let earlier: Promise<void> = Promise.resolve();
  const mark = async (
    at: Locator,
    surface: Surface,
    { send, now, windowId }: Parameters<Mark>[2],
  ): Promise<void> => {
    const ctx = { send, now, signal: AbortSignal.timeout(markMsMax) };
    const told = await ask(stateRead(at), "read", ctx);
    const state = told.kind === "told" ? readState(told.data) : undefined;
    const fields = state && fieldsToAdd(state, settings, windowId);
    if (state === undefined || fields === undefined) return;
    // Words that others wrote stay out of URLs, which servers log: those go by POST.
    const mayBeUrl = fields["note"] === undefined || state.note === "";
    await ask(fieldsWrite(mayBeUrl ? surface : byPost(at), at, fields), "command", ctx);
  };
  return (at, surface, ctx) => {
    earlier = earlier.then(() => mark(at, surface, ctx)).catch(() => undefined);
  };
}

const byPost = (at: Locator): Surface => (at.by === "call" ? "call-state" : "channel-state");
