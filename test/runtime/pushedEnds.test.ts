/** A recorder says by itself that a conversation is over: what is ended, and what is never cut short. */
import { expect, test } from "vitest";
import { pushedEnds } from "../../src/runtime/node/pushedEnds.ts";
import { type World, tap, world } from "../simulation/world.ts";

const witness = tap("rev", "9", { control: "none", required: false, audio: "unknown" });

async function told(w: World, recorder = "rev") {
  const asked: string[] = [];
  const errors: unknown[] = [];
  const ends = pushedEnds({
    calls: w.keeper,
    tenantsOf: (recorderId) => (recorderId === recorder ? ["t"] : []),
    clock: w.clock,
    logger: { error: (facts) => void errors.push(facts) },
    askWitnesses: (tenant, callId) => void asked.push(`${tenant}/${callId}`),
  });
  const end = (targetKey = "9", isThisCall = true) => ends.ended("rev", { targetKey, isThisCall });
  return { asked, ends, end, errors };
}

/** What is asked for takes virtual time. */
async function during(w: World, asked: Promise<unknown>): Promise<void> {
  await w.clock.pass(500);
  await asked;
}

test("a call without a window is ended, by the recorder's name, and its witnesses are asked", async () => {
  const w = await world();
  w.recorders["a"]!.begin("1");
  await during(w, w.register("c", [tap("a", "1"), witness]));
  const { asked, end } = await told(w);
  end();
  await w.clock.pass(500);
  expect(await w.word("c")).toBe("ended");
  expect(asked).toEqual(["t/c"]);
  const ending = w.changes.flatMap((one) => one.events).find((one) => one.type === "CallEnding");
  expect(ending?.by).toMatchObject({ id: "recorder:rev", kind: "system" });
});

test("an open window is not cut short while another recorder has the conversation", async () => {
  const w = await world();
  w.recorders["a"]!.begin("1");
  await during(w, w.register("c", [tap("a", "1"), witness]));
  await during(w, w.pause("c", "w1"));
  const { end } = await told(w);
  end();
  await w.clock.pass(20_000);
  expect(await w.safe("c", "w1")).toBe(true);
  expect(w.recorders["a"]!.truth.get("1")?.status).toBe("paused");
  await w.clock.pass(20_000);
  expect(await w.safe("c", "w1")).toBe(true);
});

test("it is ended as soon as no other recorder has the conversation", async () => {
  const w = await world();
  w.recorders["a"]!.begin("1");
  await during(w, w.register("c", [tap("a", "1"), witness]));
  await during(w, w.pause("c", "w1"));
  const { end } = await told(w);
  end();
  await w.clock.pass(3_000);
  expect(await w.word("c")).toBe("secured");
  w.recorders["a"]!.end("1");
  await w.clock.pass(6_000);
  expect(await w.word("c")).toBe("ended");
});

test("what may have been an earlier conversation ends nothing", async () => {
  const w = await world();
  await during(w, w.register("c", [tap("a", "1"), witness]));
  const { asked, end } = await told(w);
  end("9", false);
  await w.clock.pass(40_000);
  expect(await w.word("c")).not.toBe("ended");
  expect(asked).toEqual(["t/c"]);
});

test("a target that no call has is passed over, and after a stop nothing is looked at again", async () => {
  const w = await world();
  w.recorders["a"]!.begin("1");
  await during(w, w.register("c", [tap("a", "1"), witness]));
  await during(w, w.pause("c", "w1"));
  const all = await told(w);
  all.end("7");
  expect(all.asked).toEqual([]);
  all.end();
  await w.clock.pass(1_000);
  all.ends.stop();
  w.recorders["a"]!.end("1");
  await w.clock.pass(10_000);
  expect(await w.word("c")).not.toBe("ended");
  expect(all.errors).toEqual([]);
});

test("a call that this recorder goes on with under another target is not ended", async () => {
  const w = await world();
  for (const ref of ["1", "2"]) w.recorders["a"]!.begin(ref);
  await during(w, w.register("c", [tap("a", "1"), tap("a", "2")]));
  await during(w, w.pause("c", "w1"));
  const { ends, asked: witnesses } = await told(w, "a");
  ends.ended("a", { targetKey: "1", isThisCall: true });
  await w.clock.pass(20_000);
  expect(await w.safe("c", "w1")).toBe(true);
  expect(w.recorders["a"]!.truth.get("2")?.status).toBe("paused");
  expect(witnesses).toEqual(["t/c"]);
  // Told of both, it is over.
  ends.ended("a", { targetKey: "2", isThisCall: true });
  await w.clock.pass(2_000);
  expect(await w.word("c")).not.toBe("secured");
});

test("what a call has moved away from does not end it", async () => {
  const w = await world();
  for (const ref of ["1", "2"]) w.recorders["a"]!.begin(ref);
  await during(w, w.register("c", [tap("a", "1")]));
  await during(w, w.pause("c", "w1"));
  const moved = w.register("c", [tap("a", "2")]);
  const { ends } = await told(w, "a");
  ends.ended("a", { targetKey: "1", isThisCall: true });
  await w.clock.pass(20_000);
  await moved;
  expect(await w.safe("c", "w1")).toBe(true);
  expect(w.recorders["a"]!.truth.get("2")?.status).toBe("paused");
});
