/**
 * The judge of a story. It looks at what the simulated recorders did, at what the log holds, at what
 * desktops were sent and callers were told, at every moment, and never at what the core believes.
 */
import { isDeepStrictEqual } from "node:util";
import { DEFAULT_DESK_RULES } from "../../src/control/commands.ts";
import type { Rules } from "../../src/control/commands.ts";
import { counts, goalOf } from "../../src/control/conclude.ts";
import type { CallState, Tap, TapSpec } from "../../src/control/call.ts";
import type { CallMessage } from "../../src/events/protocol.ts";
import type { Acknowledged, Callers } from "./callers.ts";
import type { Desktop } from "./desktops.ts";
import type { Ledger } from "./ledger.ts";
import { newLedger } from "./ledger.ts";
import type { Order, Recording } from "./tape.ts";
import type { World } from "./world.ts";

const { commandMsMax, guardMs, statusMsMax } = DEFAULT_DESK_RULES;
/** One guard interval and one read, then its entry. */
const TIGHT_MS = guardMs + statusMsMax + 50;
/** From a commit to every desktop. */
const MESSAGE_MS = 300;
/** An append that takes longer is told as doubt. */
const LOG_MS = 450;
/** Entries of one call in one second beyond which something spins. */
const ENTRIES_A_SECOND_MAX = 150;
const LOOK_MS = 25;
const WRONG_COUNT_MAX = 10;

export interface Judge {
  readonly wrong: string[];
  readonly ledger: Ledger;
  /** How often there was something to judge. */
  readonly counts: Counts;
  /** Looks at what every desktop is shown now. */
  look(): void;
  /** Looks at every call, every desktop and the log; between a story's steps. */
  examine(): void;
  /** A process has ended, and the next one has yet to read the log. */
  begins(jumpedMs: number): void;
  /** A person's hand on a recorder, or a conversation that begins or ends, before it acts. */
  hand(recorder: Recording, ref: string, to: "recording" | "paused" | "absent"): void;
  /** The log had trouble with this call. */
  logTrouble(tenant: string, callId: string): void;
  /** What stays once everything has come to rest. */
  atRest(): Promise<void>;
}

export interface Counts {
  acknowledged: number;
  answeredSafe: number;
  shownSafe: number;
  messages: number;
}

interface Line {
  readonly recorder: Recording;
  readonly ref: string;
  readonly tapId: string;
  /** A mere yes counts by policy: only what tacet's own commands did to it is held against it. */
  readonly isBlind: boolean;
}
interface ShownSafe {
  readonly desktop: string;
  readonly callId: string;
  readonly lines: readonly Line[];
  readonly expiresAt: number;
}
interface Promised {
  readonly key: string;
  readonly windowId: string;
  readonly untilAt: number;
}

export interface Judged {
  readonly rules: Rules;
  readonly desktops: readonly Desktop[];
  readonly callers: Callers;
}

export function judge(w: World, { callers, desktops, rules }: Judged): Judge {
  const wrong: string[] = [];
  const seen: Counts = { acknowledged: 0, answeredSafe: 0, shownSafe: 0, messages: 0 };
  const foreign = new Set<string>();
  /** What was last asked of each line, by a pause too that no log holds yet. */
  const lastOrder = new Map<string, Order>();
  const start = w.clock.now();
  const ledger = newLedger(rules);
  const looseMs = rules.confirmAgeMsMax + 50;
  const claimants = new Map<string, Set<string>>();
  const published = new Map<string, { position: number; lines: readonly Line[] }>();
  const doubted = new Set<string>();
  const safe = new Map<string, ShownSafe>();
  const acknowledged: Acknowledged[] = [];
  const troubles = new Map<string, number>();
  const rate = new Map<string, { second: number; count: number }>();
  let promises: Promised[] = [];
  let slowLogAt = -1e9;
  let lastLook = 0;
  let publishedAt = 0;

  const blame = (what: string) => {
    const line = `${w.clock.now() - start} ${what}`;
    if (!wrong.includes(line) && wrong.length < WRONG_COUNT_MAX) wrong.push(line);
  };
  const keyOf = (tenant: string, callId: string) => `${tenant}\n${callId}`;
  const lineOf = (tap: TapSpec): Line[] => {
    const recorder = w.recordings[tap.recorderId];
    if (recorder === undefined) return [];
    const ref = recorder.refOf(tap.targetKey);
    return [{ recorder, ref, tapId: tap.tapId, isBlind: tap.acceptAcknowledged }];
  };
  const linesOf = (state: CallState) => Object.values(state.taps).filter(counts).flatMap(lineOf);
  const nameOf = (recorder: Recording, ref: string) => `${recorder.id}/${ref}`;
  const tapsOn = (
    recorder: Recording,
    ref: string,
  ): readonly (readonly [string, CallState, Tap])[] =>
    [...(claimants.get(nameOf(recorder, ref)) ?? [])].flatMap((key) => {
      const state = w.log.states.get(key);
      return Object.values(state?.taps ?? {})
        .filter((tap) => tap.recorderId === recorder.id && recorder.refOf(tap.targetKey) === ref)
        .flatMap((tap) => (state === undefined ? [] : [[key, state, tap] as const]));
    });

  /** P1, for whoever is told safe now and rests on these lines. */
  function rests(who: string, lines: readonly Line[]): void {
    const now = w.clock.now();
    for (const { isBlind, recorder, ref, tapId } of lines) {
      if (recorder.truth.get(ref)?.status !== "recording") continue;
      // Nothing ever tells what a person did to it, or that another conversation began.
      const last = recorder.journal.findLast((line) => line.target === ref);
      if (isBlind && last?.cause !== "command") continue;
      const sinceMs = now - recorder.since(ref);
      // What failed before it began to record delays nothing, but for a question still open then.
      const troubled = recorder.troubledAt(ref) >= recorder.since(ref) - commandMsMax - 100;
      const logMs = now - slowLogAt < 10_000 ? LOG_MS : 0;
      // A yes that cannot be asked about is right from the start: no answer mends it later.
      const msMax = isBlind ? MESSAGE_MS : troubled ? looseMs : TIGHT_MS;
      if (sinceMs > msMax + logMs)
        blame(`P1: ${who} while ${tapId} has recorded for ${sinceMs} ms`);
    }
  }
  const restsShown = (one: ShownSafe) => {
    if (one.expiresAt > w.now()) rests(`${one.desktop} is shown ${one.callId} safe`, one.lines);
  };

  /** Where nothing is recorded, no recorder tells that two names come to the same. */
  const isUntold = (recorder: Recording, ref: string) => {
    const last = recorder.journal.findLast((line) => line.target === ref);
    if (last?.status === "absent") return true;
    return last?.cause === "call" && w.clock.now() - last.at < looseMs + TIGHT_MS;
  };

  for (const recorder of Object.values(w.recordings)) {
    recorder.sent = (order, ref) => {
      lastOrder.set(nameOf(recorder, ref), order);
      if (order === "pause" || isUntold(recorder, ref)) return;
      const taps = tapsOn(recorder, ref);
      if (taps.some(([, state, tap]) => goalOf(state, tap) === "paused"))
        blame(
          `P3: a resume of ${nameOf(recorder, ref)} was sent while a call's log wants it silent`,
        );
      for (const [key, , tap] of taps) {
        if (!tap.required || tap.role !== "active") continue;
        const kept = promises.find((one) => one.key === key && one.untilAt > w.clock.now());
        if (kept !== undefined)
          blame(
            `P6: ${nameOf(recorder, ref)} is let go while ${kept.windowId} was told to collect`,
          );
      }
    };
    recorder.letsGo = (ref) => {
      const name = nameOf(recorder, ref);
      const taps = tapsOn(recorder, ref);
      const unknown = taps.some(([, , tap]) => tap.touched && tap.before === "unknown");
      if (foreign.has(name) && !unknown)
        blame(`P4: a resume of ${name} was sent, which a person had silenced`);
      foreign.delete(name);
    };
  }

  for (const desktop of desktops) {
    const { tenant } = desktop.viewer;
    desktop.onSent = (callId, message) => {
      seen.messages += 1;
      // A slow reader's screen is as old as its connection; what it is shown last is judged.
      if (desktop.slowMs !== undefined || desktop.filter.maxHz !== undefined) return;
      const key = `${desktop.name}\n${callId}`;
      const before = safe.get(key);
      if (before !== undefined) restsShown(before);
      safe.delete(key);
      const own = (message?.windows ?? []).filter((window) => window.own);
      if (message?.protection !== "secured" || own.length === 0) return;
      const expiresAt = Math.max(...own.map((window) => window.expiresAt));
      const known = published.get(keyOf(tenant, callId));
      const lines = known?.lines ?? linesOf(w.log.stateOf(tenant, callId));
      seen.shownSafe += 1;
      safe.set(key, { desktop: desktop.name, callId, lines, expiresAt });
    };
  }

  w.log.committed = (logged) => {
    const { callId, event, tenant } = logged;
    const key = keyOf(tenant, callId);
    ledger.take(logged);
    if (event.type === "TapAdded") {
      for (const { recorder, ref } of lineOf(event.tap)) {
        const name = nameOf(recorder, ref);
        const known = claimants.get(name);
        if (known === undefined) claimants.set(name, new Set([key]));
        else known.add(key);
      }
    }
    if (event.type === "WindowClosed")
      promises = promises.filter((one) => one.key !== key || one.windowId !== event.windowId);
    if (event.type === "CallEnding" || event.type === "TapLeaving")
      promises = promises.filter((one) => one.key !== key);
    const second = Math.floor(w.clock.now() / 1_000);
    const counted = rate.get(key);
    if (counted?.second === second) counted.count += 1;
    else rate.set(key, { second, count: 1 });
    if (counted?.second === second && counted.count > ENTRIES_A_SECOND_MAX)
      blame(`alarm: ${callId} entered ${counted.count} facts within a second`);
  };

  w.onPublish = ({ callId, events, position, state, tenant }) => {
    const key = keyOf(tenant, callId);
    published.set(key, { position, lines: linesOf(state) });
    publishedAt = w.clock.now();
    doubted.delete(key);
    if (ledger.calls.get(key)?.position === position) {
      if (!isDeepStrictEqual(state, w.log.stateOf(tenant, callId)))
        blame(`fold: ${callId} at ${position} is not what its entries make it`);
    } else if ((ledger.calls.get(key)?.position ?? 0) < position) {
      blame(`P2: ${callId} is published at ${position}, which the log does not hold`);
    }
    for (const event of events) {
      if (event.type !== "RecorderReported" || event.turn !== state.turn) continue;
      // What waited for a slow log was asked for before its turn could be entered.
      const waited = w.clock.now() - slowLogAt < 10_000;
      if (event.status === "paused" && event.askedAt < state.turnAt && !waited)
        blame(`P5: ${callId} takes ${event.tapId}'s silence from before its turn`);
    }
  };
  w.onDoubt = (tenant, callId) => {
    doubted.add(keyOf(tenant, callId));
    publishedAt = w.clock.now();
  };

  callers.onDone = (done) => {
    seen.acknowledged += 1;
    acknowledged.push(done);
    entered(done, "was acknowledged before it was entered");
  };
  callers.onAnswer = (answer) => {
    const { at, state } = answer.view;
    if (!answer.safe) return;
    seen.answeredSafe += 1;
    rests(`${answer.windowId} is answered safe`, linesOf(state));
    // Policy may let facts that no log holds yet make an answer safe.
    if (!answer.view.durable) return;
    const key = keyOf(answer.tenant, answer.callId);
    const window = ledger.calls.get(key)?.windows.get(answer.windowId);
    if (window === undefined || window.state !== "open" || w.now() >= window.expiresAt)
      return blame(`lease: ${answer.windowId} is answered safe and is not open`);
    if (answer.collectForMs > window.expiresAt - w.now())
      blame(`lease: ${answer.windowId} may collect longer than it is open`);
    if (ledger.isSecured(ledger.calls.get(key) ?? never()) === false)
      blame(`P1: ${answer.windowId} is answered safe, and the log does not show it secured`);
    if (at > w.now()) blame(`lease: ${answer.windowId} is answered from the future`);
    promises.push({
      key,
      windowId: answer.windowId,
      untilAt: answer.askedAt + answer.collectForMs,
    });
  };

  /** P2, first half: what was said to be done is in the log. */
  function entered({ callId, command, tenant, view }: Acknowledged, how: string): void {
    const key = keyOf(tenant, callId);
    const call = ledger.calls.get(key);
    const name = `${command.type} of ${callId}`;
    if ((call?.version ?? 0) < view.state.version) return blame(`P2: ${name} ${how}`);
    if (call === undefined || call.version > view.state.version) return;
    switch (command.type) {
      case "OpenWindow":
        if (!call.windows.has(command.windowId))
          blame(`P2: ${name} ${how}: there is no window ${command.windowId}`);
        return;
      case "CloseWindow":
        if (!call.ended && call.windows.get(command.windowId)?.state !== "closed")
          blame(`P2: ${name} ${how}: ${command.windowId} is not closed`);
        return;
      case "RenewWindow":
        if (!call.windows.has(command.windowId))
          blame(`P2: ${name} ${how}: there is no window ${command.windowId}`);
        return;
      case "EndCall":
        if (!call.ending) blame(`P2: ${name} ${how}`);
        return;
      case "RegisterCall":
        return;
    }
  }

  function look(): void {
    const now = w.clock.now();
    if (now - lastLook < LOOK_MS) return;
    lastLook = now;
    for (const one of safe.values()) restsShown(one);
  }

  /** What a desktop should show of one call, by the judge's own reading; undefined: nothing. */
  function shows(desktop: Desktop, key: string): boolean {
    const call = ledger.calls.get(key);
    const { filter, viewer } = desktop;
    if (call === undefined || call.ended || call.tenant !== viewer.tenant) return false;
    if (viewer.ownCallsOnly) return call.agentId === viewer.agentId && asks(filter, call);
    return asks(filter, call);
  }

  function examineDesktop(desktop: Desktop): void {
    const waitMs =
      desktop.slowMs === undefined
        ? desktop.filter.maxHz === undefined
          ? 100
          : 1_500 / desktop.filter.maxHz + 100
        : 3_000;
    if (!desktop.isDrained() || w.clock.now() - publishedAt < waitMs) return;
    for (const [key, call] of ledger.calls) {
      if (call.tenant !== desktop.viewer.tenant) continue;
      const known = published.get(key);
      // Written, and its writer not answered yet.
      if (known === undefined || known.position !== call.position) continue;
      const message = desktop.have.get(call.callId);
      const name = `${desktop.name} of ${call.callId} at ${call.position}`;
      // What the log could not take yet may have ended the call already.
      if (message === undefined && doubted.has(key)) continue;
      if (!shows(desktop, key)) {
        if (message !== undefined && message.protection !== "ended")
          blame(`hub: ${name} still shows ${message.protection} at ${message.position}`);
        continue;
      }
      if (message === undefined) blame(`hub: ${name} shows nothing`);
      else examineMessage(name, key, message, desktop);
    }
  }

  function examineMessage(name: string, key: string, message: CallMessage, desktop: Desktop): void {
    const call = ledger.calls.get(key) ?? never();
    const isSecured = message.protection === "secured";
    // What the log could not take yet may have changed the call already; it is not called secured.
    if (doubted.has(key) || message.unlogged === true) {
      if (isSecured) blame(`hub: ${name} shows secured and is in doubt`);
      return;
    }
    if (message.position !== call.position)
      return blame(`hub: ${name} shows what was at ${message.position}`);
    if (message.agentId !== call.agentId) blame(`hub: ${name} shows agent ${message.agentId}`);
    const secured = ledger.isSecured(call);
    if (secured !== undefined && secured !== isSecured)
      blame(`hub: ${name} shows ${message.protection}`);
    const expected = [...call.windows]
      .filter(([, window]) => window.state === "open")
      .map(([windowId, window]) => `${windowId} ${window.expiresAt} ${owns(desktop, window)}`);
    const shown = message.windows.map((one) => `${one.windowId} ${one.expiresAt} ${one.own}`);
    if (expected.toSorted().join() !== shown.toSorted().join())
      blame(`hub: ${name} shows windows ${shown.join()} for ${expected.join()}`);
  }

  function examine(): void {
    const now = w.now();
    const up = w.process.alive && w.clock.now() - w.process.startedAt > 2_000;
    for (const [key, call] of ledger.calls) {
      if (!up || w.clock.now() - (troubles.get(key) ?? -1e9) < 40_000) continue;
      const late = ledger.overdue(call, now);
      if (late !== undefined) blame(`alarm: ${late} of ${call.callId} has passed and nothing came`);
      const isOpen = [...call.windows.values()].some((window) => window.state !== "closed");
      if (isOpen && w.clock.armedBy(w.process) === 0)
        blame(`alarm: ${call.callId} has an open window and nothing is armed`);
    }
    for (const desktop of desktops) examineDesktop(desktop);
    if (callers.unanswered(15_000) > 0) blame("alarm: a request has had no answer for 15 s");
    for (const what of [...ledger.wrong.splice(0), ...w.log.wrong.splice(0)]) blame(what);
  }

  return {
    wrong,
    ledger,
    counts: seen,
    look,
    examine,
    begins(jumpedMs) {
      doubted.clear();
      safe.clear();
      ledger.restarted();
      for (const [key, call] of ledger.calls) {
        const state = w.log.stateOf(call.tenant, call.callId);
        if (published.get(key)?.position !== call.position)
          published.set(key, { position: call.position, lines: linesOf(state) });
      }
      // A clock set forward ends a lease before the page that counts by its own does.
      if (jumpedMs !== 0) promises = [];
    },
    hand(recorder, ref, to) {
      const name = nameOf(recorder, ref);
      if (to !== "paused") return void foreign.delete(name);
      // Only a silence that began while tacet had nothing to do with the target is a person's alone.
      const involved = tapsOn(recorder, ref).some(
        ([, state, tap]) =>
          tap.touched || tap.baselineBy !== undefined || goalOf(state, tap) === "paused",
      );
      const recording = recorder.truth.get(ref)?.status === "recording";
      const asked = recorder.inFlight(ref) || lastOrder.get(name) === "pause";
      if (recording && !involved && !asked) foreign.add(name);
    },
    logTrouble(tenant, callId) {
      slowLogAt = w.clock.now();
      troubles.set(keyOf(tenant, callId), w.clock.now());
    },
    async atRest() {
      for (const done of acknowledged) entered(done, "is not in the log any more");
      for (const name of foreign) {
        const [id = "", ref = ""] = name.split("/");
        if (w.recordings[id]?.truth.get(ref)?.status === "recording")
          blame(`P4: ${name} records again, which a person had silenced`);
      }
      for (const recorder of Object.values(w.recordings)) {
        for (const [ref, { status }] of recorder.truth) {
          const last = recorder.journal.findLast((line) => line.target === ref);
          if (status === "paused" && last?.cause === "command")
            blame(`P2: ${nameOf(recorder, ref)} stays silent`);
        }
      }
      for (const { callId, tenant } of ledger.calls.values()) {
        const reading = w.keeper.read(tenant, callId);
        await w.clock.pass(50);
        const view = await Promise.race([reading, Promise.resolve("never" as const)]);
        if (view === "never") return blame(`alarm: reading ${callId} has no end`);
        if (view === undefined) return blame(`P2: ${callId} is unknown`);
        if (!isDeepStrictEqual(view.state, w.log.stateOf(tenant, callId)))
          blame(`fold: ${callId} is not what its entries make it`);
        const call = ledger.calls.get(keyOf(tenant, callId)) ?? never();
        const open = [...call.windows.values()].some((window) => window.state !== "closed");
        if (open) blame(`P2: ${callId} has a window open`);
        if (call.ending && !call.ended) blame(`P2: ${callId} does not end`);
        for (const one of Object.values(w.log.stateOf(tenant, callId).taps))
          if (one.touched) blame(`P2: ${callId} still owes ${one.tapId} a resume`);
      }
    },
  };
}

function asks(
  filter: Desktop["filter"],
  call: {
    agentId: string | undefined;
    callId: string;
    attributes: Readonly<Record<string, string>>;
  },
) {
  if (filter.all === true || filter.calls?.includes(call.callId) === true) return true;
  if (call.agentId !== undefined && filter.agents?.includes(call.agentId) === true) return true;
  const where = Object.entries(filter.where ?? {});
  return where.length > 0 && where.every(([name, value]) => call.attributes[name] === value);
}

function owns(
  { viewer }: Desktop,
  window: { owner: string; agentId: string | undefined },
): boolean {
  if (window.agentId !== undefined && viewer.agentId !== undefined)
    return window.agentId === viewer.agentId;
  return window.owner === viewer.owner;
}

function never(): never {
  throw new Error("the judge does not know the call");
}
