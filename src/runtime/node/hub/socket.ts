/**
 * The socket of one connection, whatever is spoken on it: it stands once, ends once, and is given
 * up when nothing comes for too long. The public clients of both kinds throw out of their socket on
 * frames they do not expect, which would end this process; so both are written here, and the
 * simulator they are tried against is checked with those clients.
 *
 * @module
 */
import { bearing, type Link, wordsOf } from "./link.ts";

/** What a kind of hub makes of the socket. */
export interface Dialect {
  opened(): void;
  received(text: string): void;
  /** Whatever keeps time stops it. */
  ended(): void;
}

export interface Talk {
  say(text: string): void;
  /** The hub has agreed: events are heard from now on. */
  stands(): void;
  /** It is lost, or could not be made. Later calls do nothing. */
  end(detail: string): void;
  isOver(): boolean;
}

/** Resolves once it stands, with what ends it. Rejects with words that may be shown. */
export function converse(
  link: Link,
  url: string,
  dialectOf: (talk: Talk) => Dialect,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    let standing = false;
    let over = false;
    let cancelWatch: (() => void) | undefined;
    const socket = link.dial(url, bearing(link.token));

    const close = (): void => {
      over = true;
      cancelWatch?.();
      dialect.ended();
      socket.terminate();
    };
    const end = (detail: string): void => {
      if (over) return;
      close();
      if (standing) link.lost(detail);
      else reject(new Error(detail));
    };
    const dialect = dialectOf({
      say: (text) => socket.send(text),
      stands() {
        standing = true;
        resolve(() => {
          if (!over) close();
        });
      },
      end,
      isOver: () => over,
    });
    const heard = (): void => {
      cancelWatch?.();
      const silent = () => end(`no sign of life for ${link.silentMsMax} ms`);
      cancelWatch = link.clock.after(link.silentMsMax, silent);
    };

    heard();
    socket.on("open", () => {
      if (!over) dialect.opened();
    });
    socket.on("message", (data: Buffer, isBinary) => {
      if (over) return;
      heard();
      // Neither kind sends bytes to whoever speaks JSON.
      dialect.received(isBinary ? "" : data.toString());
    });
    socket.on("error", (error) => end(wordsOf(error)));
    socket.on("close", () => end("the hub closed the connection"));
  });
}
