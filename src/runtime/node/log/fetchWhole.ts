/**
 * What a running service answers, each answer taken whole. One that is late, breaks off or does not come
 * is asked for again so many times; then it is `NotFetched`, whatever the reason.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { NoSource, NotFetched } from "./noSource.ts";

/** How often one answer is asked for, in all. */
export const TRY_COUNT_MAX = 4;
/** Between two tries, where the service does not say how long; it may say up to a minute. */
const WAITS_MS = [500, 2_000, 5_000] as const;
const WAIT_MS_MAX = 60_000;
const REPLY_MS_MAX = 60_000;
/** A page has 1,000 entries of 65,535 bytes at most; older ones may be larger. */
const REPLY_BYTES_MAX = 128 * 1_048_576;

export interface FetchOptions {
  readonly token?: string;
  readonly fetch?: typeof fetch;
  readonly wait?: (ms: number) => Promise<unknown>;
  readonly replyMsMax?: number;
  readonly replyBytesMax?: number;
}

export interface Whole {
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** What may be told before it is asked: what it should be, and whether bytes that came are all of it. */
export interface Wanted {
  readonly accept: string;
  readonly isWhole: (bytes: Uint8Array) => boolean;
}

export type FetchWhole = (path: string, wanted: Wanted) => Promise<Whole>;

/** `path` follows `root`. Rejects with `NotFetched`; throws `NoSource` for no address at all. */
export function fetchWhole(root: string, options: FetchOptions): FetchWhole {
  const { fetch: ask = fetch, token, wait = sleep } = options;
  const { replyBytesMax = REPLY_BYTES_MAX, replyMsMax = REPLY_MS_MAX } = options;
  const url = URL.parse(root);
  if (url === null) throw new NoSource(`${root} is no address.`);
  if (url.username !== "" || url.password !== "") {
    throw new NoSource("An address has no user and no password: use TACET_TOKEN or TACET_API_KEY.");
  }
  const credential = token === undefined ? {} : { authorization: `Bearer ${token}` };

  async function once(path: string, { accept, isWhole }: Wanted): Promise<Whole | Failed> {
    try {
      const reply = await ask(`${root}${path}`, {
        headers: { ...credential, accept },
        signal: AbortSignal.timeout(replyMsMax),
        redirect: "manual",
      });
      const refused = refusalOf(reply);
      if (refused !== undefined) {
        await reply.body?.cancel().catch(() => undefined);
        return refused;
      }
      const bytes = await bytesOf(reply, replyBytesMax);
      if (bytes === undefined) return failed(`the answer has more than ${replyBytesMax} bytes`);
      if (!isWhole(bytes)) return failed("the answer broke off", true);
      return { headers: reply.headers, bytes };
    } catch (error) {
      return failed(brokenOff(error, replyMsMax), true);
    }
  }

  return async (path, wanted) => {
    for (let tries = 1; ; tries += 1) {
      const came = await once(path, wanted);
      if (!("why" in came)) return came;
      if (!came.again || tries >= TRY_COUNT_MAX) {
        const often = tries === 1 ? "" : `, ${tries} times`;
        throw new NotFetched(`${root}${path} could not be fetched: ${came.why}${often}.`);
      }
      await wait(Math.min(came.waitMs ?? WAITS_MS[tries - 1] ?? 0, WAIT_MS_MAX));
    }
  };
}

interface Failed {
  readonly why: string;
  /** Whether it may come another time. */
  readonly again: boolean;
  readonly waitMs?: number;
}

const failed = (why: string, again = false, waitMs?: number): Failed =>
  waitMs === undefined ? { why, again } : { why, again, waitMs };

function refusalOf({ headers, ok, status }: Response): Failed | undefined {
  // A sign-in page, or a proxy's own words.
  if (ok && (headers.get("content-type") ?? "").startsWith("text/html")) {
    return failed("a web page was answered and no log");
  }
  if (ok) return undefined;
  const seconds = Number(headers.get("retry-after") ?? "");
  const waitMs = headers.has("retry-after") && seconds >= 0 ? seconds * 1_000 : undefined;
  if (status === 429) return failed("it answered 429, too many requests", true, waitMs);
  if (status === 408 || status >= 500) return failed(`it answered ${status}`, true, waitMs);
  if (status === 401) return failed("it answered 401: it takes no such credential");
  if (status === 403) return failed("it answered 403: this credential may not read the log");
  if (status >= 300 && status < 400) {
    return failed(`it answered ${status}, and is not followed elsewhere`);
  }
  return failed(`it answered ${status}`);
}

/** Undefined where there are more than may be. */
async function bytesOf(reply: Response, bytesMax: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of reply.body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > bytesMax) return undefined;
  }
  return Buffer.concat(parts);
}

/** In the platform's own word for it: its sentences may hold addresses. */
function brokenOff(error: unknown, replyMsMax: number): string {
  const { cause, code, name } = error as { cause?: unknown; code?: unknown; name?: unknown };
  if (name === "TimeoutError") return `no whole answer came within ${replyMsMax / 1_000} s`;
  const of = (cause as { code?: unknown } | undefined)?.code ?? code;
  if (of === "ENOTFOUND" || of === "EAI_AGAIN") return `its name leads nowhere (${of})`;
  if (of === "ECONNREFUSED") return `the connection was refused (${of})`;
  return typeof of === "string" ? `the connection failed (${of})` : "the connection failed";
}
