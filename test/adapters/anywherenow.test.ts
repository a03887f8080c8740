/**
 * AnywhereNow: the recorder contract in every configured form, in process and over real HTTP.
 *
 * @module
 */
import { recorderContract } from "./contract.ts";
import type { Guarantee, Rig } from "./contract.ts";
import { inProcess } from "./inProcess.ts";
import { anywherenowVendor } from "../../src/adapters/anywherenow/index.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import { tokenPath } from "../../src/sandbox/anywherenow/tokens.ts";

const correlationId = "1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const otherId = "2d6c6a58-6739-4f0c-98ff-0968292c8c31";
const strangerId = "3d6c6a58-6739-4f0c-98ff-0968292c8c32";
const requesterSipUri = "sip:agent@domain.com";
const target = { uccName: "ucc-demo", correlationId, requesterSipUri };

const password = "correct horse battery";
const grant = {
  clientId: "coreapi",
  username: "svc@domain.com",
  password,
  form: { scope: "core" },
};

interface Form {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly bearer?: boolean;
  readonly overHttp?: boolean;
}

async function makeRig({ settings = {}, bearer = false, overHttp = false }: Form): Promise<Rig> {
  const simulator = anywherenowSimulator(bearer ? { auth: grant } : {});
  const listening = overHttp ? await listenSimulator(simulator) : undefined;
  const origin = listening?.origin ?? "http://127.0.0.1";
  const auth = { kind: "password_grant", tokenUrl: origin + tokenPath, ...grant };
  const parsed = anywherenowVendor.settings.parse({
    baseUrl: `${origin}/attendantservice`,
    uccNames: ["ucc-demo"],
    ...(bearer ? { auth } : {}),
    ...settings,
  });
  const port = nodeSend({ origins: anywherenowVendor.origins(parsed), replyBytesMax: 65_536 });
  simulator.begin(correlationId);
  simulator.begin(otherId);
  return {
    recorder: anywherenowVendor.create("anywherenow-emea", parsed, { now: Date.now }),
    target,
    other: { ...target, correlationId: otherId },
    stranger: { ...target, correlationId: strangerId },
    spellings: [
      { ...target, uccName: "UCC-Demo" },
      { ...target, correlationId: correlationId.toUpperCase() },
      { ...target, requesterSipUri: "sip:agent2@domain.com" },
    ],
    send: listening === undefined ? inProcess(simulator.app) : port,
    heard: () => simulator.heard(correlationId),
    commandsHeard: () =>
      simulator.requests.filter(({ action }) => action === "Pause" || action === "Start").length,
    followed: () => simulator.requests.filter(({ path }) => path === "/elsewhere").length,
    fault: (name, times) => simulator.faults.set({ name, ...(times ? { times } : {}) }),
    clearFaults: () => simulator.faults.clear(),
    byHand: (status) => simulator.byHand(correlationId, status),
    end: () => simulator.end(correlationId),
    secrets: bearer ? [password, "token-"] : ["Bearer"],
    async close() {
      await port.close();
      await listening?.close();
    },
  };
}

const skip: readonly { reason: string; tests: readonly Guarantee[] }[] = [
  {
    reason: "the vendor has no request for all conversations",
    tests: ["survey agrees with status for every target"],
  },
  {
    reason: "a correlation id is one conversation for good",
    tests: ["another conversation on the same target has another session"],
  },
];

recorderContract("anywherenow v1 by number", () => makeRig({}), { skip });
recorderContract(
  "anywherenow v2 by name, behind a token",
  () => makeRig({ settings: { apiVersion: "v2", actions: "name" }, bearer: true }),
  { skip },
);
recorderContract("anywherenow over real HTTP", () => makeRig({ overHttp: true }), { skip });
recorderContract(
  "anywherenow over real HTTP, behind a token",
  () => makeRig({ bearer: true, overHttp: true }),
  { skip },
);
