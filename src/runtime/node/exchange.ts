/**
 * One request and its reply on an undici pool, with the moment at which it left. `lost` and
 * `not_sent` are told apart by whether undici had begun to write.
 *
 * @module
 */
import type { Dispatcher, Pool } from "undici";
import type { HttpRequest, HttpResult } from "../../adapters/recorder.ts";

interface Exchanging {
  readonly replyBytesMax: number;
  /**
   * The pool has another connection for others, maybe later than the request settles: what is given
   * up while a connection is made for it keeps that one until it is made or cannot be. Called once.
   */
  readonly left: () => void;
}

/** Sends one request on a pool, at most once, and settles by `signal` at the latest. */
export function exchange(
  pool: Pool,
  url: URL,
  request: HttpRequest,
  signal: AbortSignal,
  { left, replyBytesMax }: Exchanging,
): Promise<HttpResult> {
  return new Promise((resolve) => {
    const settle = (result: HttpResult): void => {
      signal.removeEventListener("abort", giveUp);
      resolve(result);
    };
    const handler = new OneExchange(replyBytesMax, settle, left);
    const giveUp = (): void => handler.giveUp();
    if (signal.aborted) {
      left();
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
  #left: (() => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(replyBytesMax: number, settle: (result: HttpResult) => void, left: () => void) {
    this.#replyBytesMax = replyBytesMax;
    this.#settle = settle;
    this.#left = left;
  }

  #leave(): void {
    const left = this.#left;
    this.#left = undefined;
    left?.();
  }

  #end(result: HttpResult): void {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#controller !== undefined) this.#leave();
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
    if (this.#settled || this.#controller !== undefined) {
      this.#leave();
      throw new Error("not to be sent");
    }
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
    this.#leave();
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
