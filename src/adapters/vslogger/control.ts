/**
 * How VSLogger is told to be silent, and to record again: one state-changing request for a channel
 * or call, never repeated here, never one that toggles, enables, disables or deletes.
 *
 * @module
 */
import type { AdapterContext } from "../recorder.ts";
import type { ControlOutcome, NotDone } from "../../control/ports.ts";
import { heldChannels } from "./held.ts";
import type { Mark } from "./mark.ts";
import type { Reads } from "./read.ts";
import { resolve } from "./resolve.ts";
import type { VsloggerSettings } from "./settings.ts";
import { surfaceFor } from "./settings.ts";
import type { ChannelRow } from "./state.ts";
import { sessionOf } from "./state.ts";
import type { Ask } from "./talk.ts";
import type { PointerTarget, VsloggerTarget } from "./target.ts";
import { keyOf } from "./target.ts";
import type { Locator } from "./wire.ts";
import { commandOf } from "./wire.ts";

type Order = "silence" | "restore";

/** A pause waits so long to hear whether there is something to stop, and goes all the same. */
const IDLE_MS_MAX = 500;

export type Command = (
  target: VsloggerTarget,
  order: Order,
  ctx: AdapterContext,
) => Promise<ControlOutcome>;

export function commands(settings: VsloggerSettings, ask: Ask, read: Reads, mark: Mark): Command {
  const held = heldChannels(settings.silenceBy);

  /** One channel for a pause; for a resume all that a pause of this target went to. */
  const channelsFor = async (
    target: PointerTarget,
    order: Order,
    ctx: AdapterContext,
  ): Promise<readonly [ChannelRow, ...ChannelRow[]] | NotDone> => {
    const rows = await read.rows(ctx);
    if ("kind" in rows) return rows;
    const [first, ...more] = order === "restore" ? held.toRestore(keyOf(target), rows) : [];
    if (first !== undefined) return [first, ...more];
    const resolved = resolve(rows, target);
    switch (resolved.kind) {
      case "one":
        return [resolved.row];
      case "none":
        return { kind: "refused", reason: "target_not_found", detail: "no live channel" };
      case "refused":
        return resolved;
      default:
        return resolved satisfies never;
    }
  };

  const tell = async (at: Locator, order: Order, ctx: AdapterContext): Promise<ControlOutcome> => {
    const surface = surfaceFor(settings, at);
    const told = await ask(commandOf(surface, at, order, settings.silenceBy), "command", ctx);
    const outcome = told.kind === "told" ? acknowledged : await afterRefusal(told, at, order, ctx);
    if (order === "silence" && outcome.kind === "acknowledged") mark(at, surface, ctx);
    return outcome;
  };

  /** A general failure may only mean "so it is already": what the target is now decides. */
  const afterRefusal = async (
    told: NotDone,
    at: Locator,
    order: Order,
    ctx: AdapterContext,
  ): Promise<ControlOutcome> => {
    if (told.kind !== "refused" || told.reason !== "vendor_error") return told;
    const same: VsloggerTarget =
      at.by === "channel" ? { channel: at.channel } : { sipCallId: at.callId, hw: at.hw };
    const seen = await read.status(same, { ...ctx, silenced: true });
    if (seen.kind !== "observed") return told;
    if (seen.status === (order === "silence" ? "paused" : "recording")) return acknowledged;
    if (seen.status === "absent" && at.by === "call") {
      return { kind: "refused", reason: "target_not_found", detail: told.detail };
    }
    return told;
  };

  return async (target, order, ctx) => {
    // It may have begun since: then there is something to stop, and the read says so.
    if (order === "silence" && read.wasIdle(target)) {
      const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(IDLE_MS_MAX)]);
      await read.status(target, { ...ctx, signal, silenced: false });
    }
    if ("sipCallId" in target) {
      return tell({ by: "call", callId: target.sipCallId, hw: target.hw }, order, ctx);
    }
    const key = keyOf(target);
    if ("channel" in target) {
      if (order === "silence") held.silenced(key, target.channel, undefined);
      return tell({ by: "channel", channel: target.channel }, order, ctx);
    }
    const rows = await channelsFor(target, order, ctx);
    if ("kind" in rows) return rows;
    let outcome: ControlOutcome = acknowledged;
    for (const row of rows) {
      if (order === "silence") held.silenced(key, row.channel, sessionOf(row));
      const one = await tell({ by: "channel", channel: row.channel }, order, ctx);
      if (outcome.kind === "acknowledged") outcome = one;
    }
    if (order === "restore" && outcome.kind === "acknowledged") held.restored(key);
    return outcome;
  };
}

const acknowledged: ControlOutcome = { kind: "acknowledged" };
