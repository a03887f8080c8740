/**
 * The port through which an adapter hears what a recorder pushes over SignalR: one standing
 * connection a recorder, kept up by the runtime. What an event means is the adapter's.
 *
 * @module
 */

/** Where a hub is and what is listened to. */
export interface HubAddress {
  /** Up to the SignalR endpoint itself: `/negotiate` follows it. */
  readonly url: string;
  /** ASP.NET SignalR 2.x, ASP.NET Core, or whichever the server's negotiate reply shows. */
  readonly kind: "auto" | "classic" | "core";
  /** The hub's name, which classic asks for. In Core the address alone names the hub. */
  readonly hub: string;
  /** Names of events; letters' case says nothing. */
  readonly event: string;
}

/** A bearer token, or why there is none. */
export type HubBearer =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "none"; readonly detail: string };

export interface HubListener {
  /** An event's arguments as they came: anything at all. Must not throw. */
  event(args: readonly unknown[]): void;
  /** The connection stands, for the first time or again: what was pushed in between is lost. */
  connected(): void;
  /** It was lost or could not be made, and is being made again. Never holds a secret or an address's query. */
  lost(detail: string): void;
  /** For servers that ask who listens; `rejected` is a token the server has just turned down. */
  readonly bearer?: (rejected?: string) => Promise<HubBearer>;
}

/** Listens until the function returned is called; then nothing more is heard. Never throws. */
export type HubPort = (address: HubAddress, listener: HubListener) => () => void;
