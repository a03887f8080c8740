/**
 * Where pages are, who may have which, and where somebody may be sent.
 *
 * @module
 */
import { type Allowed, may } from "../policy/access.ts";
import type { Principal } from "../policy/principal.ts";
import type { PageDef } from "./page.ts";

/** Where agents belong. */
export const AGENTS_PATH = "/desk";

export function mayHave(principal: Principal, { action, forAgents }: PageDef): Allowed {
  if (principal.kind !== "agent" || forAgents === true) return may(principal, action);
  const detail = "Agents have their desk, and nothing else here.";
  return { ok: false, code: "forbidden", status: 403, detail };
}

/** A page's own address: below `/console`, unless its path begins with `//`. */
export const at = (path: string): string =>
  path.startsWith("//") ? path.slice(1) : `/console${path === "/" ? "" : path}`;

/** A path on this very service, or the console's first page: nobody is sent elsewhere. */
export function local(path: string | undefined): string {
  if (path === undefined || !/^\/(?:console|desk)(?:[/?#]|$)/.test(path)) return "/console";
  return /[\\\s]/.test(path) ? "/console" : path;
}
