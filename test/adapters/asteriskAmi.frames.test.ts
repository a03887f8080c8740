/** AMI's text, whatever way it is cut; and what is remembered of channels and orders. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CHANNEL_COUNT_MAX, Channels } from "../../src/adapters/asterisk-ami/channels.ts";
import {
  actionText,
  type Frame,
  FRAME_LENGTH_MAX,
  frameReader,
} from "../../src/adapters/asterisk-ami/frames.ts";
import { ORDER_COUNT_MAX, Orders } from "../../src/adapters/asterisk-ami/orders.ts";
import { AmiSession, PENDING_COUNT_MAX } from "../../src/adapters/asterisk-ami/session.ts";
import { asteriskAmiSettings } from "../../src/adapters/asterisk-ami/settings.ts";
import { loginAction, pingAction } from "../../src/adapters/asterisk-ami/wire.ts";
import type { LineListener } from "../../src/adapters/lines.ts";

const GREETING = "Asterisk Call Manager/5.0.4\r\n";

const frames = (chunks: readonly string[]): readonly Frame[] => {
  const read = frameReader();
  return chunks.flatMap((chunk) => {
    const fed = read(chunk);
    if (fed.kind === "broken") throw new Error(fed.detail);
    return fed.frames;
  });
};

const word = fc.stringMatching(/^[A-Za-z][\w ;@/.<>-]{0,20}[\w]$/);
const pair = fc.tuple(fc.stringMatching(/^[A-Z][A-Za-z-]{1,12}$/), word);
const block = fc
  .tuple(fc.constantFrom("Response", "Event", "Happened"), word, fc.array(pair, { maxLength: 8 }))
  .map(([first, value, pairs]) => ({ first, value, pairs }));
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;
const textOf = ({ first, pairs, value }: Block): string =>
  `${[[first, value], ...pairs].map(([key, one]) => `${key}: ${one}`).join("\r\n")}\r\n\r\n`;

test("frames are the same however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 40 }),
      (blocks, cuts) => {
        const text = GREETING + blocks.map(textOf).join("");
        const places = [...cuts.filter((cut) => cut < text.length), text.length].toSorted(
          (a, b) => a - b,
        );
        const chunks = places.map((place, index) => text.slice(places[index - 1] ?? 0, place));
        expect(chunks.join("")).toBe(text);
        const read = frames(chunks);
        expect(read).toEqual(frames([text]));
        expect(read).toEqual(frames(text.split("")));
        expect(read.map(({ kind }) => kind)).toEqual(
          blocks.map(({ first }) =>
            first === "Response" ? "response" : first === "Event" ? "event" : "unreadable",
          ),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test("whatever comes, the reader says frames or broken and keeps no more than a frame", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (chunks) => {
      const read = frameReader();
      for (const chunk of [GREETING, ...chunks]) {
        if (read(chunk).kind === "broken") return;
      }
    }),
    { numRuns: 50 },
  );
  const read = frameReader();
  expect(read(`${GREETING}Event: ${"x".repeat(FRAME_LENGTH_MAX)}`).kind).toBe("broken");
});

test("an event with a Response line in it is an event: its first key says so", () => {
  const [frame] = frames([
    `${GREETING}Event: OriginateResponse\r\nActionID: 3\r\nResponse: Success\r\n\r\n`,
  ]);
  expect(frame).toMatchObject({ kind: "event", name: "OriginateResponse" });
});

test("what does not greet as Asterisk is told so at its first line", () => {
  expect(frameReader()("220 mail\r\n")).toMatchObject({ kind: "broken" });
  expect(frameReader()("x".repeat(300))).toMatchObject({ kind: "broken" });
  expect(frameReader()("Asterisk Call")).toEqual({ kind: "frames", frames: [], greeted: false });
});

test("no value begins another line", () => {
  for (const value of ["a\r\nAction: Hangup", "a\nb", "a\u0000b"]) {
    expect(() => actionText("MixMonitorMute", "1", { Channel: value })).toThrow();
  }
});

test("the digest is of the challenge and the secret behind it", () => {
  // md5("135098656s3cret"), by another program.
  expect(loginAction("u", "s3cret", "135098656")[1]).toMatchObject({
    AuthType: "MD5",
    Key: "f56938305d7687e7db016f1efcb88180",
  });
});

const started = (id: string) =>
  new Map([
    ["uniqueid", id],
    ["channel", "PJSIP/1"],
  ]);

test("so many channels are remembered; of the one that changed longest ago nothing is known", () => {
  const channels = new Channels();
  for (let n = 0; n <= CHANNEL_COUNT_MAX; n += 1) channels.hear("MixMonitorStart", started(`${n}`));
  expect(channels.get("0")).toBeUndefined();
  expect(channels.get("1")).toMatchObject({ monitorCount: 1 });
  expect(channels.get(String(CHANNEL_COUNT_MAX))).toBeDefined();
});

test("so many orders are remembered; the one given longest ago is forgotten", () => {
  const orders = new Orders();
  const { signal } = new AbortController();
  for (let n = 0; n <= ORDER_COUNT_MAX; n += 1) orders.ordered(`${n}`, true, signal, 1).giveUp();
  expect(orders.countsAsRecording("0")).toBe(false);
  expect(orders.countsAsRecording("1")).toBe(true);
});

test("so many answers are awaited; one more is not asked, and a pause is", async () => {
  let listener: LineListener | undefined;
  let said = 0;
  const settings = asteriskAmiSettings.parse({
    host: "h",
    username: "u",
    secret: "s",
    login: "plain",
  });
  const session = new AmiSession(settings, (text) => text, {
    stands() {},
    lost() {},
    event() {},
    unreadable() {},
  });
  session.open((_, on) => {
    listener = on;
    return () => undefined;
  });
  listener?.connected({
    say(text) {
      said += 1;
      const id = /ActionID: (\S+)/.exec(text)?.[1] ?? "";
      if (!text.startsWith("Action: Ping"))
        queueMicrotask(() => listener?.received(`Response: Success\r\nActionID: ${id}\r\n\r\n`));
    },
    drop() {},
  });
  listener?.received(GREETING);
  const asking = { lines: () => () => undefined, signal: AbortSignal.timeout(60_000) };
  while (!session.isStanding) await Promise.resolve();
  const before = said;
  const asked = Array.from({ length: PENDING_COUNT_MAX }, () => session.ask(pingAction, asking));
  await Promise.resolve();
  expect(await session.ask(pingAction, asking)).toMatchObject({ kind: "unreachable" });
  expect(said - before).toBe(PENDING_COUNT_MAX);
  asked.push(session.ask(pingAction, { ...asking, isPause: true }));
  await Promise.resolve();
  expect(said - before).toBe(PENDING_COUNT_MAX + 1);
  session.close();
  expect((await Promise.all(asked)).every(({ kind }) => kind === "in_doubt")).toBe(true);
});
