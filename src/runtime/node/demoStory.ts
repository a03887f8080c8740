/**
 * The demo's story, a step at a time, each with what it has to come to.
 *
 * @module
 */
import type { Answer, DemoClient, Say } from "./demoClient.ts";
import { CONVERSATIONS, type Sandbox } from "./sandbox.ts";
import { AGENT, UCC } from "./sandboxConfig.ts";

const CALL = "/v1/calls/demo-call";

export async function playPayment(client: DemoClient, sandbox: Sandbox, say: Say): Promise<void> {
  const { keys } = sandbox;
  const [first] = CONVERSATIONS;
  const page = (method: string, path: string, body?: object) =>
    client.ask(method, path, keys.payment, body);
  const ivr = (method: string, path: string, body?: object) =>
    client.ask(method, path, keys.ivr, body);
  const told = (
    who: string,
    what: string,
    answer: Answer,
    expected: Readonly<Record<string, unknown>>,
  ) => {
    const { protection, safeToCollect } = answer.body;
    const boolean = safeToCollect === undefined ? "" : `, safeToCollect ${safeToCollect}`;
    say(who, `${what}: ${answer.status} ${protection}${boolean}`);
    const { status, ...members } = expected;
    const wrong = Object.entries(members).filter(([name, value]) => answer.body[name] !== value);
    if (answer.status !== status || wrong.length > 0) {
      throw new Error(
        `${what} was to be ${JSON.stringify(expected)}; it was ${JSON.stringify(answer)}`,
      );
    }
  };

  const targets = {
    "anywherenow-demo": { uccName: UCC, correlationId: first.correlationId },
    "vslogger-demo": { channel: Number(first.channel) },
  };
  told("switchboard", "registers the call", await page("PUT", CALL, { agentId: AGENT, targets }), {
    status: 201,
    protection: "recording",
  });
  await client.shows("recording");

  say("", "A card number is about to be read out.");
  told("payment page", "pauses (w1)", await page("POST", `${CALL}/pause`, { windowId: "w1" }), {
    status: 200,
    protection: "secured",
    safeToCollect: true,
  });
  await client.shows("securing", "secured");

  say("", "A second payment system needs silence on the same call.");
  told("second system", "pauses (w2)", await ivr("POST", `${CALL}/pause`, { windowId: "w2" }), {
    status: 200,
    protection: "secured",
    safeToCollect: true,
  });
  told("payment page", "resumes (w1)", await page("POST", `${CALL}/resume`, { windowId: "w1" }), {
    status: 200,
    protection: "secured",
    safeToCollect: false,
  });
  told("second system", "looks (w2)", await ivr("GET", "/v1/windows/w2"), {
    status: 200,
    safeToCollect: true,
  });
  told("second system", "resumes (w2)", await ivr("POST", `${CALL}/resume`, { windowId: "w2" }), {
    status: 200,
    protection: "recording",
    safeToCollect: false,
  });
  await client.shows("resuming", "recording");

  say("", "AnywhereNow is cut off, and a payment begins.");
  await simulator(`${sandbox.anywherenow.origin}/_sim/faults`, "POST", { name: "unreachable" });
  told("payment page", "pauses (w3)", await page("POST", `${CALL}/pause`, { windowId: "w3" }), {
    status: 424,
    code: "not_secured",
    safeToCollect: false,
  });
  await client.shows("securing", "unsecured");
  say("", "It is back. Nobody asks again.");
  await simulator(`${sandbox.anywherenow.origin}/_sim/faults`, "DELETE");
  await client.shows("secured");
  told("payment page", "looks (w3)", await page("GET", "/v1/windows/w3"), {
    status: 200,
    safeToCollect: true,
  });

  say("", "A supervisor un-mutes VSLogger's channel by hand, inside the window.");
  const byHand = { target: first.channel, status: "recording" };
  await simulator(`${sandbox.vslogger.origin}/_sim/by-hand`, "POST", byHand);
  await client.shows("unsecured", "secured");
  told("payment page", "resumes (w3)", await page("POST", `${CALL}/resume`, { windowId: "w3" }), {
    status: 200,
    protection: "recording",
    safeToCollect: false,
  });
  await client.shows("resuming", "recording");

  say("", "A page opens a window for one second, and is never heard of again.");
  told(
    "payment page",
    "pauses (w4)",
    await page("POST", `${CALL}/pause`, { windowId: "w4", leaseMs: 1_000 }),
    {
      status: 200,
      protection: "secured",
      safeToCollect: true,
    },
  );
  await client.shows("securing", "secured", "resuming");
  // First it is unsafe, then, half a second later here, the recorders are resumed.
  const gone = { status: 409, code: "window_closed", safeToCollect: false };
  told("payment page", "looks (w4)", await page("GET", "/v1/windows/w4"), gone);
  await client.shows("recording");
}

async function simulator(url: string, method: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the simulator refused ${method} ${url}: ${response.status}`);
}
