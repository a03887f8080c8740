/**
 * One connection to a syslog receiver, from its handshake to its end.
 *
 * @module
 */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import type { SyslogCopyConfig } from "../../../policy/configCopies.ts";
import { CopyFailed } from "./carrier.ts";

const CONNECT_MS_MAX = 10_000;
const KEEP_ALIVE_MS = 30_000;

export interface SyslogLink {
  /** Whether anything was written to it. */
  readonly wrote: boolean;
  /** Why it is of no use any more; undefined while it is. */
  lost(): string | undefined;
  /** Returns once the system has the bytes. Throws `CopyFailed`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it; returns once the receiver has ended as well, behind us. Throws `CopyFailed`. */
  end(): Promise<void>;
  destroy(): void;
}

/** Connects, and checks who is there. Throws `CopyFailed` with the system's own code. */
export async function connectSyslog(
  config: SyslogCopyConfig,
  contextOf: () => SecureContext,
  connectMsMax: number = CONNECT_MS_MAX,
): Promise<SyslogLink> {
  const socket = dial(config, contextOf);
  const link = followed(socket);
  const ready = config.security === "tls" ? "secureConnect" : "connect";
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => fail("no_connection_in_time"), connectMsMax);
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new CopyFailed(why));
    };
    socket.once(ready, () => {
      clearTimeout(timer);
      resolve();
    });
    socket.once("close", () => fail(link.lost() ?? "closed"));
  });
  return link;
}

function dial(
  { host, port, security, tls }: SyslogCopyConfig,
  contextOf: () => SecureContext,
): Socket {
  if (security === "none") return connectTcp({ host, port });
  const { serverName: servername } = tls;
  try {
    return connectTls({
      host,
      port,
      secureContext: contextOf(),
      ...(servername === undefined ? {} : { servername }),
    });
  } catch (error) {
    // Certificates that cannot be read, as it may be found on the first use.
    throw new CopyFailed(codeOf(error));
  }
}

function followed(socket: Socket): SyslogLink {
  let lost: string | undefined;
  let wrote = false;
  let isEnding = false;
  let hasEnded = false;
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      lost ??= "closed";
      resolve();
    });
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.on("error", (error) => (lost ??= codeOf(error)));
  socket.once("end", () => {
    // Before ours it is no answer to it.
    if (isEnding && lost === undefined) hasEnded = true;
    else lost ??= "ended_by_receiver";
  });
  // A syslog receiver has nothing to say; what it says is not kept.
  socket.resume();

  return {
    get wrote() {
      return wrote;
    },
    lost: () => lost,
    async write(bytes) {
      if (lost !== undefined) throw new CopyFailed(lost);
      wrote = true;
      const written = new Promise<void>((resolve, reject) => {
        socket.write(bytes, (error) => {
          if (error === undefined || error === null) resolve();
          else reject(new CopyFailed(lost ?? codeOf(error)));
        });
      });
      await Promise.race([written, closed]);
      if (lost !== undefined) throw new CopyFailed(lost);
    },
    async end() {
      if (lost !== undefined) throw new CopyFailed(lost);
      isEnding = true;
      socket.end();
      await closed;
      if (!hasEnded || socket.errored !== null) throw new CopyFailed(lost ?? "closed");
    },
    destroy: () => void socket.destroy(),
  };
}

/** The code of a network or certificate error; never its words. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code.toLowerCase() : "not_sent";
}
