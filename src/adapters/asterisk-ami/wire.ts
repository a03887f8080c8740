/**
 * What is said to Asterisk's manager about MixMonitors, and how it is answered. Pure. Each fact's
 * origin is in README.md beside this file.
 *
 * @module
 */
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { NotDone } from "../../control/ports.ts";
import type { Fields, Frame } from "./frames.ts";

type Action = readonly [name: string, fields: Readonly<Record<string, string>>];
/** Takes secrets out of the server's words. */
export type Scrub = (text: string) => string;

/** MixMonitor's and its mute's events are of this class. */
const EVENTS = { Events: "call" } as const;
/** Set by MixMonitor on its channel, and left there when it ends. */
const MONITOR_FILE = "MIXMONITOR_FILENAME";
const messageLengthMax = 200;

export const challengeAction: Action = ["Challenge", { AuthType: "MD5" }];

/** Documented: the digest is of the challenge and the secret behind it. */
export function loginAction(username: string, secret: string, challenge?: string): Action {
  if (challenge === undefined) {
    return ["Login", { Username: username, Secret: secret, ...EVENTS }];
  }
  const Key = bytesToHex(md5(utf8ToBytes(challenge + secret)));
  return ["Login", { AuthType: "MD5", Username: username, Key, ...EVENTS }];
}

export const settingsAction: Action = ["CoreSettings", {}];
export const pingAction: Action = ["Ping", {}];

/** Both directions: with one of them muted the other one's sound stays in the mix. */
export const muteAction = (uniqueId: string, muted: boolean): Action => [
  "MixMonitorMute",
  { Channel: uniqueId, Direction: "both", State: muted ? "1" : "0" },
];

export const statusAction = (uniqueId: string): Action => [
  "Status",
  { Channel: uniqueId, Variables: MONITOR_FILE },
];
/** What ends the list of events that answers it. */
export const STATUS_END = "StatusComplete";

/** A channel that nobody has: who may not mute is told so before it is looked for. */
export const permissionAction: Action = muteAction("tacet-preflight-of-no-channel", false);

/** Undefined where it says yes. */
export function notDoneOf(
  reply: { readonly word: string; readonly fields: Fields },
  scrub: Scrub,
): NotDone | undefined {
  if (reply.word === "Success") return undefined;
  const message = scrub(reply.fields.get("message") ?? "").replace(/\p{Cc}+/gu, " ");
  const detail = message.slice(0, messageLengthMax);
  if (reply.word !== "Error") {
    return { kind: "refused", reason: "bad_reply", detail: "neither Success nor Error" };
  }
  return { kind: "refused", reason: reasonOf(message), detail };
}

function reasonOf(message: string): Extract<NotDone, { kind: "refused" }>["reason"] {
  // The second: there is such a channel, and no MixMonitor on it.
  if (isNoChannel(message) || message === "Cannot set mute flag") return "target_not_found";
  if (message === "Permission denied") return "not_permitted";
  return "vendor_error";
}

export const isNoChannel = (message: string | undefined): boolean => message === "No such channel";

/** Whether a MixMonitor was ever started on the channel; undefined: told of another channel. */
export function wasMonitored(events: readonly Frame[], uniqueId: string): boolean | undefined {
  const told = events.find(
    (one) =>
      one.kind === "event" && one.name === "Status" && one.fields.get("uniqueid") === uniqueId,
  );
  if (told?.kind !== "event") return undefined;
  const file = told.fields.get("variable")?.replace(`${MONITOR_FILE}=`, "") ?? "";
  return file !== "" && file !== "(null)";
}

/** From 18.18, 20.3 and 21 on a mute is of every MixMonitor of the channel; before, of the first. */
export function mutesAll(version: string): boolean {
  const [, major = "", minor = ""] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === "") return false;
  if (Number(major) >= 21) return true;
  const from = Number(major) === 18 ? 18 : Number(major) === 20 ? 3 : undefined;
  return from !== undefined && Number(minor) >= from;
}
