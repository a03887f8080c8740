/**
 * The HTTP port of one recorder on Node: an undici pool for each of its origins. It knows whether a
 * request left: what failed before its first byte is `not_sent`, everything after is `lost`.
 *
 * @module
 */
import { createSecureContext, getCACertificates } from "node:tls";
import type { SecureContext } from "node:tls";
import { buildConnector, Pool } from "undici";
import type { Dispatcher } from "undici";
import type { HttpRequest, HttpResult, Send } from "../../adapters/recorder.ts";

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

export type NodeSend = Send & {
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
  const send: Send = (request, signal) => {
    const url = new URL(request.url);
    const pool = pools.get(url.origin);
    if (pool !== undefined) return exchange(pool, url, request, signal, settings.replyBytesMax);
    const detail = `${url.origin} is not an origin of this recorder`;
    return Promise.resolve({ kind: "not_sent", detail });
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

function secureContextOf(tls: NonNullable<NodeSendOptions["tls"]>): SecureContext {
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

function exchange(
  pool: Pool,
  url: URL,
  request: HttpRequest,
  signal: AbortSignal,
  replyBytesMax: number,
): Promise<HttpResult> {
  return new Promise((resolve) => {
    const settle = (result: HttpResult): void => {
      signal.removeEventListener("abort", giveUp);
      resolve(result);
    };
    const handler = new OneExchange(replyBytesMax, settle);
    const giveUp = (): void => handler.giveUp();
    if (signal.aborted) {
      settle({ kind: "not_sent", detail: "the deadline had passed before it was sent" });
      return;
    }
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      pool.dispatch(
        {
          path: url.pathname + url.search,
          method: request.method,
          headers: { ...request.headers },
          body: request.body ?? null,
          // Even a GET may change something, so nothing here is safe to send again.
          idempotent: false,
        },
        handler,
      );
    } catch (error) {
      handler.onResponseError(undefined, error);
    }
  });
}

/** What undici calls while one request is sent and answered. Settles once. */
class OneExchange implements Dispatcher.DispatchHandler {
  readonly #replyBytesMax: number;
  readonly #settle: (result: HttpResult) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(replyBytesMax: number, settle: (result: HttpResult) => void) {
    this.#replyBytesMax = replyBytesMax;
    this.#settle = settle;
  }

  #end(result: HttpResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(result);
  }

  /** The deadline: nothing is written from now on, and a connection in use is broken. */
  giveUp(): void {
    this.#end(
      this.#controller === undefined
        ? { kind: "not_sent", detail: "no connection before the deadline" }
        : { kind: "lost", detail: "no reply before the deadline" },
    );
    this.#controller?.abort(new Error("given up"));
  }

  /** Called right before the first byte is written. Throwing here keeps it from being written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled || this.#controller !== undefined) throw new Error("not to be sent");
    this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) continue;
      this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
    }
    if (Number(this.#headers["content-length"]) > this.#replyBytesMax) this.#tooLarge(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#replyBytesMax) this.#tooLarge(controller);
    else this.#chunks.push(chunk);
  }

  #tooLarge(controller: Dispatcher.DispatchController): void {
    this.#chunks = [];
    this.#end({ kind: "too_large", detail: `a reply of more than ${this.#replyBytesMax} bytes` });
    controller.abort(new Error("too large"));
  }

  onResponseEnd(): void {
    const body = new TextDecoder().decode(Buffer.concat(this.#chunks));
    this.#end({ kind: "reply", reply: { status: this.#status, headers: this.#headers, body } });
  }

  onResponseError(_controller: unknown, error: unknown): void {
    const kind = this.#controller === undefined ? "not_sent" : "lost";
    this.#end({ kind, detail: describe(error) });
  }
}

/** The code and the words of a network error: hosts and ports, never a path, query or header. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  const { code } = error as Error & { code?: unknown };
  const text = typeof code === "string" ? `${code}: ${error.message}` : error.message;
  return text.slice(0, 200);
}
