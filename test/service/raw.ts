/** A connection that says exactly these bytes and hears whatever comes back, for clients that are no clients. */
import { connect, type Socket } from "node:net";

export interface Heard {
  readonly text: string;
  /** Statuses of everything that was answered, in order. */
  readonly statuses: readonly number[];
  /** The other side ended the connection. */
  readonly closed: boolean;
}

export interface RawOptions {
  /** Ends the sending side after the last byte. */
  readonly halfClose?: boolean;
  /** Stops to listen once this many answers are there. */
  readonly answers?: number;
  /** Stops to listen after so long at the latest; `closed` is false then. */
  readonly waitMs?: number;
}

const WAIT_MS = 20_000;

/** Sends the parts one after the other, each in a segment of its own. */
export function exchangeRaw(
  port: number,
  parts: string | Buffer | readonly (string | Buffer)[],
  { answers, halfClose = false, waitMs = WAIT_MS }: RawOptions = {},
): Promise<Heard> {
  const all = Array.isArray(parts) ? (parts as (string | Buffer)[]) : [parts as string | Buffer];
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    let text = "";
    const done = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, statuses: statusesOf(text), closed });
    };
    const timer = setTimeout(() => done(false), waitMs);
    socket.on("data", (data: Buffer) => {
      text += data.toString("latin1");
      if (answers !== undefined && statusesOf(text).length >= answers) done(false);
    });
    socket.on("end", () => done(true));
    socket.on("close", () => done(true));
    socket.on("error", () => {});
    void sendAll(socket, all).then(() => (halfClose ? socket.end() : undefined));
  });
}

async function sendAll(socket: Socket, parts: readonly (string | Buffer)[]): Promise<void> {
  for (const part of parts) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => socket.write(part, () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A status line stands at the start, or right behind an answer's body, which need not end in a line. */
const statusesOf = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** The head of a request with its blank line. */
export const head = (line: string, headers: readonly string[] = []): string =>
  `${[line, ...headers].join("\r\n")}\r\n\r\n`;
