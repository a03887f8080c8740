/**
 * The socket beneath a hub's connection: only to the recorder's own origins, with its certificates,
 * no redirect followed, and no frame beyond a bound.
 *
 * @module
 */
import type { SecureContext } from "node:tls";
import { type ClientOptions, WebSocket } from "ws";
import type { NodeSendOptions } from "../send.ts";
import { secureContextOf } from "../send.ts";

/** A hub's events are a few hundred bytes; several may share a frame. */
const FRAME_BYTES_MAX = 262_144;
const HANDSHAKE_MS_MAX = 5_000;

/** Throws for an address that is not of the recorder's own origins. */
export type Dial = (url: string, headers: Readonly<Record<string, string>>) => WebSocket;

export function dialing({ origins, tls }: Pick<NodeSendOptions, "origins" | "tls">): Dial {
  const known = new Set(origins.map((origin) => new URL(origin).origin));
  let context: SecureContext | undefined;
  return (url, headers) => {
    const address = new URL(url.replace(/^http/, "ws"));
    const origin = address.origin.replace(/^ws/, "http");
    if (!known.has(origin)) throw new Error(`${origin} is not an origin of this recorder`);
    const isSecure = address.protocol === "wss:";
    if (isSecure) context ??= secureContextOf(tls ?? {});
    const secure = {
      secureContext: context,
      ...(tls?.serverName !== undefined && { servername: tls.serverName }),
    };
    const options: ClientOptions = {
      headers: { ...headers },
      maxPayload: FRAME_BYTES_MAX,
      handshakeTimeout: HANDSHAKE_MS_MAX,
      perMessageDeflate: false,
      followRedirects: false,
      ...(isSecure ? secure : {}),
    };
    return new WebSocket(address, options);
  };
}
