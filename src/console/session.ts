/**
 * Who is signed in: kept on the server, short, and told apart by a cookie that no script reads.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Principal } from "../policy/principal.ts";

export interface Session {
  readonly principal: Principal;
  /** The provider's name for this person, for the page's corner. */
  readonly name: string;
  /** Goes with every change that is asked for. */
  readonly csrf: string;
  readonly startedAt: EpochMs;
}

export interface SessionOptions {
  readonly clock: () => EpochMs;
  /** Fresh, unguessable, of characters that need no quoting. */
  readonly ids: () => string;
  readonly sessionMsMax: number;
  readonly idleMsMax: number;
  readonly sessionCountMax?: number;
}

export interface Sessions {
  /** The id goes into the cookie and nowhere else. */
  start(who: Pick<Session, "principal" | "name">): {
    readonly id: string;
    readonly session: Session;
  };
  /** The session, and it counts as used now; undefined where there is none any more. */
  use(id: string): Session | undefined;
  end(id: string): void;
}

/** Beyond it those unused the longest are signed out. */
const SESSION_COUNT_MAX = 10_000;

export function sessions(options: SessionOptions): Sessions {
  const { clock, idleMsMax, ids, sessionCountMax = SESSION_COUNT_MAX, sessionMsMax } = options;
  /** In the order of their last use. */
  const kept = new Map<string, { readonly session: Session; usedAt: EpochMs }>();

  function isOver({ session, usedAt }: { session: Session; usedAt: EpochMs }): boolean {
    const now = clock();
    const { expiresAt = Infinity } = session.principal;
    return now >= session.startedAt + sessionMsMax || now >= usedAt + idleMsMax || now >= expiresAt;
  }

  return {
    start({ name, principal }) {
      const id = ids();
      const session = { name, principal, csrf: ids(), startedAt: clock() };
      kept.set(id, { session, usedAt: clock() });
      for (const [oldest, one] of kept) {
        if (kept.size <= sessionCountMax && !isOver(one)) break;
        kept.delete(oldest);
      }
      return { id, session };
    },
    use(id) {
      const found = kept.get(id);
      if (found === undefined) return undefined;
      kept.delete(id);
      if (isOver(found)) return undefined;
      found.usedAt = clock();
      kept.set(id, found);
      return found.session;
    },
    end: (id) => void kept.delete(id),
  };
}
