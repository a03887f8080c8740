/**
 * How VSLogger is told to be silent, and to record again. One state-changing request a command,
 * never repeated here, never one that toggles, enables, disables or deletes.
 *
 * @module
 */
import type { AdapterContext } from "../recorder.ts";
import type { ControlOutcome } from "../../control/ports.ts";
import type { Mark } from "./mark.ts";
import type { Reads } from "./read.ts";
import type { Commanded, Resolved } from "./resolve.ts";
import { boundedMap, resolve, stillThere } from "./resolve.ts";
import type { VsloggerSettings } from "./settings.ts";
import { surfaceFor } from "./settings.ts";
import { sessionOf } from "./state.ts";
import type { Ask } from "./talk.ts";
import type { VsloggerTarget } from "./target.ts";
import { keyOf } from "./target.ts";
import type { Failed, Locator } from "./wire.ts";
import { commandOf } from "./wire.ts";

type Order = "silence" | "restore";
type Found =
  | { readonly kind: "found"; readonly at: Locator; readonly session?: string | undefined }
  | Failed;

const commandedMax = 10_000;

export type Command = (
  target: VsloggerTarget,
  order: Order,
  ctx: AdapterContext,
) => Promise<ControlOutcome>;

export function commands(settings: VsloggerSettings, ask: Ask, read: Reads, mark: Mark): Command {
  /** The channel that was silenced last for an extension, agent or session. */
  const silencedAt = boundedMap<Commanded>(commandedMax);

  const find = async (
    target: VsloggerTarget,
    order: Order,
    ctx: AdapterContext,
  ): Promise<Found> => {
    if ("channel" in target) {
      return { kind: "found", at: { by: "channel", channel: target.channel } };
    }
    if ("sipCallId" in target) {
      return { kind: "found", at: { by: "call", callId: target.sipCallId, hw: target.hw } };
    }
    const rows = await read.rows(ctx);
    if ("kind" in rows) return rows;
    const silenced = order === "restore" ? silencedAt.get(keyOf(target)) : undefined;
    const known = stillThere(rows, silenced);
    const resolved: Resolved =
      known === undefined ? resolve(rows, target) : { kind: "one", row: known };
    switch (resolved.kind) {
      case "one": {
        const { row } = resolved;
        const at = { by: "channel", channel: row.channel } as const;
        return { kind: "found", at, session: sessionOf(row) };
      }
      case "none":
        return { kind: "refused", reason: "target_not_found", detail: "no live channel" };
      case "refused":
        return resolved;
      default:
        return resolved satisfies never;
    }
  };

  return async (target, order, ctx) => {
    const found = await find(target, order, ctx);
    if (found.kind !== "found") return found;
    const { at } = found;
    const surface = surfaceFor(settings, at);
    if (order === "silence" && at.by === "channel") {
      silencedAt.set(keyOf(target), { channel: at.channel, session: found.session });
    }
    const told = await ask(commandOf(surface, at, order, settings.silenceBy), "command", ctx);
    const outcome = told.kind === "told" ? acknowledged : await afterRefusal(told, at, order, ctx);
    if (order === "silence" && outcome.kind === "acknowledged") mark(at, surface, ctx);
    return outcome;
  };

  /** A general failure may only mean "so it is already": what the target is now decides. */
  async function afterRefusal(
    told: Failed,
    at: Locator,
    order: Order,
    ctx: AdapterContext,
  ): Promise<ControlOutcome> {
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
  }
}

const acknowledged: ControlOutcome = { kind: "acknowledged" };
