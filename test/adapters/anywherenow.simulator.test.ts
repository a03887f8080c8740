/** The simulated AnywhereNow speaks as documented, and is driven over its control endpoints. */
import { describe, expect, test } from "vitest";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";

const CorrelationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const json = { "content-type": "application/json", accept: "application/json" };

function setUp() {
  const simulator = anywherenowSimulator();
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await simulator.app.request(path, {
      method,
      headers: json,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const said: unknown = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, said };
  };
  const order = (Action: number | string, over: object = {}) =>
    ask("POST", "/attendantservice/api/v2/recording/set", {
      Action,
      RequesterSipUri: "sip:agent@domain.com",
      CorrelationId,
      UCCName: "ucc-demo",
      ...over,
    });
  const read = (version = "") =>
    ask("GET", `/attendantservice/api${version}/recording/ucc-demo/${CorrelationId}`);
  return { simulator, ask, order, read };
}

describe("it answers as documented", () => {
  test("every action, by number and by name, with its state", async () => {
    const { simulator, order, read } = setUp();
    simulator.begin(CorrelationId);
    const states: unknown[] = [];
    for (const action of [3, "Start", "Pause", 1, 6, "UnMark", 4, "Delete", 2]) {
      expect(await order(action)).toMatchObject({ status: 200, said: { ErrorMessage: null } });
      const { said } = await read("/v2");
      const { RecordingState, MarkingState, SavingState } = said as Record<string, number>;
      states.push([RecordingState, MarkingState, SavingState].join(""));
    }
    expect(states).toEqual(["300", "100", "300", "100", "110", "120", "121", "122", "222"]);
    expect((await read()).said).toEqual((await read("/v2")).said);
    expect(simulator.journal.map(({ status }) => status)).toEqual([
      "recording",
      "paused",
      "recording",
      "paused",
      "recording",
      "absent",
    ]);
  });
  test("a session that is not there", async () => {
    const { read } = setUp();
    expect(await read()).toEqual({
      status: 200,
      said: {
        CorrelationId,
        RecordingState: 0,
        MarkingState: 0,
        SavingState: 0,
        ErrorMessage: {
          ErrorType: 2,
          Message: `No Audio session with correlation Id:'${CorrelationId}' was found.`,
        },
        UCCName: "ucc-demo",
      },
    });
  });
  test("a requester who is no agent, an unknown action and a body that is no order change nothing", async () => {
    const { simulator, ask, order } = setUp();
    simulator.begin(CorrelationId);
    expect((await order(3, { RequesterSipUri: "sip:x@domain.com" })).said).toMatchObject({
      ErrorMessage: { ErrorType: 2 },
    });
    expect((await order("Toggle")).status).toBe(400);
    const empty = await ask("POST", "/attendantservice/api/recording/set", []);
    expect(empty.status).toBe(400);
    expect(simulator.heard(CorrelationId)).toBe("recording");
  });
});

describe("its control endpoints", () => {
  test("begin and end calls, act by hand, and show the journal", async () => {
    const { ask } = setUp();
    expect((await ask("POST", "/_sim/calls", { target: CorrelationId })).status).toBe(201);
    await ask("POST", "/_sim/by-hand", { target: CorrelationId, status: "paused" });
    await ask("DELETE", `/_sim/calls/${CorrelationId}`);
    expect((await ask("GET", "/_sim/journal")).said).toMatchObject([
      { target: CorrelationId, status: "recording", cause: "call" },
      { target: CorrelationId, status: "paused", cause: "person" },
      { target: CorrelationId, status: "absent", cause: "call" },
    ]);
  });
  test("switch faults on by name, for a target and a number of times, and off", async () => {
    const { simulator, ask, order } = setUp();
    simulator.begin(CorrelationId);
    const fault = { name: "ack-and-ignore", target: CorrelationId, times: 1 };
    await ask("POST", "/_sim/faults", fault);
    expect((await ask("GET", "/_sim/faults")).said).toMatchObject({ on: [fault] });
    await order(3);
    expect(simulator.heard(CorrelationId)).toBe("recording");
    await order(3);
    expect(simulator.heard(CorrelationId)).toBe("paused");
    await ask("POST", "/_sim/faults", { name: "not-permitted" });
    await ask("DELETE", "/_sim/faults/not-permitted");
    expect((await ask("GET", "/_sim/faults")).said).toMatchObject({ on: [] });
    expect((await ask("POST", "/_sim/faults", { name: "no such" })).status).toBe(400);
  });
});

test("served on loopback, it breaks connections where a fault says so, and closes", async () => {
  const simulator = anywherenowSimulator();
  simulator.begin(CorrelationId);
  const listening = await listenSimulator(simulator);
  const url = `${listening.origin}/attendantservice/api/recording/ucc-demo/${CorrelationId}`;
  expect((await fetch(url)).status).toBe(200);
  simulator.faults.set({ name: "unreachable", times: 1 });
  await expect(fetch(url)).rejects.toThrow("fetch failed");
  expect((await fetch(url)).status).toBe(200);
  await listening.close();
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});
