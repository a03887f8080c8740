/**
 * Who is signed in: kept on the server, short, and told apart by a cookie that no script reads.
 *
 * @module
 */
import type { EpochMs } from "../control/call.ts";
import type { Clock } from "../control/ports.ts";
import type { Principal } from "../policy/principal.ts";

export interface Session {
  /** Names this session to the service itself, such as in its tickets. Signs nobody in. */
  readonly ref: string;
  /** Whoever they were and whatever they might when they signed in; a change counts from the next. */
  readonly principal: Principal;
  /** The provider's name for this person, for the page's corner. */
  readonly name: string;
  /** Goes with every change that is asked for. */
  readonly csrf: string;
  readonly startedAt: EpochMs;
}

export interface SessionOptions {
  readonly clock: () => EpochMs;
  readonly after: Clock["after"];
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
  /**
   * The session; undefined where there is none any more. It counts as used now, unless somebody's
   * script asked and not they themselves.
   */
  use(id: string, byScript?: boolean): Session | undefined;
  end(id: string): void;
  /** Whether it goes on. Asking does not count as using it. */
  stands(ref: string): boolean;
  /**
   * Calls `over` once, when the session ends for whatever reason: at once where it has ended. What
   * is returned calls it off.
   */
  follow(ref: string, over: () => void): () => void;
}

/** Beyond it those unused the longest are signed out. */
const SESSION_COUNT_MAX = 10_000;
/** Timers take 32-bit delays. */
const TIMER_MS_MAX = 2_000_000_000;

interface Kept {
  readonly session: Session;
  usedAt: EpochMs;
  readonly followers: Set<() => void>;
  cancel?: () => void;
}

export function sessions(options: SessionOptions): Sessions {
  const { clock, idleMsMax, ids, sessionCountMax = SESSION_COUNT_MAX, sessionMsMax } = options;
  /** In the order of their last use. */
  const kept = new Map<string, Kept>();
  const idOf = new Map<string, string>();

  function leftMs({ session, usedAt }: Kept): number {
    const { expiresAt = Infinity } = session.principal;
    return Math.min(session.startedAt + sessionMsMax, usedAt + idleMsMax, expiresAt) - clock();
  }

  function end(id: string): void {
    const one = kept.get(id);
    if (one === undefined) return;
    kept.delete(id);
    idOf.delete(one.session.ref);
    one.cancel?.();
    for (const over of one.followers) over();
  }

  /** The session where it goes on; one that is over ends now. */
  function standing(id: string | undefined): Kept | undefined {
    const one = id === undefined ? undefined : kept.get(id);
    if (id === undefined || one === undefined || leftMs(one) > 0) return one;
    end(id);
    return undefined;
  }

  /** Somebody waits for the end of this one: it is looked at when it may have come. */
  function watch(id: string, one: Kept): void {
    one.cancel = options.after(Math.min(leftMs(one), TIMER_MS_MAX), () => {
      if (standing(id) !== undefined) watch(id, one);
    });
  }

  return {
    start({ name, principal }) {
      const id = ids();
      const session = { ref: ids(), name, principal, csrf: ids(), startedAt: clock() };
      kept.set(id, { session, usedAt: clock(), followers: new Set() });
      idOf.set(session.ref, id);
      for (const [oldest, one] of kept) {
        if (kept.size <= sessionCountMax && leftMs(one) > 0) break;
        end(oldest);
      }
      return { id, session };
    },
    use(id, byScript = false) {
      const found = standing(id);
      if (found === undefined || byScript) return found?.session;
      kept.delete(id);
      found.usedAt = clock();
      kept.set(id, found);
      return found.session;
    },
    end,
    stands: (ref) => standing(idOf.get(ref)) !== undefined,
    follow(ref, over) {
      const id = idOf.get(ref);
      const one = standing(id);
      if (id === undefined || one === undefined) {
        over();
        return () => undefined;
      }
      if (one.followers.size === 0) watch(id, one);
      // Two may follow with the same function.
      const follower = () => over();
      one.followers.add(follower);
      return () => {
        if (one.followers.delete(follower) && one.followers.size === 0) one.cancel?.();
      };
    },
  };
}
