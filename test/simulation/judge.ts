/**
 * The judge of a story. It looks at what the simulated recorders did and at what the log holds, at
 * every moment, and never at what the core believes of its recorders.
 */
import type { CallState, Tap } from "../../src/control/call.ts";
import { goalOf, safeToCollect } from "../../src/control/conclude.ts";
import { DEFAULT_DESK_RULES, DEFAULT_RULES } from "../../src/control/commands.ts";
import type { SimRecorder } from "./recorder.ts";
import type { World } from "./world.ts";

const { guardMs, statusMsMax } = DEFAULT_DESK_RULES;
/** One guard interval and one read, then its entry. */
const TIGHT_MS = guardMs + statusMsMax + 50;
/** Where reads meet trouble: a confirmation's greatest age, and its entry. */
const LOOSE_MS = DEFAULT_RULES.confirmAgeMsMax + 50;

export interface Judge {
  readonly wrong: string[];
  /** Looks at every call as its desktop shows it now. */
  look(): void;
  /** A person's hand on a recorder, before it acts. */
  hand(recorder: SimRecorder, ref: string, to: "recording" | "paused"): void;
}

export function judge(w: World): Judge {
  const wrong: string[] = [];
  const foreign = new Set<string>();
  const start = w.clock.now();
  const blame = (what: string) => {
    const line = `${w.clock.now() - start} ${what}`;
    if (!wrong.includes(line) && wrong.length < 10) wrong.push(line);
  };
  const tapsOf = (recorderId: string, ref: string): readonly (readonly [CallState, Tap])[] =>
    [...w.log.states.values()].flatMap((state) =>
      Object.values(state.taps)
        .filter((tap) => tap.recorderId === recorderId && audioOf(tap) === ref)
        .map((tap) => [state, tap] as const),
    );

  for (const recorder of Object.values(w.recorders)) {
    recorder.sent = (order, ref) => {
      if (order === "pause") return;
      const name = `${recorder.id}/${ref}`;
      const taps = tapsOf(recorder.id, ref);
      if (taps.some(([state, tap]) => goalOf(state, tap) === "paused"))
        blame(`P3: a resume of ${name} was sent while a call's log wants it silent`);
      const unknown = taps.some(([, tap]) => tap.touched && tap.before === "unknown");
      if (foreign.has(name) && !unknown)
        blame(`P4: a resume of ${name} was sent, which a person had silenced`);
      foreign.delete(name);
    };
  }

  let heard = 0;
  function look(): void {
    const now = w.clock.now();
    for (const { callId, events, state } of w.changes.slice(heard)) {
      for (const event of events) {
        if (event.type !== "RecorderReported" || event.turn !== state.turn) continue;
        if (event.status === "paused" && event.askedAt < state.turnAt)
          blame(`P5: ${callId} takes ${event.tapId}'s silence from before its turn`);
      }
    }
    heard = w.changes.length;
    for (const { callId, state } of w.shown.values()) {
      const safe = Object.entries(state.windows).some(([windowId, { owner }]) =>
        safeToCollect(state, windowId, { owner }, now),
      );
      if (!safe) continue;
      for (const tap of Object.values(state.taps)) {
        const recorder = w.recorders[tap.recorderId];
        if (recorder === undefined || !tap.required || tap.role !== "active") continue;
        if (recorder.truth.get(audioOf(tap))?.status !== "recording") continue;
        const began = recorder.journal.findLast((line) => line.target === audioOf(tap));
        const sinceMs = now - (began?.at ?? 0);
        const troubled = now - recorder.readTroubleAt < LOOSE_MS + TIGHT_MS;
        if (sinceMs > (troubled ? LOOSE_MS : TIGHT_MS))
          blame(`P1: ${callId} shown safe while ${tap.tapId} records for ${sinceMs} ms`);
      }
    }
  }

  return {
    wrong,
    look,
    hand(recorder, ref, to) {
      const name = `${recorder.id}/${ref}`;
      if (to === "recording") return void foreign.delete(name);
      // Only a silence that began while tacet had nothing to do with the target is a person's alone.
      const involved = tapsOf(recorder.id, ref).some(
        ([state, tap]) =>
          tap.touched || tap.baselineBy !== undefined || goalOf(state, tap) === "paused",
      );
      const recording = recorder.truth.get(ref)?.status === "recording";
      if (recording && !involved && !recorder.inFlight(ref)) foreign.add(name);
    },
  };
}

/** `x1` is another name of `1`. */
const audioOf = (tap: Tap): string => tap.targetKey.replace(/^x/, "");
