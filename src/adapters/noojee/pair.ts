/**
 * The older way to authenticate: the server's time, and a hash of the key and that time. Fetched
 * once for all who wait, so that the server's bound on attempts at once is never met; a pause waits
 * for nobody else's.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { EpochMs } from "../../control/call.ts";
import type { HttpReply } from "../recorder.ts";
import { FETCH_MS_MAX, type FetchContext, sharedFetch } from "../sharedFetch.ts";
import { badReply } from "./wire.ts";

export interface Pair {
  readonly timeStamp: string;
  readonly hash: string;
}
export type PairResult = Pair | NotDone;

export interface PairSource {
  /** A pair that is good for now. `rejected` is one that the server has just called expired. */
  get(ctx: FetchContext, rejected?: Pair): Promise<PairResult>;
  /** The hash that may be in the server's words. */
  readonly secret: string | undefined;
}

/** Documented: good for an hour, if it is used within ten seconds. Both with a margin. */
const LIFE_MS = 55 * 60_000;
const FIRST_USE_MS = 8_000;

/** Documented: SHA-256, in hex, of the key, a colon and the time. */
export const hashOf = (apiKey: string, timeStamp: string): string =>
  bytesToHex(sha256(utf8ToBytes(`${apiKey}:${timeStamp}`)));

export function pairs(
  apiKey: string,
  ask: (ctx: FetchContext) => Promise<HttpReply | NotDone>,
): PairSource {
  let held: { readonly pair: Pair; readonly at: EpochMs; isUsed: boolean } | undefined;

  const fetchPair = async ({ now, send }: FetchContext): Promise<PairResult> => {
    const signal = AbortSignal.timeout(FETCH_MS_MAX);
    const reply = await ask({ now, send, signal });
    // Nothing that needed it was sent, whatever became of this.
    if ("kind" in reply) {
      return {
        kind: "unreachable",
        detail: `no time of the server: ${reply.detail ?? reply.kind}`,
      };
    }
    const timeStamp = reply.body.trim();
    if (reply.status !== 200) return badReply(`no time of the server: HTTP ${reply.status}`);
    if (!/^\d{10,16}$/.test(timeStamp)) return badReply("the server's time is not a number of ms");
    const pair = { timeStamp, hash: hashOf(apiKey, timeStamp) };
    held = { pair, at: now(), isUsed: false };
    return pair;
  };
  const shared = sharedFetch<Pair>(fetchPair, "time of the server");

  return {
    async get(ctx, rejected) {
      const ageMs = held === undefined ? Infinity : ctx.now() - held.at;
      const isGood =
        held !== undefined &&
        held.pair !== rejected &&
        ageMs < (held.isUsed ? LIFE_MS : FIRST_USE_MS);
      const pair = isGood && held ? held.pair : await shared(ctx);
      if (!("kind" in pair) && held?.pair === pair) held.isUsed = true;
      return pair;
    },
    get secret() {
      return held?.pair.hash;
    },
  };
}
