/**
 * The promises every recorder adapter keeps, run against a simulator of its vendor. An adapter's own
 * test is a rig, this suite, and what only that vendor does.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AdapterContext, AnyRecorder, Send } from "../../src/adapters/recorder.ts";
import type { HubPort } from "../../src/adapters/hub.ts";
import type { LinePort } from "../../src/adapters/lines.ts";
import { canControl, canReport, canSurvey } from "../../src/adapters/recorder.ts";
import type { RecorderStatus, Target } from "../../src/control/call.ts";
import type { ControlOutcome, Observation, PushedChange } from "../../src/control/ports.ts";

/** Faults by the names of the failure museum. A rig switches its simulator's own on. */
export type ContractFault =
  /** The command is answered yes and nothing is done. */
  | "ack-and-ignore"
  /** The command is done; its answer never comes (hangs, or the connection breaks). */
  | "applied-but-lost"
  /** The command reached the recorder and was not done; its answer never comes. */
  | "lost-and-not-applied"
  /** Nothing reaches the recorder at all. */
  | "unreachable"
  /** The command is done at once, and answered long after any deadline. */
  | "slow"
  /** HTTP 200 with the vendor's error inside, for a command; nothing is done. */
  | "error-in-200"
  /** HTTP 200 with somebody's error page, for commands and reads; nothing is done. */
  | "html-instead-of-json"
  /** A reply beyond the HTTP port's bound, for commands and reads. */
  | "oversized"
  /** HTTP 302 to an address that `followed()` watches, for commands and reads; nothing is done. */
  | "redirect"
  /** The repeat of a pause is answered with the vendor's error. */
  | "already-paused-is-error";

/** One adapter wired to a fresh simulator with two conversations being recorded. */
export interface Rig {
  readonly recorder: AnyRecorder;
  readonly target: Target;
  /** Another conversation, also being recorded. */
  readonly other: Target;
  /** A conversation the recorder does not know. */
  readonly stranger: Target;
  /** Other spellings that the vendor takes for `target`. */
  readonly spellings: readonly Target[];
  readonly send: Send;
  /** For a recorder that talks over a line. */
  readonly lines?: LinePort;
  /** What is truly recorded for `target`, from the simulator's own journal, never the adapter. */
  heard(): Exclude<RecorderStatus, "unknown">;
  /** Requests meant to change what is recorded that reached the simulator, by its own count. */
  commandsHeard(): number;
  /** Requests that reached the place the `redirect` fault points to. */
  followed(): number;
  fault(name: ContractFault, times?: number): void | Promise<void>;
  clearFaults(): void | Promise<void>;
  /** A person or the phone system changes what is recorded for `target`, past the API. */
  byHand(status: "recording" | "paused"): void | Promise<void>;
  /** `target`'s conversation ends. */
  end(): void | Promise<void>;
  /** Another conversation takes the same target (the same channel, the same id). */
  takeOver?(): void | Promise<void>;
  /** For a recorder that pushes. */
  readonly pushes?: {
    readonly hub?: HubPort;
    /** The next event is lost, and every connection with it. */
    drop(): void;
    /** The next event cannot be read. */
    malform(): void;
    /** Nobody is let in from now on, with whatever token was given out. */
    revoke?(): void;
    standingCount(): number;
    openedCount(): number;
  };
  /** Everything configured that must never be told: passwords, tokens, salts. */
  readonly secrets: readonly string[];
  close(): void | Promise<void>;
}

/** The guarantees by name, so that a skip that names none does not compile. */
const guarantees = [
  "pause silences",
  "pause twice is pause once",
  "a repeat that the vendor calls an error is acknowledged",
  "resume restores",
  "resume of a recording target is acknowledged and changes nothing",
  "an applied pause whose reply is lost is in doubt, and asking tells the truth",
  "a lost pause that was not applied is in doubt, and asking tells the truth",
  "an applied resume whose reply is lost is in doubt and not repeated",
  "a request that never arrived is not acknowledged",
  "a yes that did nothing is acknowledged, and status still says recording",
  "an error inside a 200 is refused",
  "a page instead of the vendor's answer is a bad reply and confirms nothing",
  "an oversized reply is given up and confirms nothing",
  "a redirect is a bad reply and is not followed",
  "a reply slower than the deadline is in doubt",
  "a read slower than the deadline, or cut off, confirms nothing",
  "a target nobody records is absent",
  "a conversation that ended is absent",
  "status says what is heard, after each command",
  "what a person silenced is seen as paused",
  "what a person restarted is seen as recording",
  "commands to one target leave another alone",
  "survey agrees with status for every target",
  "another conversation on the same target has another session",
  "equivalent spellings have one key, and other conversations have others",
  "each command sends one state-changing request",
  "no secret is told in any answer",
] as const;
export type Guarantee = (typeof guarantees)[number];

/** What cannot be shown of a recorder that does not tell what it records now. */
export const whatOnlyStatusShows: readonly Guarantee[] = [
  "an applied pause whose reply is lost is in doubt, and asking tells the truth",
  "a lost pause that was not applied is in doubt, and asking tells the truth",
  "a yes that did nothing is acknowledged, and status still says recording",
  "a target nobody records is absent",
  "a conversation that ended is absent",
  "status says what is heard, after each command",
  "what a person silenced is seen as paused",
  "what a person restarted is seen as recording",
  "commands to one target leave another alone",
  "survey agrees with status for every target",
  "another conversation on the same target has another session",
];

/** What a recorder that pushes keeps besides. */
type PushGuarantee =
  | "a recording that a person starts is pushed as recording"
  | "a pause, whoever gave it, is pushed"
  | "after a lost connection everything is asked again, and what comes then is heard"
  | "one connection serves all conversations"
  | "an event that cannot be read is passed over, and the next one is heard"
  | "whoever stops listening hears nothing more and leaves no connection"
  | "no secret is told where the hub is in trouble";

export interface Skip {
  readonly reason: string;
  readonly tests: readonly Guarantee[];
}

const deadlineMs = 10_000;
/** For a recorder that pushes over something else. */
const noHub: HubPort = () => () => undefined;

/** Runs the suite. `makeRig` is called once a test; the rig is closed after it. */
export function recorderContract(
  name: string,
  makeRig: () => Rig | Promise<Rig>,
  options: {
    readonly skip?: readonly Skip[];
    /** All that a recorder can take part in that cannot be silenced; the reason is the others'. */
    readonly only?: Skip;
    readonly pushes?: boolean;
  } = {},
): void {
  describe(`${name} keeps the recorder contract`, () => {
    let rig: Rig;
    beforeEach(async () => {
      rig = await makeRig();
    });
    afterEach(async () => {
      await rig.close();
    });

    const { only, skip = [] } = options;
    const others = only && guarantees.filter((title) => !only.tests.includes(title));
    const guarantee = declareWithout(
      others === undefined ? skip : [...skip, { reason: only?.reason ?? "", tests: others }],
    );

    const context = (over: Partial<AdapterContext> = {}): AdapterContext => ({
      send: rig.send,
      ...(rig.lines !== undefined && { lines: rig.lines }),
      now: Date.now,
      signal: AbortSignal.timeout(deadlineMs),
      silenced: false,
      windowId: "w-1",
      ...over,
    });
    const pause = (over: Partial<AdapterContext> = {}): Promise<ControlOutcome> =>
      controls(rig.recorder).pause(rig.target, context(over));
    const resume = (over: Partial<AdapterContext> = {}): Promise<ControlOutcome> =>
      controls(rig.recorder).resume(rig.target, context({ silenced: true, ...over }));
    const status = (target = rig.target, over: Partial<AdapterContext> = {}) =>
      reports(rig.recorder).status(target, context({ silenced: true, ...over }));
    const expectStatus = async (expected: RecorderStatus, target = rig.target) =>
      expect(await status(target)).toMatchObject({ kind: "observed", status: expected });

    /** Judges what is read, where the recorder can be asked at all. */
    const ifAsked = async (
      judge: (told: Observation) => void,
      over: Partial<AdapterContext> = {},
    ): Promise<void> => {
      if (canReport(rig.recorder)) judge(await status(rig.target, over));
    };

    /** Sends a command and gives it up as soon as the recorder has heard it. */
    const giveUpOnceHeard = async (
      command: (over: Partial<AdapterContext>) => Promise<ControlOutcome>,
    ): Promise<ControlOutcome> => {
      const deadline = new AbortController();
      const before = rig.commandsHeard();
      const outcome = command({ signal: deadline.signal });
      const answered = new AbortController();
      const settled = outcome.then(() => answered.abort());
      while (!answered.signal.aborted && rig.commandsHeard() === before) await pauseBriefly();
      deadline.abort();
      await settled;
      return outcome;
    };

    guarantee("pause silences", async () => {
      expect(rig.heard()).toBe("recording");
      expect(await pause()).toEqual({ kind: "acknowledged" });
      expect(rig.heard()).toBe("paused");
    });

    guarantee("pause twice is pause once", async () => {
      await pause();
      expect(await pause({ silenced: true })).toEqual({ kind: "acknowledged" });
      expect(rig.heard()).toBe("paused");
      expect(await resume()).toEqual({ kind: "acknowledged" });
      expect(rig.heard()).toBe("recording");
    });

    guarantee("a repeat that the vendor calls an error is acknowledged", async () => {
      await rig.fault("already-paused-is-error");
      expect(await pause()).toEqual({ kind: "acknowledged" });
      expect(await pause({ silenced: true })).toEqual({ kind: "acknowledged" });
      expect(rig.heard()).toBe("paused");
    });

    guarantee("resume restores", async () => {
      await pause();
      expect(await resume()).toEqual({ kind: "acknowledged" });
      expect(rig.heard()).toBe("recording");
    });

    guarantee("resume of a recording target is acknowledged and changes nothing", async () => {
      expect(await resume()).toEqual({ kind: "acknowledged" });
      expect(rig.heard()).toBe("recording");
    });

    guarantee(
      "an applied pause whose reply is lost is in doubt, and asking tells the truth",
      async () => {
        await rig.fault("applied-but-lost", 1);
        expect(await giveUpOnceHeard(pause)).toMatchObject({ kind: "in_doubt" });
        await rig.clearFaults();
        expect(rig.heard()).toBe("paused");
        await expectStatus("paused");
      },
    );

    guarantee(
      "a lost pause that was not applied is in doubt, and asking tells the truth",
      async () => {
        await rig.fault("lost-and-not-applied", 1);
        expect(await giveUpOnceHeard(pause)).toMatchObject({ kind: "in_doubt" });
        await rig.clearFaults();
        expect(rig.heard()).toBe("recording");
        await expectStatus("recording");
      },
    );

    guarantee("an applied resume whose reply is lost is in doubt and not repeated", async () => {
      await pause();
      const before = rig.commandsHeard();
      await rig.fault("applied-but-lost", 1);
      expect(await giveUpOnceHeard(resume)).toMatchObject({ kind: "in_doubt" });
      expect(rig.commandsHeard()).toBe(before + 1);
      expect(rig.heard()).toBe("recording");
    });

    guarantee("a request that never arrived is not acknowledged", async () => {
      await rig.fault("unreachable");
      expect(["unreachable", "in_doubt"]).toContain((await pause()).kind);
      expect(rig.heard()).toBe("recording");
      expect(rig.commandsHeard()).toBe(0);
      await ifAsked((told) => expect(["unreachable", "in_doubt"]).toContain(told.kind));
    });

    guarantee(
      "a yes that did nothing is acknowledged, and status still says recording",
      async () => {
        await rig.fault("ack-and-ignore");
        expect(await pause()).toEqual({ kind: "acknowledged" });
        expect(rig.heard()).toBe("recording");
        await expectStatus("recording");
      },
    );

    guarantee("an error inside a 200 is refused", async () => {
      await rig.fault("error-in-200");
      expect(await pause()).toMatchObject({ kind: "refused" });
      expect(rig.heard()).toBe("recording");
    });

    guarantee(
      "a page instead of the vendor's answer is a bad reply and confirms nothing",
      async () => {
        await rig.fault("html-instead-of-json");
        expect(await pause()).toMatchObject({ kind: "refused", reason: "bad_reply" });
        await ifAsked((told) => expect(told).toMatchObject({ reason: "bad_reply" }));
      },
    );

    guarantee("an oversized reply is given up and confirms nothing", async () => {
      await rig.fault("oversized");
      expect(["in_doubt", "refused"]).toContain((await pause()).kind);
      await ifAsked((told) => expect(["in_doubt", "refused"]).toContain(told.kind));
    });

    guarantee("a redirect is a bad reply and is not followed", async () => {
      await rig.fault("redirect");
      expect(await pause()).toMatchObject({ kind: "refused", reason: "bad_reply" });
      await ifAsked((told) => expect(told).toMatchObject({ reason: "bad_reply" }));
      expect(rig.followed()).toBe(0);
      expect(rig.heard()).toBe("recording");
    });

    guarantee("a reply slower than the deadline is in doubt", async () => {
      await rig.fault("slow");
      expect(await giveUpOnceHeard(pause)).toMatchObject({ kind: "in_doubt" });
    });

    guarantee("a read slower than the deadline, or cut off, confirms nothing", async () => {
      const gone = AbortSignal.abort();
      await ifAsked((told) => expect(["unreachable", "in_doubt"]).toContain(told.kind), {
        signal: gone,
      });
      expect(["unreachable", "in_doubt"]).toContain((await pause({ signal: gone })).kind);
      expect(rig.commandsHeard()).toBe(0);
    });

    guarantee("a target nobody records is absent", async () => {
      await expectStatus("absent", rig.stranger);
    });

    guarantee("a conversation that ended is absent", async () => {
      await rig.end();
      expect(rig.heard()).toBe("absent");
      expect(await status(rig.target, { silenced: false })).toMatchObject({ status: "absent" });
    });

    guarantee("status says what is heard, after each command", async () => {
      expect(await status(rig.target, { silenced: false })).toMatchObject({ status: "recording" });
      await pause();
      expect(rig.heard()).toBe("paused");
      await expectStatus(rig.heard());
      await resume();
      expect(rig.heard()).toBe("recording");
      await expectStatus(rig.heard());
    });

    guarantee("what a person silenced is seen as paused", async () => {
      await rig.byHand("paused");
      expect(await status(rig.target, { silenced: false })).toMatchObject({ status: "paused" });
    });

    guarantee("what a person restarted is seen as recording", async () => {
      await pause();
      await rig.byHand("recording");
      await expectStatus("recording");
    });

    guarantee("commands to one target leave another alone", async () => {
      await pause();
      await expectStatus("recording", rig.other);
      await expectStatus("paused");
    });

    guarantee("survey agrees with status for every target", async () => {
      if (!canSurvey(rig.recorder)) throw new Error("claims no survey: skip this with that reason");
      await pause();
      const { recorder } = rig;
      const asked = new Map(
        [rig.target, rig.other, rig.stranger].map((target) => [recorder.targetKey(target), target]),
      );
      const survey = await recorder.survey(asked, context({ silenced: true }));
      if (!(survey instanceof Map)) throw new Error(`survey said ${JSON.stringify(survey)}`);
      for (const [key, target] of asked) {
        const told = survey.get(key) as Observation | undefined;
        if (told !== undefined) expect(told).toEqual(await status(target));
      }
      for (const target of [rig.target, rig.other]) {
        expect(survey.get(recorder.targetKey(target))).toMatchObject({ kind: "observed" });
      }
    });

    guarantee("another conversation on the same target has another session", async () => {
      if (rig.takeOver === undefined) throw new Error("no takeOver: skip this with the reason");
      const before = sessionOf(await status());
      expect(sessionOf(await status())).toBe(before);
      await rig.takeOver();
      const after = sessionOf(await status());
      expect(before).toBeDefined();
      expect(after).toBeDefined();
      expect(after).not.toBe(before);
    });

    guarantee(
      "equivalent spellings have one key, and other conversations have others",
      async () => {
        const { recorder, target } = rig;
        const key = recorder.targetKey(target);
        expect(recorder.targetKey(target)).toBe(key);
        expect(rig.spellings.length).toBeGreaterThan(0);
        for (const spelling of rig.spellings) {
          const parsed = await recorder.targetSchema.parseAsync(spelling);
          expect(recorder.targetKey(parsed)).toBe(key);
        }
        const keys = [key, recorder.targetKey(rig.other), recorder.targetKey(rig.stranger)];
        expect(new Set(keys).size).toBe(3);
        expect(
          (await recorder.targetSchema.safeParseAsync({ ...target, surplus: 1 })).success,
        ).toBe(false);
      },
    );

    guarantee("each command sends one state-changing request", async () => {
      expect(rig.commandsHeard()).toBe(0);
      await pause();
      expect(rig.commandsHeard()).toBe(1);
      await ifAsked((told) => expect(told.kind).toBe("observed"));
      expect(rig.commandsHeard()).toBe(1);
      await resume();
      expect(rig.commandsHeard()).toBe(2);
    });

    guarantee("no secret is told in any answer", async () => {
      const told: unknown[] = [];
      const faults: readonly (ContractFault | undefined)[] = [
        undefined,
        "error-in-200",
        "html-instead-of-json",
        "oversized",
        "redirect",
        "unreachable",
      ];
      for (const fault of faults) {
        if (fault !== undefined) await rig.fault(fault);
        told.push(await pause(), await rig.recorder.preflight(context()));
        await ifAsked((one) => told.push(one));
        await rig.clearFaults();
      }
      const text = JSON.stringify(told);
      for (const secret of rig.secrets) expect(text).not.toContain(secret);
    });

    if (options.pushes !== true) return;
    const pushGuarantee = (title: PushGuarantee, body: () => Promise<void>) => test(title, body);

    /** Listens until the test ends; resolves once the connection stands. */
    const listen = async () => {
      const { pushes, recorder } = rig;
      if (pushes === undefined || recorder.watch === undefined) throw new Error("pushes nothing");
      const changes: PushedChange[] = [];
      const connections: number[] = [];
      const on = {
        change: (change: PushedChange) => void changes.push(change),
        reconnected: () => void connections.push(Date.now()),
      };
      const stop = recorder.watch(on, {
        now: Date.now,
        after: afterMs,
        send: rig.send,
        hub: pushes.hub ?? noHub,
        ...(rig.lines !== undefined && { lines: rig.lines }),
      });
      const connected = async (count: number) => {
        while (connections.length < count) await pauseBriefly();
      };
      await connected(1);
      const key = recorder.targetKey(rig.target);
      const pushed = async (wanted: RecorderStatus) => {
        const isIt = ({ status: told, targetKey }: PushedChange) =>
          told === wanted && targetKey === key;
        while (!changes.some(isIt)) await pauseBriefly();
      };
      return { pushes, changes, connected, pushed, stop };
    };

    pushGuarantee("a recording that a person starts is pushed as recording", async () => {
      const { pushed, stop } = await listen();
      await pause();
      await rig.byHand("recording");
      await pushed("recording");
      stop();
    });

    pushGuarantee("a pause, whoever gave it, is pushed", async () => {
      const { changes, pushed, stop } = await listen();
      await pause();
      await pushed("paused");
      changes.length = 0;
      await resume();
      await rig.byHand("paused");
      await pushed("paused");
      stop();
    });

    pushGuarantee(
      "after a lost connection everything is asked again, and what comes then is heard",
      async () => {
        const { changes, connected, pushed, pushes, stop } = await listen();
        await pause();
        await pushed("paused");
        pushes.drop();
        await rig.byHand("recording");
        await connected(2);
        // The event is lost for good: whoever is told of the new connection has to ask.
        expect(changes.filter((change) => change.status === "recording")).toEqual([]);
        await expectStatus("recording");
        await rig.byHand("paused");
        await rig.byHand("recording");
        await pushed("recording");
        stop();
      },
    );

    pushGuarantee("one connection serves all conversations", async () => {
      const { changes, pushed, pushes, stop } = await listen();
      await pause();
      await pushed("paused");
      await controls(rig.recorder).pause(rig.other, context());
      const keys = () => new Set(changes.map(({ targetKey }) => targetKey));
      while (keys().size < 2) await pauseBriefly();
      expect([pushes.openedCount(), pushes.standingCount()]).toEqual([1, 1]);
      stop();
    });

    pushGuarantee(
      "an event that cannot be read is passed over, and the next one is heard",
      async () => {
        const { changes, connected, pushed, pushes, stop } = await listen();
        pushes.malform();
        await pause();
        await rig.byHand("recording");
        await pushed("recording");
        expect(changes.filter((change) => change.status === "paused")).toEqual([]);
        await connected(1);
        const findings = await rig.recorder.preflight(context());
        expect(findings.filter(({ ok }) => !ok).map(({ detail }) => detail)).toEqual([
          expect.stringMatching(/^1 event/),
        ]);
        stop();
      },
    );

    pushGuarantee(
      "whoever stops listening hears nothing more and leaves no connection",
      async () => {
        const { changes, pushes, stop } = await listen();
        stop();
        while (pushes.standingCount() > 0) await pauseBriefly();
        await rig.byHand("paused");
        expect(changes).toEqual([]);
        expect(pushes.openedCount()).toBe(1);
      },
    );

    pushGuarantee("no secret is told where the hub is in trouble", async () => {
      const { connected, pushes, stop } = await listen();
      const told: unknown[] = [];
      pushes.revoke?.();
      pushes.drop();
      await rig.byHand("paused");
      while (pushes.standingCount() > 0) await pauseBriefly();
      told.push(await rig.recorder.preflight(context()));
      await connected(2);
      stop();
      told.push(await rig.recorder.preflight(context()));
      await rig.fault("unreachable");
      told.push(await rig.recorder.preflight(context()));
      const text = JSON.stringify(told);
      for (const secret of [...rig.secrets, "connection-"]) expect(text).not.toContain(secret);
    });
  });
}

/** Declares tests, but for those a recorder cannot take part in; their reasons are shown. */
function declareWithout(skips: readonly Skip[]) {
  return (title: Guarantee, body: () => Promise<void>): void => {
    const skipped = skips.find((skip) => skip.tests.includes(title));
    if (skipped === undefined) test(title, body);
    else test.skip(`${title} (${skipped.reason})`, body);
  };
}

function controls(recorder: AnyRecorder) {
  if (!canControl(recorder)) throw new Error("this recorder controls nothing: skip the test");
  return recorder;
}

function reports(recorder: AnyRecorder) {
  if (!canReport(recorder)) throw new Error("this recorder cannot be asked: skip the test");
  return recorder;
}

function sessionOf(observation: Observation): string | undefined {
  return observation.kind === "observed" ? observation.session : undefined;
}

export const afterMs = (ms: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};
const pauseBriefly = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
