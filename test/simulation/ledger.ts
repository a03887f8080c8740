/**
 * The judge's own reading of the log: of each call the few members that matter, kept from its
 * entries by rules written once more here, and whatever an entry may not say.
 */
import type { Rules } from "../../src/control/commands.ts";
import type { CallEvent } from "../../src/control/events.ts";
import type { LoggedEvent } from "./log.ts";

export interface OwnWindow {
  readonly owner: string;
  agentId: string | undefined;
  readonly openedAt: number;
  expiresAt: number;
  state: "open" | "expired" | "closed";
  releaseAt?: number | undefined;
}

interface OwnTap {
  readonly recorderId: string;
  readonly targetKey: string;
  counts: boolean;
  active: boolean;
  readonly absentProtects: boolean;
  readonly yesConfirms: boolean;
  /** Confirmed silent in this turn; -1 where it is not. */
  silentIn: number;
  /** It came back: whether what it showed before counts is not for this reading to say. */
  unsure: boolean;
}

export interface OwnCall {
  readonly tenant: string;
  readonly callId: string;
  position: number;
  version: number;
  turn: number;
  agentId: string | undefined;
  attributes: Readonly<Record<string, string>>;
  ended: boolean;
  ending: boolean;
  endBy: number;
  dueBy: number | undefined;
  windows: Map<string, OwnWindow>;
  taps: Map<string, OwnTap>;
}

export interface Ledger {
  readonly calls: ReadonlyMap<string, OwnCall>;
  readonly wrong: string[];
  take(logged: LoggedEvent): void;
  /** A process starts: nothing confirmed before it counts any more. */
  restarted(): void;
  /** Undefined where this reading cannot say. */
  isSecured(call: OwnCall): boolean | undefined;
  /** A deadline that has passed by more than this, and what it is of. */
  overdue(call: OwnCall, now: number): string | undefined;
}

const OVERDUE_MS = 1_000;

export function newLedger(rules: Rules): Ledger {
  const calls = new Map<string, OwnCall>();
  const wrong: string[] = [];

  const wantsSilence = (call: OwnCall) =>
    [...call.windows.values()].some((window) => window.state !== "closed");

  function open(call: OwnCall, event: Of<"WindowOpened">): void {
    const { agentId, at, expiresAt, expiresAtMax, owner, windowId } = event;
    const name = `${call.tenant}/${call.callId} ${windowId}`;
    if (call.windows.has(windowId)) wrong.push(`window: ${name} was opened a second time`);
    const leaseMs = expiresAt - at;
    if (leaseMs > rules.leaseMsMax || leaseMs > rules.windowMsMax)
      wrong.push(`lease: ${name} is opened for ${leaseMs} ms`);
    if (expiresAtMax > at + rules.windowMsMax) wrong.push(`lease: ${name} may be renewed too far`);
    call.windows.set(windowId, { owner, agentId, openedAt: at, expiresAt, state: "open" });
  }

  function renew(call: OwnCall, { at, expiresAt, windowId }: Of<"WindowRenewed">): void {
    const name = `${call.tenant}/${call.callId} ${windowId}`;
    const window = call.windows.get(windowId);
    if (window === undefined || window.state !== "open")
      return void wrong.push(`lease: ${name} is renewed and not open`);
    if (expiresAt > window.openedAt + rules.windowMsMax)
      wrong.push(`lease: ${name} is renewed beyond the longest a window may live`);
    if (expiresAt > at + rules.leaseMsMax || expiresAt < window.expiresAt)
      wrong.push(`lease: ${name} is renewed from ${window.expiresAt} to ${expiresAt} at ${at}`);
    window.expiresAt = expiresAt;
  }

  function end(call: OwnCall, event: Of<"WindowExpired" | "WindowReleased">): void {
    const window = call.windows.get(event.windowId);
    if (window === undefined) return;
    const name = `${call.tenant}/${call.callId} ${event.windowId}`;
    if (event.at < window.expiresAt) wrong.push(`lease: ${name} ended before its time`);
    if (event.type === "WindowExpired") {
      window.state = "expired";
      window.releaseAt = event.releaseAt;
    } else {
      if (event.at < window.expiresAt + rules.graceMs)
        wrong.push(`lease: ${name} was let go ${event.at - window.expiresAt} ms after its end`);
      window.state = "closed";
    }
  }

  function apply(call: OwnCall, event: CallEvent): void {
    switch (event.type) {
      case "CallRegistered":
        if (call.ended) Object.assign(call, { ended: false, ending: false, dueBy: undefined });
        call.windows = new Map();
        call.taps = new Map();
        call.agentId = event.agentId;
        call.attributes = event.attributes;
        return;
      case "CallMoved":
        if (event.agentId !== undefined && event.agentId !== call.agentId) {
          for (const window of call.windows.values())
            if (window.agentId !== undefined && window.agentId === call.agentId)
              window.agentId = event.agentId;
          call.agentId = event.agentId;
        }
        call.attributes = event.attributes;
        return;
      case "TapAdded": {
        const { tap } = event;
        const known = call.taps.get(tap.tapId);
        call.taps.set(tap.tapId, {
          recorderId: tap.recorderId,
          targetKey: tap.targetKey,
          counts: tap.required && tap.control !== "none",
          active: true,
          absentProtects: tap.absentIs === "protected",
          yesConfirms: tap.acceptAcknowledged,
          silentIn: known?.silentIn ?? -1,
          unsure: known !== undefined,
        });
        return;
      }
      case "TapLeaving": {
        const tap = call.taps.get(event.tapId);
        if (tap !== undefined) tap.active = false;
        return;
      }
      case "WindowOpened":
        return open(call, event);
      case "WindowRenewed":
        return renew(call, event);
      case "WindowExpired":
      case "WindowReleased":
        return end(call, event);
      case "WindowClosed": {
        const window = call.windows.get(event.windowId);
        if (window !== undefined) window.state = "closed";
        return;
      }
      case "WindowForestalled": {
        const { at, by, windowId } = event;
        const owner = by?.owner ?? "";
        const window: OwnWindow = {
          owner,
          agentId: undefined,
          openedAt: at,
          expiresAt: at,
          state: "closed",
        };
        call.windows.set(windowId, window);
        return;
      }
      case "RecorderReported": {
        const tap = call.taps.get(event.tapId);
        if (tap === undefined) return;
        const yes = event.confirmedBy !== "acknowledged" || tap.yesConfirms;
        const silent =
          event.status === "paused" || (event.status === "absent" && tap.absentProtects);
        tap.silentIn = event.goal === "paused" && silent && yes ? event.turn : -1;
        tap.unsure = false;
        return;
      }
      case "ConfirmationLapsed":
        for (const tapId of event.tapIds) {
          const tap = call.taps.get(tapId);
          if (tap !== undefined) Object.assign(tap, { silentIn: -1, unsure: false });
        }
        return;
      case "ConfirmationOverdue":
        call.dueBy = undefined;
        return;
      case "CallEnding":
        for (const window of call.windows.values()) window.state = "closed";
        call.ending = true;
        call.endBy = event.endBy;
        return;
      case "CallEnded":
        call.ended = true;
        return;
      case "TapReleased":
      case "TapBaselined":
      case "RecorderFailed":
        return;
    }
  }

  const isSecured: Ledger["isSecured"] = (call) => {
    if (call.ended || ![...call.windows.values()].some((window) => window.state === "open"))
      return false;
    return isSilent(call);
  };
  /** In a lease's grace too; undefined where a tap was added anew and not heard of since. */
  const isSilent: Ledger["isSecured"] = (call) => {
    const counting = [...call.taps.values()].filter((tap) => tap.active && tap.counts);
    if (counting.some((tap) => tap.unsure)) return undefined;
    return counting.length > 0 && counting.every((tap) => tap.silentIn === call.turn);
  };

  return {
    calls,
    wrong,
    isSecured,
    restarted() {
      for (const call of calls.values())
        for (const tap of call.taps.values()) Object.assign(tap, { silentIn: -1, unsure: false });
    },
    take({ callId, event, position, tenant }) {
      const key = `${tenant}\n${callId}`;
      let call = calls.get(key);
      if (call === undefined) {
        call = newCall(tenant, callId);
        calls.set(key, call);
      }
      const before = wantsSilence(call);
      if (position <= call.position) wrong.push(`order: ${callId} has entry ${position} twice`);
      apply(call, event);
      call.position = position;
      call.version += 1;
      const after = wantsSilence(call);
      if (before !== after) {
        call.turn += 1;
        call.dueBy = after && "confirmDueBy" in event ? event.confirmDueBy : undefined;
      }
      if (call.dueBy !== undefined && isSilent(call) !== false) call.dueBy = undefined;
    },
    overdue(call, now) {
      if (call.ended) return undefined;
      const late = (at: number | undefined) => at !== undefined && now > at + OVERDUE_MS;
      for (const [windowId, window] of call.windows) {
        if (window.state === "open" && late(window.expiresAt)) return `the lease of ${windowId}`;
        if (window.state === "expired" && late(window.releaseAt)) return `the grace of ${windowId}`;
      }
      if (late(call.dueBy)) return "the confirmation";
      return call.ending && late(call.endBy) ? "its end" : undefined;
    },
  };
}

type Of<T extends CallEvent["type"]> = Extract<CallEvent, { type: T }>;

const newCall = (tenant: string, callId: string): OwnCall => ({
  tenant,
  callId,
  position: 0,
  version: 0,
  turn: 0,
  agentId: undefined,
  attributes: {},
  ended: false,
  ending: false,
  endBy: 0,
  dueBy: undefined,
  windows: new Map(),
  taps: new Map(),
});
