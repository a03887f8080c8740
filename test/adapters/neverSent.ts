/** What may be said to each vendor, request by request: everything else is never sent. */
import type { HttpRequest } from "../../src/adapters/recorder.ts";

type Members = Readonly<Record<string, string>>;

/** A request as it is told where it is one too many: its method, where it goes and what it asks. */
export interface Said {
  readonly method: string;
  readonly path: string;
  readonly query: Members;
  /** Of a form or a JSON object, the members. */
  readonly body: Readonly<Record<string, unknown>>;
}

export function saidIn({ body = "", method, url }: HttpRequest): Said {
  const { pathname, searchParams } = new URL(url);
  const isJson = body.startsWith("{");
  return {
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    body: isJson
      ? (JSON.parse(body) as Record<string, unknown>)
      : Object.fromEntries(new URLSearchParams(body)),
  };
}

const only = (members: object, ...names: readonly string[]): boolean =>
  Object.keys(members).every((name) => names.includes(name));
const one = (value: unknown, ...allowed: readonly unknown[]): boolean => allowed.includes(value);

const HASH = ["res", "ss", "hh"];

/** By vendor: whether it may be said. */
export const mayBeSaid: Readonly<Record<string, (said: Said) => boolean>> = {
  anywherenow({ body, method, path }) {
    const api = /^\/attendantservice\/api(?:\/v2)?\/recording\/(.+)$/.exec(path)?.[1] ?? "";
    if (method === "GET") return /^(?:capabilities\/)?[^/]+(?:\/[^/]+)?$/.test(api);
    // Start, Pause, Mark and UnMark. Stop, Save and Delete are 2, 4 and 5.
    const isOrder = one(body["Action"], 1, 3, 6, 7, "Start", "Pause", "Mark", "UnMark");
    return method === "POST" && api === "set" && isOrder;
  },
  "asterisk-ari"({ method, path, query }) {
    const isOrder = /^\/ari\/recordings\/live\/[^/]+\/(?:pause|mute)$/.test(path);
    if (isOrder) return one(method, "POST", "DELETE") && only(query);
    const isRead =
      path === "/ari/asterisk/info" ||
      /^\/ari\/recordings\/(?:live\/[^/]+|stored\/[^/]+(?:\/file)?)$/.test(path);
    return method === "GET" && isRead;
  },
  fonouc({ body, method, path }) {
    if (method === "GET") {
      return /^\/api\/v2\/reports\/(?:cdrs|recordings|recording\/[^/]+)$|\/channels$/.test(path);
    }
    if (path === "/api/v2/login") return method === "POST";
    if (/^\/v2\/(?:user|api)_auth$/.test(path)) return method === "PUT";
    const data = body["data"] as { module?: string; data?: Members } | undefined;
    const isMask =
      body["action"] === "metaflow" &&
      data?.module === "record_call" &&
      one(data.data?.["action"], "mask", "unmask") &&
      only(data.data ?? {}, "action");
    return method === "PUT" && /^\/v2\/accounts\/[^/]+\/channels\/[^/]+$/.test(path) && isMask;
  },
  noojee({ method, path }) {
    const name = /^\/servicemanager\/rest\/(?:CallManagementAPI\/)?(\w+)$/.exec(path)?.[1];
    // Never dial, hangup, transfer or anything else of that interface.
    const isControl = one(name, "start", "stop", "subscribe", "Time");
    const isSearch = /^\/njadmin\/rest\/RecordingAPI\/retrieveMetaData\w*$/.test(path);
    return one(method, "POST", "GET") && (isControl || isSearch);
  },
  revcord({ body, method, path }) {
    if (method === "GET") return path.includes("TWebAudio") || path.includes("audio");
    if (path.endsWith("/token")) return one(body["grant_type"], "password", "refresh_token");
    return method === "POST" && path.endsWith("/api/Common/GetCallDetails");
  },
  vslogger({ body, method, path, query }) {
    if (path !== "/api/v1" && path !== "/api/v2") return false;
    const res = query["res"] ?? "";
    if (method === "GET") {
      switch (res) {
        case "channel-states":
          return only(query, ...HASH);
        case "channel-state":
        case "call":
          return only(query, ...HASH, "channel", "call_id", "hw");
        case "recording":
          return only(query, ...HASH, "href");
        case "channel-cmd":
          // Never enable or disable.
          return (
            one(query["cmd"], "mute", "unmute", "recstart", "recstop", "update") &&
            only(query, ...HASH, "channel", "cmd", "note", "flag")
          );
        default:
          // `calls` is not supported by the vendor.
          return false;
      }
    }
    if (method !== "POST") return false;
    switch (res) {
      case "channel-state":
        return only(query, ...HASH) && only(body, "channel", "mute", "record", "note", "flag");
      case "call-state":
        return (
          only(query, ...HASH) && only(body, "call_id", "hw", "mute", "record", "note", "flag")
        );
      case "recordings":
        return only(query, ...HASH);
      case "recording":
        return only(query, ...HASH, "id") && only(body, "note", "flag");
      default:
        return false;
    }
  },
};
