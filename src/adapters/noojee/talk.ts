/**
 * One authenticated exchange with one Noojee server.
 *
 * @module
 */
import { withoutLongNumbers } from "../foreign.ts";
import type { HttpRequest } from "../recorder.ts";
import { sendOnce } from "../sendOnce.ts";
import type { FetchContext } from "../sharedFetch.ts";
import type { Pair } from "./pair.ts";
import { pairs } from "./pair.ts";
import type { NoojeeSettings } from "./settings.ts";
import type { Told, Wanted } from "./wire.ts";
import { readReply, timeAsked } from "./wire.ts";

export type TalkContext = FetchContext;

/**
 * Authenticates, sends once and reads the reply. What an expired time stamp turned away is sent
 * once more with a new one, unless `again` is false: it was surely not done.
 */
export type Ask = (
  wanted: Wanted,
  ctx: TalkContext,
  again?: boolean,
) => Promise<Exclude<Told, { kind: "expired" }>>;

export interface Talker {
  readonly ask: Ask;
  /** Takes the key, hashes, links and long runs of digits out of any words. */
  readonly scrub: (text: string) => string;
}

type Auth = Readonly<Record<string, string>>;

export function talker(settings: NoojeeSettings): Talker {
  const source = pairs(settings.apiKey, (ctx) => sendOnce(requestOf(settings, timeAsked, {}), ctx));
  const scrub = (text: string): string => {
    let clean = text;
    for (const secret of [settings.apiKey, encodeURIComponent(settings.apiKey), source.secret]) {
      if (secret !== undefined) clean = clean.replaceAll(secret, "[secret]");
    }
    const told = clean
      .replaceAll(/\b\w+:\/\/\S+/g, "[link]")
      .replaceAll(/bearer\s+\S+/gi, "[secret]")
      .replaceAll(/((?:apiKey|hash)=)[^\s&"']+/gi, "$1[secret]")
      .replaceAll(/[0-9a-f]{32,}/gi, "[hash]");
    return withoutLongNumbers(told);
  };

  const once = async (wanted: Wanted, auth: Auth, ctx: TalkContext): Promise<Told> => {
    const reply = await sendOnce(requestOf(settings, wanted, auth), ctx);
    if ("kind" in reply) return { ...reply, ...words(reply.detail, scrub) };
    return readReply(reply, scrub);
  };

  const ask: Ask = async (wanted, ctx, again = true) => {
    if (settings.authenticate === "key") {
      return settled(await once(wanted, { apiKey: settings.apiKey }, ctx));
    }
    const first = await source.get(ctx);
    if ("kind" in first) return first;
    const told = await once(wanted, authOf(first), ctx);
    if (told.kind !== "expired" || !again) return settled(told);
    const second = await source.get(ctx, first);
    if ("kind" in second) return second;
    return settled(await once(wanted, authOf(second), ctx));
  };
  return { ask, scrub };
}

const authOf = ({ hash, timeStamp }: Pair): Auth => ({ timeStamp, hash });

function settled(told: Told): Exclude<Told, { kind: "expired" }> {
  if (told.kind !== "expired") return told;
  return { kind: "refused", reason: "session_lost", detail: told.detail };
}

/** The key is in the address, where the vendor wants it: no word of ours may hold an address. */
function requestOf(settings: NoojeeSettings, wanted: Wanted, auth: Auth): HttpRequest {
  const query = Object.entries({ ...wanted.query, ...auth })
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join("&");
  return {
    method: wanted.method,
    url: `${settings.baseUrl}${wanted.path}${query === "" ? "" : `?${query}`}`,
    headers: {
      accept: "application/json, text/plain",
      "cache-control": "no-cache, no-store",
      ...(wanted.method === "POST" && {
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      }),
    },
  };
}

/** Lists and dates as the vendor shows them: a query may hold commas and slashes. */
const encoded = (value: string): string =>
  encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%2F", "/");

const words = (detail: string | undefined, scrub: (text: string) => string) =>
  detail === undefined ? {} : { detail: scrub(detail).slice(0, 200) };
