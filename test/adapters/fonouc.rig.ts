/**
 * A Fonouc recorder wired to a fresh simulator, in process or over real HTTP, by a clock that the
 * test sets.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { inProcess } from "./inProcess.ts";
import { fonoucVendor } from "../../src/adapters/fonouc/index.ts";
import type { AdapterContext, HttpRequest, Send } from "../../src/adapters/recorder.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { nodeSend } from "../../src/runtime/node/send.ts";
import { fonoucSimulator } from "../../src/sandbox/fonouc/index.ts";
import type { FonoucSimulatorOptions } from "../../src/sandbox/fonouc/index.ts";

const password = "s3cret of Fonouc";
const apiKey = "dfdb4869092fcaa210077109e42bdbac";
export const accountId = "5f1a5a9bd51aac0b21dd2e1f2c0b1c22";
const user = { username: "tacet@example.com", password, domain: "fonouctest" };
/** As the vendor's hash is documented: hex of user, colon, password. */
export const hashOf = (method: "md5" | "sha1") =>
  createHash(method).update(`tacet:${password}`).digest("hex");
export const kazooAuths = {
  api_auth: { kind: "api_auth", apiKey },
  md5: { kind: "user_auth", accountName: "acme", username: "tacet", password, method: "md5" },
  sha: { kind: "user_auth", accountName: "acme", username: "tacet", password, method: "sha" },
} as const;

/** 20 November 2026, 09:00 UTC. */
export const T0 = Date.UTC(2026, 10, 20, 9);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

export interface Wiring {
  readonly overHttp?: boolean;
  readonly kazoo?: keyof typeof kazooAuths;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly simulator?: FonoucSimulatorOptions;
}

export async function wired(wiring: Wiring = {}) {
  const clock = { now: T0 };
  const simulator = fonoucSimulator({
    now: () => clock.now,
    user,
    accountId,
    kazoo: {
      accountName: "acme",
      apiKey,
      credentials: { md5: hashOf("md5"), sha: hashOf("sha1") },
    },
    ...wiring.simulator,
  });
  const listening = wiring.overHttp === true ? await listenSimulator(simulator) : undefined;
  const origin = listening?.origin ?? "http://127.0.0.1";
  const settings = fonoucVendor.settings.parse({
    baseUrl: `${origin}/api/v2`,
    accountId,
    ...user,
    ...(wiring.kazoo === undefined
      ? {}
      : { kazoo: { baseUrl: `${origin}/v2`, auth: kazooAuths[wiring.kazoo] } }),
    ...wiring.settings,
  });
  const port = nodeSend({ origins: fonoucVendor.origins(settings), replyBytesMax: 262_144 });
  const sent: HttpRequest[] = [];
  const through = listening === undefined ? inProcess(simulator.app, 262_144) : port;
  const send: Send = (request, signal) => {
    sent.push(request);
    return through(request, signal);
  };
  const context = (over: Partial<AdapterContext> = {}): AdapterContext => ({
    send,
    now: () => clock.now,
    signal: AbortSignal.timeout(10_000),
    silenced: false,
    ...over,
  });
  const recorder = fonoucVendor.create("portal", settings, { now: () => clock.now });
  return {
    clock,
    context,
    origin,
    recorder,
    send,
    sent,
    simulator,
    /** Everything that was ever sent to log in, or given out for it. */
    secrets: () => [
      password,
      apiKey,
      hashOf("md5"),
      hashOf("sha1"),
      ...simulator.given.portal,
      ...simulator.given.kazoo,
    ],
    async close() {
      await port.close();
      await listening?.close();
    },
  };
}
export type Wired = Awaited<ReturnType<typeof wired>>;

/** What changed something other than who is logged in. */
export const changesIn = ({ simulator }: Wired): number =>
  simulator.requests.filter(({ method, path }) => method !== "GET" && !/\/login$|_auth$/.test(path))
    .length;
