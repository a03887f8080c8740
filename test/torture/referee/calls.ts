/**
 * The referee's own fold of what a call's entries say: which windows are open, which recorders have
 * to be silent for it, and whether all of them were confirmed so.
 */
import type { Entry } from "./ledger.ts";

export interface WindowFold {
  /** `expired`: its lease ended and its silence is kept yet. */
  state: "open" | "expired" | "closed";
  expiresAt: number;
}

export interface TapFold {
  readonly tapId: string;
  readonly recorderId: string;
  /** As the recorder's journal names it. */
  readonly target: string;
  readonly required: boolean;
  readonly addedAt: number;
  leftAt?: number;
  /** The last thing confirmed of it since the call's goal last turned. */
  silent: boolean;
  /** When that was asked, as the log says. */
  silentAskedAt: number;
}

export interface CallFold {
  readonly callId: string;
  readonly windows: Map<string, WindowFold>;
  readonly taps: Map<string, TapFold>;
  ending: boolean;
  ended: boolean;
  /** When anything was last asked of it. */
  askedAt: number;
}

export const newFold = (callId: string): CallFold => ({
  callId,
  windows: new Map(),
  taps: new Map(),
  ending: false,
  ended: false,
  askedAt: 0,
});

interface TapDetail {
  readonly tapId: string;
  readonly recorderId: string;
  readonly required: boolean;
  readonly control: string;
  readonly target: Readonly<Record<string, unknown>>;
}

/** `askedAt` follows entries of these types. */
const ASKED = new Set([
  ...["CallRegistered", "CallMoved", "TapAdded", "TapLeaving", "WindowOpened", "WindowClosed"],
  ...["WindowReleased", "CallEnding"],
]);

/** What is wrong with an entry by itself, where something is. */
export function follow(fold: CallFold, entry: Entry): string | undefined {
  const wasSilent = asksForSilence(fold);
  const wrong = apply(fold, entry);
  if (ASKED.has(entry.type)) fold.askedAt = entry.at;
  // Whatever was confirmed before the goal turned says nothing of now.
  if (wasSilent !== asksForSilence(fold)) for (const tap of fold.taps.values()) tap.silent = false;
  return wrong;
}

function apply(fold: CallFold, entry: Entry): string | undefined {
  const { detail = {}, type, windowId = "" } = entry;
  const window = fold.windows.get(windowId);
  switch (type) {
    case "WindowOpened":
      if (window !== undefined) return `window ${windowId} was opened again after it had ended`;
      fold.windows.set(windowId, { state: "open", expiresAt: Number(detail["expiresAt"]) });
      return undefined;
    case "WindowRenewed":
      if (window !== undefined) window.expiresAt = Number(detail["expiresAt"]);
      return undefined;
    case "WindowExpired":
      if (window !== undefined) window.state = "expired";
      if (window !== undefined && window.expiresAt > entry.at) {
        return `window ${windowId} expired before its lease ended`;
      }
      return undefined;
    case "WindowClosed":
    case "WindowReleased":
    case "WindowForestalled":
      fold.windows.set(windowId, { state: "closed", expiresAt: window?.expiresAt ?? 0 });
      return undefined;
    case "TapAdded":
      added(fold, detail["tap"] as TapDetail, entry.at);
      return undefined;
    case "TapLeaving": {
      const tap = fold.taps.get(String(detail["tapId"]));
      if (tap !== undefined) tap.leftAt = entry.at;
      return undefined;
    }
    case "RecorderReported": {
      const tap = fold.taps.get(String(detail["tapId"]));
      if (tap === undefined) return undefined;
      tap.silent = detail["status"] === "paused" && detail["goal"] === "paused";
      tap.silentAskedAt = Number(detail["askedAt"]);
      return undefined;
    }
    case "ConfirmationLapsed":
      for (const tapId of detail["tapIds"] as readonly string[]) {
        const tap = fold.taps.get(tapId);
        if (tap !== undefined) tap.silent = false;
      }
      return undefined;
    case "CallEnding":
      for (const one of fold.windows.values()) one.state = "closed";
      fold.ending = true;
      return undefined;
    case "CallEnded":
      fold.ended = true;
      return undefined;
    default:
      return undefined;
  }
}

function added(fold: CallFold, tap: TapDetail, at: number): void {
  const known = fold.taps.get(tap.tapId);
  fold.taps.set(tap.tapId, {
    tapId: tap.tapId,
    recorderId: tap.recorderId,
    target: String(tap.target["correlationId"] ?? tap.target["channel"]),
    required: tap.required && tap.control !== "none",
    addedAt: known?.leftAt === undefined ? (known?.addedAt ?? at) : at,
    silent: known?.silent ?? false,
    silentAskedAt: known?.silentAskedAt ?? 0,
  });
}

export const asksForSilence = ({ windows }: CallFold): boolean =>
  [...windows.values()].some(({ state }) => state !== "closed");

export const required = ({ taps }: CallFold): readonly TapFold[] =>
  [...taps.values()].filter((tap) => tap.required && tap.leftAt === undefined);

/** By the log alone, whether somebody with this window could have been told to collect. */
export function isSecured(fold: CallFold, windowId: string): boolean {
  const taps = required(fold);
  return (
    fold.windows.get(windowId)?.state === "open" &&
    taps.length > 0 &&
    taps.every(({ silent }) => silent)
  );
}
