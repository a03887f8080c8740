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
  /** Sent in the place of their key: a browser's, issued by them. */
  readonly ticket?: string;
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

/** A ticket for one call, for a browser; undefined where none is given. */
export type Issue = (by: string, callId: string) => Promise<string | undefined>;

export interface Requester {
  readonly request: Request;
  readonly issue: Issue;
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
    ticket,
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
    const how = ticket === undefined ? {} : ({ byTicket: true } as const);
    write({ kind: "ask", id, at: Date.now(), by, ...how, what, callId, ...window });
    try {
      const response = await fetch(url + path, {
        method,
        signal: AbortSignal.timeout(leaveAfterMs ?? REQUEST_MS_MAX),
        headers: {
          authorization: `Bearer ${ticket ?? keys[by] ?? ""}`,
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
  const issue: Issue = (by, callId) =>
    issued({ url, key: keys[by] ?? "" }, { use: "call", callId });
  return { request, issue, answered: () => answered };
}

/** Asks for a ticket of these members. Undefined where none is given, or nobody answers. */
export async function issued(
  { key, url }: { readonly url: string; readonly key: string },
  wish: object,
): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/v1/tickets`, {
      method: "POST",
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(wish),
    });
    const body = (await response.json()) as { readonly ticket?: string };
    return response.status === 201 ? body.ticket : undefined;
  } catch {
    return undefined;
  }
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
