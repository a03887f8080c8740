/**
 * The promises every recorder keeps that pushes nothing but ends, run against a simulator of its
 * vendor: a conversation that is over is told, once it is over and under every name it has.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HubPort } from "../../src/adapters/hub.ts";
import type { LinePort } from "../../src/adapters/lines.ts";
import type { AnyRecorder, Send } from "../../src/adapters/recorder.ts";
import type { PushedChange, PushedEnd } from "../../src/control/ports.ts";
import { afterMs } from "./contract.ts";

/** One adapter wired to a fresh simulator that tells of ends. */
export interface EndingsRig {
  readonly recorder: AnyRecorder;
  readonly send: Send;
  readonly hub?: HubPort;
  readonly lines?: LinePort;
  /** A conversation begins, and goes on. */
  begin(): void | Promise<void>;
  /** Another begins and is over. Returns every end that has to be told of it. */
  complete(): readonly PushedEnd[] | Promise<readonly PushedEnd[]>;
  /** The connection breaks with the next end, or at once. */
  drop(): void;
  /** The next event cannot be read. Absent: one cannot be told from another. */
  malform?(): void;
  /** Nobody is let in from now on with whatever was given out. */
  revoke?(): void;
  standingCount(): number;
  openedCount(): number;
  readonly secrets: readonly string[];
  close(): void | Promise<void>;
}

const guarantees = [
  "a conversation that is over is told under each of its names, and nothing else is",
  "a conversation that goes on is not told as over",
  "after a lost connection what comes then is heard",
  "one connection serves all conversations",
  "an event that cannot be read is passed over, and the next one is heard",
  "whoever stops listening hears nothing more and leaves no connection",
  "no secret is told where the connection is in trouble",
] as const;
export type EndingsGuarantee = (typeof guarantees)[number];

export interface EndingsSkip {
  readonly reason: string;
  readonly tests: readonly EndingsGuarantee[];
}

const noHub: HubPort = () => () => undefined;
const deadlineMs = 10_000;

/** Runs the suite. `makeRig` is called once a test; the rig is closed after it. */
export function endingsContract(
  name: string,
  makeRig: () => EndingsRig | Promise<EndingsRig>,
  options: { readonly skip?: readonly EndingsSkip[] } = {},
): void {
  describe(`${name} tells of ends as promised`, () => {
    let rig: EndingsRig;
    beforeEach(async () => {
      rig = await makeRig();
    });
    afterEach(async () => {
      await rig.close();
    });
    const guarantee = declareWithout(options.skip ?? []);

    /** Listens until the test ends; resolves once the connection stands. */
    const listen = async () => {
      const { watch } = rig.recorder;
      if (watch === undefined) throw new Error("it cannot be listened to");
      const ends: PushedEnd[] = [];
      const changes: PushedChange[] = [];
      const connections: number[] = [];
      const on = {
        change: (change: PushedChange) => void changes.push(change),
        reconnected: () => void connections.push(Date.now()),
        ended: (end: PushedEnd) => void ends.push(end),
      };
      const stop = watch.call(rig.recorder, on, {
        now: Date.now,
        after: afterMs,
        send: rig.send,
        hub: rig.hub ?? noHub,
        ...(rig.lines !== undefined && { lines: rig.lines }),
      });
      const connected = async (count: number) => {
        while (connections.length < count) await pauseBriefly();
      };
      await connected(1);
      const told = async (wanted: readonly PushedEnd[]) => {
        const isTold = (one: PushedEnd) =>
          ends.some((end) => end.targetKey === one.targetKey && end.isThisCall === one.isThisCall);
        while (!wanted.every(isTold)) await pauseBriefly();
      };
      return { changes, connected, ends, stop, told };
    };
    const preflight = () =>
      rig.recorder.preflight({
        send: rig.send,
        now: Date.now,
        signal: AbortSignal.timeout(deadlineMs),
        silenced: false,
        ...(rig.lines !== undefined && { lines: rig.lines }),
      });

    guarantee(
      "a conversation that is over is told under each of its names, and nothing else is",
      async () => {
        const { changes, ends, stop, told } = await listen();
        const expected = await rig.complete();
        expect(expected.length).toBeGreaterThan(0);
        await told(expected);
        expect(ends.toSorted(byKey)).toEqual(expected.toSorted(byKey));
        expect(changes).toEqual([]);
        stop();
      },
    );

    guarantee("a conversation that goes on is not told as over", async () => {
      const { ends, stop, told } = await listen();
      await rig.begin();
      const expected = await rig.complete();
      await told(expected);
      expect(ends.toSorted(byKey)).toEqual(expected.toSorted(byKey));
      stop();
    });

    guarantee("after a lost connection what comes then is heard", async () => {
      const { connected, stop, told } = await listen();
      rig.drop();
      await rig.complete();
      await connected(2);
      await told(await rig.complete());
      stop();
    });

    guarantee("one connection serves all conversations", async () => {
      const { stop, told } = await listen();
      await told(await rig.complete());
      await told(await rig.complete());
      expect([rig.openedCount(), rig.standingCount()]).toEqual([1, 1]);
      stop();
    });

    guarantee(
      "an event that cannot be read is passed over, and the next one is heard",
      async () => {
        if (rig.malform === undefined) throw new Error("no malform: skip this with the reason");
        const { ends, stop, told } = await listen();
        rig.malform();
        await rig.complete();
        const expected = await rig.complete();
        await told(expected);
        expect(ends.toSorted(byKey)).toEqual(expected.toSorted(byKey));
        const findings = await preflight();
        expect(findings.filter(({ ok }) => !ok).map(({ detail }) => detail)).toEqual([
          expect.stringMatching(/^1 event/),
        ]);
        stop();
      },
    );

    guarantee("whoever stops listening hears nothing more and leaves no connection", async () => {
      const { ends, stop } = await listen();
      stop();
      while (rig.standingCount() > 0) await pauseBriefly();
      await rig.complete();
      expect(ends).toEqual([]);
      expect(rig.openedCount()).toBe(1);
    });

    guarantee("no secret is told where the connection is in trouble", async () => {
      const { connected, stop } = await listen();
      const told: unknown[] = [];
      rig.revoke?.();
      rig.drop();
      await rig.complete();
      while (rig.standingCount() > 0) await pauseBriefly();
      told.push(await preflight());
      await connected(2);
      told.push(await preflight());
      stop();
      told.push(await preflight());
      expect(rig.secrets.length).toBeGreaterThan(0);
      for (const secret of rig.secrets) expect(JSON.stringify(told)).not.toContain(secret);
    });
  });
}

/** Declares tests, but for those a recorder cannot take part in; their reasons are shown. */
function declareWithout(skips: readonly EndingsSkip[]) {
  return (title: EndingsGuarantee, body: () => Promise<void>): void => {
    const skipped = skips.find((skip) => skip.tests.includes(title));
    if (skipped === undefined) test(title, body);
    else test.skip(`${title} (${skipped.reason})`, body);
  };
}

const byKey = (a: PushedEnd, b: PushedEnd): number => a.targetKey.localeCompare(b.targetKey);
const pauseBriefly = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
