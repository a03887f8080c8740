/**
 * Fetches one recording's file from its recorder and hands it on piece by piece; nothing of it is
 * kept. Goes only to configured origins, follows no redirect, and is bounded in bytes and time.
 *
 * @module
 */
import { Pool } from "undici";
import type { HttpRequest } from "../../../adapters/recorder.ts";
import { type NodeSendOptions, originPool } from "../send.ts";

/** Two hours of stereo at 48 kHz are 1.4 GB. */
const FILE_BYTES_MAX = 4 * 2 ** 30;
const FILE_MS_MAX = 30 * 60_000;
/** A file that stops coming is given up. */
const STILL_MS_MAX = 30_000;
const CONNECTIONS_MAX = 2;

/** Why a file did not come whole. Never its address: that opens it. */
export interface NotFetched {
  readonly kind: "not_fetched";
  /** Whether it may come another time. */
  readonly again: boolean;
  readonly detail: string;
}

export interface FilePort {
  /**
   * Calls `take` with each piece as it comes; stops where it returns false. Undefined once the file
   * came whole, or as far as it was wanted. Never throws.
   */
  fetch(
    request: HttpRequest,
    take: (bytes: Uint8Array) => boolean,
    signal: AbortSignal,
  ): Promise<NotFetched | undefined>;
  close(): Promise<void>;
}

export interface FilePortOptions extends Pick<
  NodeSendOptions,
  "origins" | "tls" | "allowPlainHttp"
> {
  /** Where files may lie beside the recorder's own origins. No client certificate is shown there. */
  readonly otherOrigins?: readonly string[];
  readonly bytesMax?: number;
  readonly fileMsMax?: number;
  readonly stillMsMax?: number;
}

/** Throws as `nodeSend` does, for settings that a checked configuration cannot have. */
export function filePort(options: FilePortOptions): FilePort {
  const { bytesMax = FILE_BYTES_MAX, fileMsMax = FILE_MS_MAX, otherOrigins = [] } = options;
  const stillMsMax = options.stillMsMax ?? STILL_MS_MAX;
  const { allowPlainHttp = false, tls } = options;
  const pools = new Map<string, Pool>();
  const add = (origin: string, given: Pick<NodeSendOptions, "tls" | "allowPlainHttp">): void => {
    const name = new URL(origin).origin;
    if (pools.has(name)) return;
    const settings = { origins: [name], connections: CONNECTIONS_MAX, ...given };
    pools.set(name, originPool(name, settings));
  };
  for (const origin of options.origins) add(origin, { allowPlainHttp, ...(tls && { tls }) });
  const ca = tls?.ca === undefined ? {} : { tls: { ca: tls.ca } };
  for (const origin of otherOrigins) add(origin, ca);

  return {
    async fetch(request, take, signal) {
      const url = URL.parse(request.url);
      const pool = url === null ? undefined : pools.get(url.origin);
      if (url === null || pool === undefined) {
        const where = url === null ? "no address" : `${url.origin}, which is not configured`;
        return notFetched(false, `its recorder says the file is at ${where}`);
      }
      const still = new AbortController();
      const bounded = AbortSignal.any([signal, still.signal, AbortSignal.timeout(fileMsMax)]);
      const timer = setTimeout(() => still.abort(), stillMsMax);
      try {
        const reply = await pool.request({
          path: url.pathname + url.search,
          method: request.method,
          headers: { ...request.headers, "accept-encoding": "identity" },
          body: request.body ?? null,
          signal: bounded,
        });
        const refusal = refusalOf(reply.statusCode, reply.headers["content-encoding"]);
        if (refusal !== undefined) {
          // That it is broken off is no error of anybody's.
          reply.body.on("error", () => undefined).destroy();
          return refusal;
        }
        let bytes = 0;
        for await (const piece of reply.body as AsyncIterable<Uint8Array>) {
          timer.refresh();
          bytes += piece.byteLength;
          if (bytes > bytesMax) return notFetched(false, `it has more than ${bytesMax} bytes`);
          if (!take(piece)) return undefined;
        }
        return undefined;
      } catch (error) {
        if (signal.aborted) return notFetched(true, "it was given up");
        if (bounded.aborted) return notFetched(true, "it did not come in time");
        return notFetched(true, `it did not come (${codeOf(error)})`);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

export const notFetched = (again: boolean, detail: string): NotFetched => ({
  kind: "not_fetched",
  again,
  detail,
});

function refusalOf(
  status: number,
  encoding: string | string[] | undefined,
): NotFetched | undefined {
  if (status >= 300 && status < 400) {
    return notFetched(false, "its recorder sends on to another address, which is not followed");
  }
  if (status !== 200) {
    const again = status >= 500 || status === 404 || status === 408 || status === 429;
    return notFetched(again, `its recorder answered ${status}`);
  }
  if (encoding === undefined || encoding === "identity") return undefined;
  return notFetched(false, "its recorder sends it compressed, although it was asked not to");
}

/** undici's and Node's codes; their words may hold the address. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Z_]{2,40}$/.test(code) ? code : "failed";
}
