/** A client's requests, each written down before it is sent and after it was answered. */
import type { What } from "./story.ts";
import { writer } from "./processes.ts";

const REQUEST_MS_MAX = 8_000;

export interface Answer {
  /** 0: none came. */
  readonly status: number;
  readonly code?: string;
  readonly safe?: boolean;
}

export interface Asking {
  readonly by: string;
  readonly what: What;
  readonly method?: string;
  readonly path: string;
  readonly body?: object;
  readonly callId: string;
  readonly windowId?: string;
  /** The client goes away then. */
  readonly leaveAfterMs?: number;
}

export type Request = (asking: Asking) => Promise<Answer>;

export interface Requester {
  readonly request: Request;
  /** How many were answered. */
  readonly answered: () => number;
}

interface Options {
  readonly name: string;
  readonly url: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly story: string;
}

export function requester({ name, url, keys, story }: Options): Requester {
  const write = writer(story);
  let [count, answered] = [0, 0];
  const request: Request = async ({
    by,
    what,
    method = "POST",
    path,
    body,
    callId,
    windowId,
    leaveAfterMs,
  }) => {
    const id = `${name}-${(count += 1)}`;
    const window = windowId === undefined ? {} : { windowId };
    write({ kind: "ask", id, at: Date.now(), by, what, callId, ...window });
    try {
      const response = await fetch(url + path, {
        method,
        signal: AbortSignal.timeout(leaveAfterMs ?? REQUEST_MS_MAX),
        headers: {
          authorization: `Bearer ${keys[by] ?? ""}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const told = membersOf(await response.text());
      const at = Date.now();
      const { status } = response;
      answered += 1;
      write({ kind: "told", id, at, status, ...told });
      return { status, ...told };
    } catch {
      return { status: 0 };
    }
  };
  return { request, answered: () => answered };
}

function membersOf(text: string) {
  const body = JSON.parse(text) as Record<string, unknown>;
  const log = body["log"] as { readonly position?: number } | undefined;
  const told = {
    code: body["code"] as string | undefined,
    protection: body["protection"] as string | undefined,
    safe: body["safeToCollect"] as boolean | undefined,
    collectForMs: body["collectForMs"] as number | undefined,
    expiresAt: body["expiresAt"] as number | undefined,
    position: log?.position,
  };
  return Object.fromEntries(
    Object.entries(told).filter(([, value]) => value !== undefined),
  ) as Partial<Pick<Required<typeof told>, keyof typeof told>> as {
    readonly code?: string;
    readonly protection?: string;
    readonly safe?: boolean;
    readonly collectForMs?: number;
    readonly expiresAt?: number;
    readonly position?: number;
  };
}
