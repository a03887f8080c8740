/**
 * AnywhereNow: the recorder contract in every configured form, in process and over real HTTP.
 *
 * @module
 */
import { recorderContract } from "./contract.ts";
import type { Guarantee, Rig } from "./contract.ts";
import { inProcess } from "./inProcess.ts";
import { anywherenowVendor } from "../../src/adapters/anywherenow/index.ts";
import type { Clock } from "../../src/control/ports.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { dialing } from "../../src/runtime/node/hub/dial.ts";
import { nodeHub } from "../../src/runtime/node/hub/index.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import {
  classicPath,
  corePath,
  hubName,
  type HubOptions,
} from "../../src/sandbox/anywherenow/hub.ts";
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
  /** Configures `push`, to where the simulator speaks this kind. */
  readonly push?: { readonly path: string; readonly kind?: string; readonly hub?: string };
  readonly membersAs?: HubOptions["membersAs"];
}

async function makeRig(form: Form): Promise<Rig> {
  const { settings = {}, bearer = false, overHttp = false, membersAs, push } = form;
  const hub = { keepAliveMs: 200, ...(membersAs !== undefined && { membersAs }) };
  const simulator = anywherenowSimulator({ hub, ...(bearer ? { auth: grant } : {}) });
  const listening = overHttp ? await listenSimulator(simulator) : undefined;
  const origin = listening?.origin ?? "http://127.0.0.1";
  const auth = { kind: "password_grant", tokenUrl: origin + tokenPath, ...grant };
  const parsed = anywherenowVendor.settings.parse({
    baseUrl: `${origin}/attendantservice`,
    uccNames: ["ucc-demo"],
    ...(bearer ? { auth } : {}),
    ...(push === undefined ? {} : { push: pushSettings(origin, push) }),
    ...settings,
  });
  const origins = anywherenowVendor.origins(parsed);
  const port = nodeSend({ origins, replyBytesMax: 65_536 });
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
    ...(push !== undefined && {
      pushes: {
        hub: nodeHub({ send: port, dial: dialing({ origins }), clock: impatient }),
        drop: () => simulator.faults.set({ name: "hub-drop", times: 1 }),
        malform: () => simulator.faults.set({ name: "hub-malformed", times: 1 }),
        revoke: () => simulator.tokens?.revoke(),
        standingCount: () => simulator.hub.standingCount,
        openedCount: () => simulator.hub.openedCount,
      },
    }),
    secrets: bearer ? [password, "token-"] : ["Bearer"],
    async close() {
      await port.close();
      await listening?.close();
    },
  };
}

const pushSettings = (origin: string, { path, ...more }: NonNullable<Form["push"]>) => ({
  url: origin + path,
  ...more,
});

/** Comes back at once. */
const impatient: Clock = { ...nodeClock(), random: () => 0 };

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

const classic = { path: classicPath, hub: hubName };
const pushing = { skip, pushes: true };
recorderContract(
  "anywherenow, pushing by classic SignalR",
  () => makeRig({ overHttp: true, push: { ...classic, kind: "classic" } }),
  pushing,
);
recorderContract(
  "anywherenow, pushing by SignalR Core",
  () => makeRig({ overHttp: true, membersAs: "names", push: { path: corePath, kind: "core" } }),
  pushing,
);
recorderContract(
  "anywherenow, pushing by classic SignalR that shows itself, behind a token",
  () => makeRig({ overHttp: true, bearer: true, membersAs: "list", push: classic }),
  pushing,
);
recorderContract(
  "anywherenow, pushing by SignalR Core that shows itself, behind a token",
  () => makeRig({ overHttp: true, bearer: true, push: { path: corePath, hub: hubName } }),
  pushing,
);
