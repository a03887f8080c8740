/**
 * The HTTP port of one recorder on Node: an undici pool for each of its origins. It knows whether a
 * request left: what failed before its first byte is `not_sent`, everything after is `lost`.
 *
 * @module
 */
import { createSecureContext, getCACertificates } from "node:tls";
import type { SecureContext } from "node:tls";
import { buildConnector, Pool } from "undici";
import type { Send } from "../../adapters/recorder.ts";
import { exchange } from "./exchange.ts";

export interface NodeSendOptions {
  /** Where requests may go. Everything else is `not_sent`. */
  readonly origins: readonly string[];
  /** Connections to each origin at once; each carries one request at a time. */
  readonly connections?: number;
  readonly replyBytesMax?: number;
  readonly connectMsMax?: number;
  readonly tls?: {
    /** PEM. Trusted beside the system's and Node's own authorities. */
    readonly ca?: string | readonly string[];
    /** PEM. Shown to recorders that ask who calls. */
    readonly cert?: string;
    readonly key?: string;
    /** Certificate and key in one, PKCS #12 in base64. */
    readonly pfx?: string;
    readonly passphrase?: string;
    /** The name its certificate carries, where that is not the host in its address. */
    readonly serverName?: string;
    readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  };
  /** Plain `http:` beyond loopback. Whoever sets it says so loudly. */
  readonly allowPlainHttp?: boolean;
}

/** `left` is called once, when the request keeps no connection from others any more. */
export type LeavingSend = (...asked: [...Parameters<Send>, left?: () => void]) => ReturnType<Send>;

export type NodeSend = LeavingSend & {
  /** Breaks what is in flight and closes every connection. */
  close(): Promise<void>;
};

const defaults = { connections: 16, replyBytesMax: 262_144, connectMsMax: 5_000 };

/**
 * Makes the port. Throws an Error with code `plain_http_refused` for a plain origin beyond loopback
 * that is not allowed, and whatever Node throws for certificates that cannot be read.
 */
export function nodeSend(options: NodeSendOptions): NodeSend {
  const settings = { ...defaults, ...options };
  const origins = new Set(options.origins.map((origin) => new URL(origin).origin));
  for (const origin of origins) {
    const problem = plainHttpProblem(origin, options.allowPlainHttp ?? false);
    if (problem !== undefined) {
      throw Object.assign(new Error(problem), { code: "plain_http_refused" });
    }
  }
  const secureContext = [...origins].some((origin) => origin.startsWith("https:"))
    ? secureContextOf(options.tls ?? {})
    : undefined;
  const pools = new Map(
    [...origins].map((origin) => [origin, poolOf(origin, settings, secureContext)]),
  );
  const { replyBytesMax } = settings;
  const send: LeavingSend = (request, signal, left = () => undefined) => {
    const url = URL.parse(request.url);
    const pool = pools.get(url?.origin ?? "");
    if (url !== null && pool !== undefined) {
      return exchange(pool, url, request, signal, { replyBytesMax, left });
    }
    left();
    const detail = url && `${url.origin} is not an origin of this recorder`;
    return Promise.resolve({ kind: "not_sent", detail: detail ?? "no address" });
  };
  const close = async (): Promise<void> => {
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
  };
  return Object.assign(send, { close });
}

/** What is wrong with sending to this origin in the clear; undefined where nothing is. */
export function plainHttpProblem(origin: string, allow: boolean): string | undefined {
  const { protocol, hostname } = new URL(origin);
  if (protocol === "https:") return undefined;
  if (protocol !== "http:") return `${origin} is neither https: nor http:`;
  const loopback =
    hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  if (loopback || allow) return undefined;
  return `${origin} would be reached in the clear: use https:, or allow plain http for it by name`;
}

export function secureContextOf(tls: NonNullable<NodeSendOptions["tls"]>): SecureContext {
  return createSecureContext({
    ca: [
      ...new Set([
        ...getCACertificates("default"),
        ...getCACertificates("system"),
        ...[tls.ca ?? []].flat(),
      ]),
    ],
    cert: tls.cert,
    key: tls.key,
    pfx: tls.pfx === undefined ? undefined : Buffer.from(tls.pfx, "base64"),
    passphrase: tls.passphrase,
    minVersion: tls.minVersion ?? "TLSv1.2",
  });
}

/** One origin's pool with the same settings, for what is too long to be a reply. Throws as above. */
export function originPool(origin: string, options: NodeSendOptions): Pool {
  const problem = plainHttpProblem(origin, options.allowPlainHttp ?? false);
  if (problem !== undefined)
    throw Object.assign(new Error(problem), { code: "plain_http_refused" });
  const secure = origin.startsWith("https:") ? secureContextOf(options.tls ?? {}) : undefined;
  return poolOf(origin, { ...defaults, ...options }, secure);
}

function poolOf(
  origin: string,
  settings: typeof defaults & NodeSendOptions,
  secureContext: SecureContext | undefined,
): Pool {
  const serverName = settings.tls?.serverName;
  const connector = buildConnector({
    timeout: settings.connectMsMax,
    allowH2: false,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
  return new Pool(origin, {
    connections: settings.connections,
    // One request a connection: abandoning one can then break its connection and no other.
    pipelining: 1,
    allowH2: false,
    // The signal is the only deadline of a request that was sent.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      connector(
        serverName === undefined ? options : { ...options, servername: serverName },
        callback,
      );
    },
  });
}
