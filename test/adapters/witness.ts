/**
 * The promises every witness keeps, run against a simulator of its vendor: what was recorded of a
 * conversation, told truly, or that nobody knows.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canTestify } from "../../src/adapters/recorder.ts";
import type { AnyRecorder, RecordingEvidence, Send } from "../../src/adapters/recorder.ts";
import type { EpochMs, Target } from "../../src/control/call.ts";

/** Faults by the names of the failure museum. A rig switches its simulator's own on. */
export type WitnessFault =
  | "unreachable"
  /** HTTP 200 with the vendor's error inside. */
  | "error-in-200"
  | "html-instead-of-json"
  | "oversized"
  | "redirect"
  /** Longer than any deadline. */
  | "slow"
  /** What was given out to log in with is good no longer, once; a new login works. */
  | "session-lost"
  /** The list's second page cannot be had. */
  | "second-page-fails"
  /** A record among the others lacks what makes it one. */
  | "malformed-record"
  /** Asked too often: to be asked again later. */
  | "rate-limited";

/** What the simulator itself holds of one recording. */
export interface HeldRecording {
  readonly recordingId: string;
  readonly startAt: EpochMs;
  /** Absent where the vendor does not tell them. */
  readonly endAt?: EpochMs;
  readonly durationMs?: number;
  readonly closed: boolean;
  readonly modified?: boolean;
}

/** One adapter wired to a fresh simulator. Times are the rig's own; nothing waits for them. */
export interface WitnessRig {
  readonly recorder: AnyRecorder;
  readonly send: Send;
  readonly now: () => EpochMs;
  /** A conversation with the recordings that `held` tells of: at least two, one of them finished. */
  readonly target: Target;
  readonly span: { readonly from: EpochMs; readonly to: EpochMs };
  readonly held: readonly HeldRecording[];
  /** Another conversation in the same span, with recordings of its own. */
  readonly other: Target;
  /** A conversation of which nothing was recorded. */
  readonly stranger: Target;
  /** Fills the simulator so that the answer takes at least two pages. Absent: it has no pages. */
  fill?(): void | Promise<void>;
  fault(name: WitnessFault, times?: number): void | Promise<void>;
  clearFaults(): void | Promise<void>;
  /** Requests that were not questions: they changed something other than a login. */
  changesHeard(): number;
  /** Requests that reached the place the `redirect` fault points to. */
  followed(): number;
  /** What the recorder's own record is marked with. */
  flagged?(recordingId: string): string | undefined;
  readonly secrets: readonly string[];
  close(): void | Promise<void>;
}

const guarantees = [
  "it tells of every recording of the conversation, and of no other",
  "a conversation of which nothing was recorded is an empty list",
  "a recording that goes on is told as not closed",
  "what lies outside the span is not told of",
  "every page is read",
  "half an answer is no answer",
  "a record that cannot be read makes the answer unusable",
  "a lost session is renewed once, and the question asked again",
  "being asked to wait is told with the time to wait",
  "no answer in time, or none at all, is told so",
  "an error inside a 200 is refused",
  "a page instead of the vendor's answer is a bad reply",
  "an oversized reply is given up",
  "a redirect is a bad reply and is not followed",
  "asking changes nothing",
  "the digest is of the reply, and the same for the same reply",
  "no link and no secret is told in any answer",
  "a file is fetched with one request, on the recorder's own origins",
  "a mark is set once, however often it is asked for",
] as const;
export type WitnessGuarantee = (typeof guarantees)[number];

export interface WitnessSkip {
  readonly reason: string;
  readonly tests: readonly WitnessGuarantee[];
}

const deadlineMs = 10_000;
/** A vendor's rounding is seconds; more would let any time pass for the recorder's. */
const withinMsMax = 60_000;
/** Asking again beside the question: to log in, by a refresh and then by a password. */
const extraRequestsMax = 4;

/**
 * Runs the suite. `makeRig` is called once a test; the rig is closed after it. `breaks`: only this
 * guarantee is tried, on a rig made to break it, and has to fail: so much for the suite itself.
 */
export function witnessContract(
  name: string,
  makeRig: () => WitnessRig | Promise<WitnessRig>,
  options: {
    readonly skip?: readonly WitnessSkip[];
    readonly origins: readonly string[];
    readonly breaks?: WitnessGuarantee;
  },
): void {
  const words = options.breaks === undefined ? "keeps" : "can be seen to break";
  describe(`${name} ${words} the witness contract`, () => {
    let rig: WitnessRig;
    let requests = 0;
    let bodies: string[] = [];
    beforeEach(async () => {
      rig = await makeRig();
      requests = 0;
      bodies = [];
    });
    afterEach(async () => {
      await rig.close();
    });
    const guarantee = declareWithout(options.skip ?? [], options.breaks);

    const send: Send = async (request, signal) => {
      requests += 1;
      const result = await rig.send(request, signal);
      if (result.kind === "reply") bodies.push(result.reply.body);
      return result;
    };
    const context = (signal = AbortSignal.timeout(deadlineMs)) => ({
      signal,
      now: rig.now,
      send,
      silenced: false,
    });
    /** How many requests it takes. */
    const costOf = async (act: () => Promise<unknown>): Promise<number> => {
      const before = requests;
      await act();
      return requests - before;
    };
    const ask = (target: Target = rig.target, signal?: AbortSignal) => {
      if (!canTestify(rig.recorder)) throw new Error("this recorder does not testify");
      return rig.recorder.evidence(target, rig.span, context(signal));
    };
    const told = async (target?: Target): Promise<readonly RecordingEvidence[]> => {
      const answer = await ask(target);
      if ("kind" in answer) throw new Error(`it said ${JSON.stringify(answer)}`);
      return answer;
    };
    const ids = (all: readonly { readonly recordingId: string }[]) =>
      all.map(({ recordingId }) => recordingId).toSorted();

    guarantee("it tells of every recording of the conversation, and of no other", async () => {
      expect(rig.held.length).toBeGreaterThan(1);
      const all = await told();
      expect(ids(all)).toEqual(ids(rig.held));
      for (const held of rig.held) {
        const one = all.find(({ recordingId }) => recordingId === held.recordingId);
        if (one === undefined) throw new Error(`nothing of ${held.recordingId}`);
        expect(one.withinMs).toBeLessThanOrEqual(withinMsMax);
        expect(one.endAt ?? one.startAt).toBeGreaterThanOrEqual(one.startAt);
        for (const member of ["startAt", "endAt", "durationMs"] as const) {
          if (!held.closed && member !== "startAt") continue;
          const { [member]: said = Number.NaN } = one;
          const { [member]: truly } = held;
          if (truly === undefined) {
            expect(one).not.toHaveProperty(member);
            continue;
          }
          expect(Number.isSafeInteger(said), member).toBe(true);
          expect(Math.abs(said - truly), member).toBeLessThanOrEqual(one.withinMs);
        }
        if (held.modified !== undefined) expect(one.modified).toBe(held.modified);
      }
      const others = await told(rig.other);
      expect(others.length).toBeGreaterThan(0);
      expect(ids(others).filter((id) => ids(all).includes(id))).toEqual([]);
    });

    guarantee("a conversation of which nothing was recorded is an empty list", async () => {
      expect(await told(rig.stranger)).toEqual([]);
    });

    guarantee("a recording that goes on is told as not closed", async () => {
      const all = await told();
      const closed = (list: readonly { recordingId: string; closed: boolean }[]) =>
        new Map(list.map((one) => [one.recordingId, one.closed]));
      expect(new Set(rig.held.map((one) => one.closed)).size).toBe(2);
      expect(closed(all)).toEqual(closed(rig.held));
    });

    guarantee("what lies outside the span is not told of", async () => {
      if (!canTestify(rig.recorder)) throw new Error("this recorder does not testify");
      const { from } = rig.span;
      const day = 24 * 3_600_000;
      const early = { from: from - 9 * day, to: from - 8 * day };
      expect((await told()).length).toBeGreaterThan(0);
      expect(await rig.recorder.evidence(rig.target, early, context())).toEqual([]);
    });

    guarantee("every page is read", async () => {
      if (rig.fill === undefined) throw new Error("no pages: skip this with the reason");
      await told();
      const onePage = await costOf(told);
      await rig.fill();
      let all: readonly RecordingEvidence[] = [];
      const pages = await costOf(async () => {
        all = await told();
      });
      expect(pages).toBeGreaterThan(onePage);
      expect(ids(all).filter((id) => ids(rig.held).includes(id))).toEqual(ids(rig.held));
      expect(new Set(ids(all)).size).toBe(all.length);
    });

    guarantee("half an answer is no answer", async () => {
      await rig.fill?.();
      await told();
      await rig.fault("second-page-fails");
      expect(await ask()).toHaveProperty("kind");
    });

    guarantee("a record that cannot be read makes the answer unusable", async () => {
      await rig.fault("malformed-record");
      expect(await ask()).toMatchObject({ kind: "refused", reason: "bad_reply" });
    });

    guarantee("a lost session is renewed once, and the question asked again", async () => {
      await told();
      const usual = await costOf(told);
      await rig.fault("session-lost", 1);
      expect(ids(await told())).toEqual(ids(rig.held));
      await rig.fault("session-lost");
      const cost = await costOf(async () => {
        expect(await ask()).toMatchObject({ kind: "refused" });
      });
      expect(cost).toBeLessThanOrEqual(2 * usual + extraRequestsMax);
    });

    guarantee("being asked to wait is told with the time to wait", async () => {
      await rig.fault("rate-limited");
      const answer = await ask();
      if (!("kind" in answer) || answer.kind !== "unreachable") {
        throw new Error(`it said ${JSON.stringify(answer)}`);
      }
      expect(answer.retryAfterMs).toBeGreaterThan(0);
    });

    guarantee("no answer in time, or none at all, is told so", async () => {
      await rig.fault("unreachable");
      expect(["unreachable", "in_doubt"]).toContain(((await ask()) as { kind?: string }).kind);
      await rig.clearFaults();
      await rig.fault("slow");
      const given = await ask(rig.target, AbortSignal.timeout(50));
      expect(["unreachable", "in_doubt"]).toContain((given as { kind?: string }).kind);
      await rig.clearFaults();
      expect(ids(await told())).toEqual(ids(rig.held));
    });

    guarantee("an error inside a 200 is refused", async () => {
      await rig.fault("error-in-200");
      expect(await ask()).toMatchObject({ kind: "refused" });
    });

    guarantee("a page instead of the vendor's answer is a bad reply", async () => {
      await rig.fault("html-instead-of-json");
      expect(await ask()).toMatchObject({ kind: "refused", reason: "bad_reply" });
    });

    guarantee("an oversized reply is given up", async () => {
      await rig.fault("oversized");
      expect(["in_doubt", "refused"]).toContain(((await ask()) as { kind?: string }).kind);
    });

    guarantee("a redirect is a bad reply and is not followed", async () => {
      await rig.fault("redirect");
      expect(await ask()).toMatchObject({ kind: "refused", reason: "bad_reply" });
      expect(rig.followed()).toBe(0);
    });

    guarantee("asking changes nothing", async () => {
      await told();
      await told(rig.other);
      await told(rig.stranger);
      await rig.recorder.preflight(context());
      const [held] = rig.held;
      if (held !== undefined) await rig.recorder.audio?.(held.recordingId, context());
      expect(rig.changesHeard()).toBe(0);
    });

    guarantee("the digest is of the reply, and the same for the same reply", async () => {
      const digests = (await told()).map(({ replyDigest }) => replyDigest);
      const bodyDigests = bodies.map((body) => createHash("sha256").update(body).digest("hex"));
      expect(digests.length).toBeGreaterThan(0);
      for (const digest of digests) expect(bodyDigests).toContain(digest);
      expect((await told()).map(({ replyDigest }) => replyDigest)).toEqual(digests);
    });

    guarantee("no link and no secret is told in any answer", async () => {
      const answers: unknown[] = [await ask(), await rig.recorder.preflight(context())];
      const faults: readonly WitnessFault[] = [
        "error-in-200",
        "html-instead-of-json",
        "oversized",
        "redirect",
        "unreachable",
        "session-lost",
      ];
      for (const fault of faults) {
        await rig.fault(fault);
        answers.push(await ask(), await rig.recorder.preflight(context()));
        await rig.clearFaults();
      }
      const text = JSON.stringify(answers);
      expect(rig.secrets.length).toBeGreaterThan(0);
      for (const secret of rig.secrets) expect(text).not.toContain(secret);
      expect(JSON.stringify(await told())).not.toMatch(/https?:/);
    });

    guarantee("a file is fetched with one request, on the recorder's own origins", async () => {
      const { audio } = rig.recorder;
      const [held] = rig.held.filter((one) => one.closed);
      if (audio === undefined || held === undefined) throw new Error("no file: skip this");
      const request = await audio.call(rig.recorder, held.recordingId, context());
      if ("kind" in request) throw new Error(`it said ${JSON.stringify(request)}`);
      expect(options.origins).toContain(new URL(request.url).origin);
      const result = await rig.send(request, context().signal);
      if (result.kind !== "reply") throw new Error(result.detail);
      expect(result.reply.status).toBe(200);
      expect(result.reply.body.length).toBeGreaterThan(0);
      // Ids come back from the log and from whoever asks: none of them may lead elsewhere.
      for (const strange of ["https://elsewhere.example/x", "//elsewhere.example", "../x?y=z#"]) {
        const asked = await audio.call(rig.recorder, strange, context());
        if (!("kind" in asked)) expect(options.origins).toContain(new URL(asked.url).origin);
        if (!canTestify(rig.recorder)) continue;
        const page = await rig.recorder.page?.(strange, context());
        if (page?.kind === "page") expect(new URL(page.url).hostname).not.toMatch(/elsewhere/);
      }
    });

    guarantee("a mark is set once, however often it is asked for", async () => {
      const [held] = rig.held.filter((one) => one.closed);
      if (!canTestify(rig.recorder) || held === undefined) throw new Error("nothing to mark");
      const { flag } = rig.recorder;
      if (flag === undefined || rig.flagged === undefined) throw new Error("no mark: skip this");
      const note = "tacet: look at incident 17";
      expect(rig.flagged(held.recordingId) ?? "").not.toContain("incident 17");
      for (let time = 0; time < 2; time += 1) {
        const outcome = await flag.call(rig.recorder, held.recordingId, note, context());
        expect(outcome).toEqual({ kind: "acknowledged" });
      }
      expect(rig.flagged(held.recordingId)?.split("incident 17")).toHaveLength(2);
      expect(rig.changesHeard()).toBeGreaterThan(0);
    });
  });
}

/** Declares tests, but for those a witness cannot take part in; their reasons are shown. */
function declareWithout(skips: readonly WitnessSkip[], breaks: WitnessGuarantee | undefined) {
  return (title: WitnessGuarantee, body: () => Promise<void>): void => {
    if (breaks !== undefined) {
      if (title === breaks) test.fails(title, body);
      return;
    }
    const skipped = skips.find((skip) => skip.tests.includes(title));
    if (skipped === undefined) test(title, body);
    else test.skip(`${title} (${skipped.reason})`, body);
  };
}
