/** The bytes of a message are as RFC 6455 has them, made once for all readers. */
import { expect, test } from "vitest";
import { createFrames, FRAME_COUNT_MAX } from "../../src/runtime/node/frames.ts";

/** RFC 6455, 5.2: FIN and opcode, the length in one, three or nine bytes, then the payload. */
function read(frame: Buffer): string {
  expect(frame[0]).toBe(0x81);
  const short = frame[1] ?? 0;
  const [length, start] =
    short < 126
      ? [short, 2]
      : short === 126
        ? [frame.readUInt16BE(2), 4]
        : [Number(frame.readBigUInt64BE(2)), 10];
  expect(frame).toHaveLength(start + length);
  return frame.subarray(start).toString();
}

test.each([0, 1, 125, 126, 65_535, 65_536, 200_000])(
  "a message of %i bytes is read back whole",
  (length) => {
    const text = "é".repeat(length >> 1) + "x".repeat(length & 1);
    expect(read(createFrames().of(text))).toBe(text);
  },
);

test("so many messages' bytes are kept, and a reader alike gets the same", () => {
  const frames = createFrames();
  const first = frames.of("m0");
  expect(frames.of("m0")).toBe(first);
  for (let at = 1; at <= 2 * FRAME_COUNT_MAX; at += 1) frames.of(`m${at}`);
  expect(frames.count()).toBe(FRAME_COUNT_MAX);
  expect(frames.of("m0")).toEqual(first);
});
