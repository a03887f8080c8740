import { expect, test } from "vitest";
import { tap, world } from "../simulation/world.ts";

test("a pause is secured only after the recorder said so when asked afterwards", async () => {
  const w = await world();
  w.recorders["a"]!.begin("1");
  const asked = w.pause("c", "w1", [tap("a", "1")]);
  await w.clock.pass(8);
  expect(await w.word("c")).toBe("securing");
  await w.clock.pass(200);
  expect((await asked).kind).toBe("done");
  expect(w.recorders["a"]!.truth.get("1")?.status).toBe("paused");
  expect(await w.word("c")).toBe("secured");
  expect(await w.safe("c", "w1")).toBe(true);
  void w.resume("c", "w1");
  await w.clock.pass(300);
  expect(await w.word("c")).toBe("recording");
  expect(w.recorders["a"]!.truth.get("1")?.status).toBe("recording");
});
