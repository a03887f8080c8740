/**
 * The port through which an adapter talks over a plain stream of text (TCP, or TLS over it): one
 * standing connection a recorder, kept up by the runtime. What is said on it is the adapter's.
 *
 * @module
 */

/** Where the other side listens. */
export interface LineAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** One connection. Both do nothing once it is lost. */
export interface Line {
  say(text: string): void;
  /** Breaks it: `lost` is told of `detail`, and another is made after a while. */
  drop(detail: string): void;
}

export interface LineListener {
  /** A connection stands, for the first time or again; nothing was said on it yet. */
  connected(line: Line): void;
  /** What came, cut anywhere. Must not throw. */
  received(text: string): void;
  /** Nothing came for a while: whoever says nothing that is answered now is taken for lost. */
  quiet(): void;
  /** It was lost or could not be made, and is being made again. Never holds a secret. */
  lost(detail: string): void;
}

/** Keeps a connection up until the function returned is called; then nothing more is told. */
export type LinePort = (address: LineAddress, listener: LineListener) => () => void;

/** The address as an origin, for whoever decides where a recorder may be reached. */
export const lineOrigin = ({ host, port, tls }: LineAddress): string =>
  `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
