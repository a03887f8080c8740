/**
 * A Revcord adapter wired to a fresh simulated logger, for every suite of it.
 *
 * @module
 */
import { revcordVendor } from "../../src/adapters/revcord/index.ts";
import type { Clock } from "../../src/control/ports.ts";
import { nodeClock } from "../../src/runtime/node/clock.ts";
import { dialing } from "../../src/runtime/node/hub/dial.ts";
import { nodeHub } from "../../src/runtime/node/hub/index.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import {
  basePath,
  demoAccount,
  revcordSimulator,
  type RevcordSimulatorOptions,
} from "../../src/sandbox/revcord/index.ts";
import { inProcess } from "./inProcess.ts";

export interface Form {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly simulator?: RevcordSimulatorOptions;
  readonly level?: "tenant" | "user";
  readonly overHttp?: boolean;
  /** Configures `push`, to where the simulator speaks this kind. */
  readonly push?: { readonly path: string; readonly kind?: string; readonly hub?: string };
}

export const serviceKey = "correct horse+battery/staple=";
export const account = { ...demoAccount, serviceKey };
/** Where simulators that nobody listens on are said to be. */
export const inProcessOrigin = "http://127.0.0.1";

/** Everything that must never be told: what was configured, what was given out, links. */
export const secrets = [
  serviceKey,
  encodeURIComponent(serviceKey),
  "access-",
  "refresh-",
  "connection-",
  "TWebAudio",
  "page-",
];

export async function revcordAt(form: Form = {}) {
  const { level = "user", overHttp = false, push, settings = {} } = form;
  const simulator = revcordSimulator({ account, keepAliveMs: 200, ...form.simulator });
  const listening = overHttp ? await listenSimulator(simulator) : undefined;
  const origin = listening?.origin ?? inProcessOrigin;
  const parsed = revcordVendor.settings.parse({
    baseUrl: origin + basePath,
    auth: { level, tenantId: account.tenantId, serviceKey },
    email: account.email,
    timeZone: "Asia/Kolkata",
    playbackOrigins: [origin],
    ...(push !== undefined && {
      push: { url: origin + push.path, event: "callcompleted", ...pushed(push) },
    }),
    ...settings,
  });
  const origins = revcordVendor.origins(parsed);
  const port = nodeSend({ origins, replyBytesMax: 65_536 });
  const now = form.simulator?.now ?? Date.now;
  return {
    simulator,
    origin,
    recorder: revcordVendor.create("revcord-1", parsed, { now }),
    send: listening === undefined ? inProcess(simulator.app) : port,
    now,
    hub: nodeHub({ send: port, dial: dialing({ origins }), clock: impatient }),
    async close() {
      await port.close();
      await listening?.close();
    },
  };
}

const pushed = ({ hub, kind }: NonNullable<Form["push"]>) => ({
  ...(hub !== undefined && { hub }),
  ...(kind !== undefined && { kind }),
});

/** Comes back at once. */
const impatient: Clock = { ...nodeClock(), random: () => 0 };

/** A clock that is set by hand. */
export function setClock(text = "2026-05-04T09:00:00Z") {
  let at = Date.parse(text);
  return {
    now: () => at,
    later(ms: number) {
      at += ms;
    },
  };
}
