/**
 * The older way to authenticate: the server's time, and a hash of the key and that time. Fetched
 * once for all who wait, so that the server's bound on attempts at once is never met.
 *
 * @module
 */
import type { NotDone } from "../../control/ports.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { EpochMs } from "../../control/call.ts";
import type { AdapterContext, HttpReply } from "../recorder.ts";
import { badReply } from "./wire.ts";

export interface Pair {
  readonly timeStamp: string;
  readonly hash: string;
}
export type PairResult = Pair | NotDone;
type PairContext = Pick<AdapterContext, "now" | "send" | "signal">;

export interface PairSource {
  /** A pair that is good for now. `rejected` is one that the server has just called expired. */
  get(ctx: PairContext, rejected?: Pair): Promise<PairResult>;
  /** The hash that may be in the server's words. */
  readonly secret: string | undefined;
}

/** Documented: good for an hour, if it is used within ten seconds. Both with a margin. */
const LIFE_MS = 55 * 60_000;
const FIRST_USE_MS = 8_000;
const FETCH_MS_MAX = 5_000;

/** Documented: SHA-256, in hex, of the key, a colon and the time. */
export const hashOf = (apiKey: string, timeStamp: string): string =>
  bytesToHex(sha256(utf8ToBytes(`${apiKey}:${timeStamp}`)));

export function pairs(
  apiKey: string,
  ask: (ctx: PairContext) => Promise<HttpReply | NotDone>,
): PairSource {
  let held: { readonly pair: Pair; readonly at: EpochMs; isUsed: boolean } | undefined;
  let fetching: Promise<PairResult> | undefined;

  const fetchPair = async ({ now, send }: PairContext): Promise<PairResult> => {
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
  const shared = (ctx: PairContext): Promise<PairResult> => {
    fetching ??= fetchPair(ctx).finally(() => {
      fetching = undefined;
    });
    return fetching;
  };

  return {
    async get(ctx, rejected) {
      const ageMs = held === undefined ? Infinity : ctx.now() - held.at;
      const isGood =
        held !== undefined &&
        held.pair !== rejected &&
        ageMs < (held.isUsed ? LIFE_MS : FIRST_USE_MS);
      const pair = isGood && held ? held.pair : await untilDeadline(shared(ctx), ctx.signal);
      if (!("kind" in pair) && held?.pair === pair) held.isUsed = true;
      return pair;
    },
    get secret() {
      return held?.pair.hash;
    },
  };
}

function untilDeadline(pair: Promise<PairResult>, signal: AbortSignal): Promise<PairResult> {
  const late: NotDone = {
    kind: "unreachable",
    detail: "no time of the server before the deadline",
  };
  if (signal.aborted) return Promise.resolve(late);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(late);
    signal.addEventListener("abort", giveUp, { once: true });
    pair.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
