/**
 * What the console needs of whoever runs it, and what it tells the log.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../control/call.ts";
import type { Action } from "../policy/access.ts";
import type { Principal } from "../policy/principal.ts";
import type { PageDef } from "./page.ts";
import type { Sessions } from "./session.ts";
import type { SignedIn, SignIn } from "./signIn.ts";

/** What happened here that the log is told. */
export type ConsoleFact =
  | { readonly type: "SignedIn" | "SignedOut"; readonly principal: Principal }
  | { readonly type: "SignInRefused"; readonly why: "denied" | "failed" | "too_many_attempts" }
  | { readonly type: "AccessDenied"; readonly principal: Principal; readonly action: Action };

/** Where somebody signs in from; `browser` is what its cookie says. */
interface SignInPlace {
  readonly ip: string | undefined;
  readonly browser: string | undefined;
}

/** How often people may try to sign in. */
export interface SignInBounds {
  /** Before anything is done for it: 0, or in how many ms there is room for another. */
  begin(place: SignInPlace): number;
  failed(place: SignInPlace): void;
  /** What the browser says from now on. */
  succeeded(place: SignInPlace): string;
}

export interface ConsoleOptions {
  /** Where people reach it. */
  readonly url: string;
  readonly signIn: SignIn;
  readonly signIns: SignInBounds;
  readonly sessions: Sessions;
  /** Signs in whoever has this link, once; for the sandbox alone. */
  readonly link?: (token: string) => SignedIn | undefined;
  readonly pages: readonly PageDef[];
  /** A browser module by its name, such as `console.js`. */
  readonly module: (name: string) => string | undefined;
  readonly clock: () => EpochMs;
  /** Fresh, unguessable, of characters that need no quoting. */
  readonly ids: () => string;
  readonly sandbox: boolean;
  readonly tenants: () => readonly TenantId[];
  readonly clientAddress?: (request: Request) => string | undefined;
  /** `ip`: where it was asked from. Never rejects. */
  readonly enter: (fact: ConsoleFact, ip?: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}
