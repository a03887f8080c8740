/**
 * MixMonitor recordings of an Asterisk, muted over its manager interface (AMI) and confirmed by the
 * events it tells.
 *
 * @module
 */
import type { Target } from "../../control/call.ts";
import type { ControlOutcome, Observation, RecorderCapabilities } from "../../control/ports.ts";
import { withoutLongNumbers } from "../foreign.ts";
import { lineOrigin } from "../lines.ts";
import { defineRecorder } from "../recorder.ts";
import type {
  AdapterContext,
  AnyRecorder,
  PreflightFinding,
  RecorderVendor,
  WatchContext,
} from "../recorder.ts";
import { Channels, statusOf } from "./channels.ts";
import type { Fields } from "./frames.ts";
import { Orders } from "./orders.ts";
import { AmiSession, type Answer, type Asking } from "./session.ts";
import { asteriskAmiSettings, asteriskAmiTarget } from "./settings.ts";
import type { AsteriskAmiSettings, AsteriskAmiTarget } from "./settings.ts";
import {
  isNoChannel,
  muteAction,
  mutesAll,
  notDoneOf,
  permissionAction,
  STATUS_END,
  statusAction,
  wasMonitored,
} from "./wire.ts";

const capabilities = {
  control: "mute",
  audio: "silence",
  status: true,
  survey: false,
  watch: true,
  evidence: false,
  runtimes: ["node"],
} as const satisfies RecorderCapabilities;

/** The event comes right behind the reply: this is for a busy server, not for the network. */
const EVENT_MS_MAX = 500;

export const asteriskAmiVendor: RecorderVendor<AsteriskAmiSettings> = {
  vendor: "asterisk-ami",
  settings: asteriskAmiSettings,
  variants: [
    {
      name: "Asterisk, by AMI",
      capabilities,
      confirmedBy: "its event, told after the reply; the channel is asked for",
      hasFile: false,
      triedAgainst: "Asterisk 16.28, and a simulator",
      note: "What MixMonitor records.",
    },
  ],
  origins: (settings) => [lineOrigin(settings)],
  create: createAsteriskAmi,
};

interface Watcher {
  change(change: { targetKey: string; status: "recording" | "paused" | "absent" }): void;
  reconnected(): void;
}

function createAsteriskAmi(id: string, settings: AsteriskAmiSettings): AnyRecorder {
  const scrub = scrubber(settings.secret);
  const channels = new Channels();
  const orders = new Orders();
  const watchers = new Set<Watcher>();
  let unreadableCount = 0;
  /** Since the last order whose event was heard. */
  let untoldCount = 0;

  const heard = (name: string, fields: Fields): void => {
    const change = channels.hear(name, fields);
    if (change === undefined) return;
    const { channel, uniqueId } = change;
    if (channel === "gone") orders.forget(uniqueId);
    else if (name === "MixMonitorMute") orders.told(uniqueId, channel);
    const status =
      channel === "gone" ? "absent" : statusOf(channel, mutesAll(session.version)).status;
    for (const watcher of watchers) watcher.change({ targetKey: uniqueId, status });
  };
  const session: AmiSession = new AmiSession(settings, scrub, {
    stands: () => watchers.forEach((watcher) => watcher.reconnected()),
    lost() {
      channels.clear();
      orders.lost();
    },
    event: heard,
    unreadable: () => void (unreadableCount += 1),
  });
  const asking = ({ lines, signal }: AdapterContext): Asking => ({ lines, signal });

  const order = async (
    muted: boolean,
    target: Target,
    ctx: AdapterContext,
  ): Promise<ControlOutcome> => {
    const { uniqueId } = target as AsteriskAmiTarget;
    const told = orders.ordered(uniqueId, muted, ctx.signal, EVENT_MS_MAX);
    const answer = await session.ask(muteAction(uniqueId, muted), {
      ...asking(ctx),
      isPause: muted,
    });
    const trouble = answer.kind === "answer" ? notDoneOf(answer.response, scrub) : answer;
    if (trouble !== undefined) {
      told.giveUp();
      return trouble;
    }
    const how = await told.event;
    if (how === "lost") {
      return { kind: "in_doubt", detail: "the connection was lost before its event" };
    }
    untoldCount = how === "told" ? 0 : untoldCount + 1;
    // Said yes and told nothing: `status` goes by what was told last.
    return { kind: "acknowledged" };
  };

  const status = async (target: Target, ctx: AdapterContext): Promise<Observation> => {
    const { uniqueId } = target as AsteriskAmiTarget;
    const answer = await session.ask(statusAction(uniqueId), asking(ctx), STATUS_END);
    if (answer.kind !== "answer") return answer;
    if (isNoChannel(answer.response.fields.get("message"))) {
      orders.forget(uniqueId);
      return { kind: "observed", status: "absent", detail: "no such channel" };
    }
    const trouble = notDoneOf(answer.response, scrub);
    if (trouble !== undefined) return trouble;
    const monitored = wasMonitored(answer.events, uniqueId);
    if (monitored === undefined) {
      return { kind: "refused", reason: "bad_reply", detail: "it tells of another channel" };
    }
    const known = channels.get(uniqueId);
    // A mute is answered yes where another hook is on the channel, and told of all the same.
    if (!monitored) return { kind: "observed", status: "absent", detail: "no MixMonitor" };
    if (known !== undefined) {
      return { kind: "observed", ...statusOf(known, mutesAll(session.version)) };
    }
    const detail = "no event has told since the connection was made";
    return orders.countsAsRecording(uniqueId)
      ? { kind: "observed", status: "recording", detail: `counted as recording: ${detail}` }
      : { kind: "refused", reason: "vendor_error", detail: `muted or not is unknown: ${detail}` };
  };

  const preflight = async (ctx: AdapterContext): Promise<readonly PreflightFinding[]> => {
    const asked: Answer = await session.ask(permissionAction, asking(ctx));
    if (asked.kind !== "answer") {
      return [{ name: "AMI", ok: false, detail: asked.detail ?? asked.kind }];
    }
    const may = isNoChannel(asked.response.fields.get("message"));
    const trouble = notDoneOf(asked.response, scrub);
    const version = session.version === "" ? "of a version it does not tell" : session.version;
    return [
      { name: "AMI", ok: true, detail: scrub(`Asterisk ${version}`) },
      {
        name: `user ${settings.username}`,
        ok: may,
        detail: may ? "may mute" : (trouble?.detail ?? "answers for a channel that nobody has"),
      },
      ...eventFinding(unreadableCount, untoldCount),
    ];
  };

  const watch = (on: Watcher, ctx: WatchContext): (() => void) => {
    watchers.add(on);
    if (ctx.lines !== undefined) session.open(ctx.lines);
    if (session.isStanding) {
      queueMicrotask(() => {
        if (watchers.has(on)) on.reconnected();
      });
    }
    return () => {
      if (watchers.delete(on) && watchers.size === 0) session.close();
    };
  };

  return defineRecorder({
    id,
    vendor: "asterisk-ami",
    capabilities,
    targetSchema: asteriskAmiTarget,
    targetKey: (target: Target) => (target as AsteriskAmiTarget).uniqueId,
    pause: (target: Target, ctx: AdapterContext) => order(true, target, ctx),
    resume: (target: Target, ctx: AdapterContext) => order(false, target, ctx),
    status,
    preflight,
    watch,
  });
}

function eventFinding(unreadable: number, untold: number): readonly PreflightFinding[] {
  const words = [
    ...(unreadable === 0 ? [] : [`${unreadable} events could not be read`]),
    ...(untold === 0
      ? []
      : [`${untold} orders were answered yes and not told of: does the user have read = call?`]),
  ];
  return words.length === 0 ? [] : [{ name: "events", ok: false, detail: words.join("; ") }];
}

function scrubber(secret: string): (text: string) => string {
  return (text) => withoutLongNumbers(text.replaceAll(secret, "[secret]"));
}
