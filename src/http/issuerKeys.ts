/**
 * The public keys of an issuer of tokens: fetched in bounds, asked for again when they are old or
 * lack a key, and believed for a stated time while the issuer cannot be reached.
 *
 * @module
 */
import { createLocalJWKSet, errors, type FetchImplementation, type JWTVerifyGetKey } from "jose";
import type { EpochMs } from "../control/call.ts";
import type { IssuerConfig } from "../policy/configAuth.ts";

/** After a failed fetch, the issuer's keys are asked for again no sooner than this. */
const REFETCH_MS = 1_000;
/** Of a published set; the largest providers' are under 20 kB. */
const SET_BYTES_MAX = 262_144;

/** Nothing is known of the token: the issuer's keys are not at hand. */
export class KeysUnavailable extends Error {
  readonly code = "issuer_unavailable";
}

export interface IssuerKeys {
  /** The key a token's header asks for. Rejects with `KeysUnavailable`, or as jose's own sets do. */
  readonly find: JWTVerifyGetKey;
  /**
   * A number that changes with the set, so that what a key verified ends with the key; undefined
   * where the set is older than may be believed. Asks for the set again where that is due.
   */
  standing(): number | undefined;
}

export interface IssuerKeysOptions {
  readonly clock: () => EpochMs;
  /** The platform's own where absent. */
  readonly fetch?: FetchImplementation | undefined;
  /** Hears of every fetch that failed. */
  readonly onFailure?: ((issuer: string) => void) | undefined;
}

interface Held {
  readonly text: string;
  readonly find: JWTVerifyGetKey;
  readonly at: EpochMs;
}

export function issuerKeys(config: IssuerConfig, options: IssuerKeysOptions): IssuerKeys {
  const { jwksUrl } = config;
  if (jwksUrl === undefined) {
    const find = createLocalJWKSet({ keys: [] as never[], ...(config.jwks as object) });
    return { find, standing: () => 0 };
  }
  return publishedKeys(config, jwksUrl, options);
}

function publishedKeys(
  config: IssuerConfig,
  url: string,
  { clock, fetch, onFailure }: IssuerKeysOptions,
): IssuerKeys {
  let held: Held | undefined;
  let generation = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  /** One at a time, however many wait for it. Never rejects. */
  function refresh(): Promise<void> {
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  }
  async function ask(): Promise<void> {
    askedAt = clock();
    try {
      const text = await fetchSet(url, config.jwksMsMax, fetch);
      const find = text === held?.text ? held.find : createLocalJWKSet(JSON.parse(text) as never);
      if (text !== held?.text) generation += 1;
      held = { text, find, at: clock() };
    } catch {
      failedAt = clock();
      onFailure?.(config.issuer);
    }
  }
  // Whoever sends tokens must not be able to make tacet hammer an issuer that is down.
  const hasJustFailed = (): boolean => clock() - failedAt < REFETCH_MS;
  /** The set, where it may be believed. One that is due is asked for behind it: nobody waits. */
  function believed(): Held | undefined {
    const ageMs = held === undefined ? Infinity : clock() - held.at;
    if (ageMs > config.jwksStaleMsMax) return undefined;
    if (ageMs > config.jwksCacheMsMax && !hasJustFailed()) void refresh();
    return held;
  }

  return {
    standing: () => (believed() === undefined ? undefined : generation),
    async find(header, token) {
      if (believed() === undefined && (asking !== undefined || !hasJustFailed())) await refresh();
      const set = believed();
      if (set === undefined) throw new KeysUnavailable("the issuer's keys are not at hand");
      try {
        return await set.find(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const isTooSoon = clock() - askedAt < config.jwksCooldownMs || hasJustFailed();
        if (asking === undefined && isTooSoon) throw error;
        await refresh();
        return await (believed() ?? set).find(header, token);
      }
    },
  };
}

/** The set's text. Rejects where it is not there in time, is elsewhere, too large or no set. */
async function fetchSet(
  url: string,
  msMax: number,
  fetch: FetchImplementation = globalThis.fetch,
): Promise<string> {
  const response = await fetch(url, {
    method: "GET",
    headers: new Headers({ accept: "application/json, application/jwk-set+json" }),
    // Another address is another issuer: only the configured one is believed.
    redirect: "manual",
    signal: AbortSignal.timeout(msMax),
  });
  if (response.status !== 200) throw new Error(`answered ${response.status}`);
  return await boundedText(response);
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, bytes] = ["", 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest of the body.
    if (bytes > SET_BYTES_MAX) throw new Error(`more than ${SET_BYTES_MAX} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
