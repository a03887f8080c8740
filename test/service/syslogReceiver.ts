/**
 * Somebody's syslog receiver over TLS: reads frames by octet counting (RFC 5425) and messages by the
 * grammar of RFC 5424 to the letter, and believes nothing that does not fit.
 */
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { authority, type Identity } from "../adapters/certificates.ts";
import { until } from "./client.ts";

export interface SyslogMessage {
  readonly facility: number;
  readonly severity: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly processId: string;
  readonly messageId: string;
  /** By the name of each element. */
  readonly data: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly text: string;
}

const PRINTABLE = "[\\x21-\\x7e]";
const HEADER = new RegExp(
  `^<(0|[1-9]\\d{0,2})>1 (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?Z) (${PRINTABLE}{1,255}) (${PRINTABLE}{1,48}) (${PRINTABLE}{1,128}) (${PRINTABLE}{1,32}) `,
);
/** A name has none of `=`, space, `]` and `"`. */
const ELEMENT = /^\[([!#-<>-\\^-~]{1,32})((?: [!#-<>-\\^-~]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\]/;
const MEMBER = / ([^=]+)="((?:[^"\\\]]|\\["\\\]])*)"/g;

/** Throws for what is no message of RFC 5424. */
export function parseSyslog(bytes: Uint8Array): SyslogMessage {
  const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const header = HEADER.exec(whole);
  if (header === null) throw new Error(`no RFC 5424 header: ${whole.slice(0, 100)}`);
  const [
    all,
    priority,
    timestamp = "",
    hostname = "",
    appName = "",
    processId = "",
    messageId = "",
  ] = header;
  const value = Number(priority);
  if (value > 191) throw new Error("a priority beyond 191");
  if (Number.isNaN(Date.parse(timestamp))) throw new Error("no time");
  let rest = whole.slice(all.length);
  const data: Record<string, Record<string, string>> = {};
  if (rest.startsWith("-")) rest = rest.slice(1);
  else {
    for (let found = ELEMENT.exec(rest); found !== null; found = ELEMENT.exec(rest)) {
      const [element, name = "", members = ""] = found;
      if (name in data) throw new Error("an element twice");
      data[name] = Object.fromEntries(
        [...members.matchAll(MEMBER)].map(([, member = "", text = ""]) => [
          member,
          text.replaceAll(/\\(["\\\]])/g, "$1"),
        ]),
      );
      rest = rest.slice(element.length);
    }
    if (Object.keys(data).length === 0) throw new Error("no structured data");
  }
  if (rest !== "" && !rest.startsWith(" ")) throw new Error("something behind the structured data");
  const message = rest.slice(1);
  const marked = message.startsWith("\u{feff}");
  // Section 6.4: what is UTF-8 and more than ASCII says so first.
  if (!marked && /[^\0-\x7f]/.test(message)) throw new Error("UTF-8 without its mark");
  return {
    facility: value >> 3,
    severity: value & 7,
    timestamp,
    hostname,
    appName,
    processId,
    messageId,
    data,
    text: marked ? message.slice(1) : message,
  };
}

/** Messages as they come in; throws where the stream is not frames of RFC 5425. */
export function frameReader(took: (message: SyslogMessage) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = /^([1-9]\d{0,8}) /.exec(rest.subarray(0, 10).toString("latin1"));
      if (head === null) {
        if (!/^(?:[1-9]\d{0,8})?$/.test(rest.toString("latin1"))) throw new Error("no frame");
        return;
      }
      const [all, count] = head;
      const end = all.length + Number(count);
      if (rest.length < end) return;
      took(parseSyslog(rest.subarray(all.length, end)));
      rest = rest.subarray(end);
    }
  };
}

export interface SyslogReceiver {
  readonly port: number;
  /** The authority that vouches for it. */
  readonly ca: string;
  /** Everything it read, repeats too. */
  readonly got: SyslogMessage[];
  /** Bytes that were no syslog. */
  readonly faults: string[];
  /** Connections made so far, and those open now. */
  connections(): { readonly made: number; readonly open: number };
  /** True: it takes connections and reads nothing from them. */
  standStill(still: boolean): void;
  /** What a killed process leaves: the listener gone, and what was not read reset. */
  kill(): Promise<void>;
  /** Takes no further connection; those there are go on. */
  unlisten(): void;
  /** On the same port again. */
  up(identity?: Identity): Promise<void>;
  /** Waits for it. */
  message(fits: (one: SyslogMessage) => boolean): Promise<SyslogMessage>;
}

export interface SyslogHow {
  readonly plain?: boolean;
  /** Only clients with a certificate of this authority. */
  readonly clientCa?: string;
  /** Dies after so many messages, each time; `up` brings it back. */
  readonly dieAfter?: number;
}

const running = new Set<SyslogReceiver>();

export async function syslogReceiver(how: SyslogHow = {}): Promise<SyslogReceiver> {
  const ca = authority("syslog authority");
  const got: SyslogMessage[] = [];
  const faults: string[] = [];
  const sockets = new Set<Socket>();
  /** Those in the middle of their handshake too. */
  const raw = new Set<Socket>();
  let server: Server | undefined;
  let isStill = false;
  let made = 0;
  let atStart = 0;

  function take(socket: Socket): void {
    made += 1;
    sockets.add(socket);
    const read = frameReader((message) => {
      got.push(message);
      if (how.dieAfter !== undefined && got.length - atStart >= how.dieAfter) void self.kill();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      if (socket.destroyed) return;
      try {
        read(chunk);
      } catch (error) {
        faults.push(String(error));
        socket.destroy();
      }
    });
    if (isStill) socket.pause();
  }

  const listen = (port: number, identity: Identity): Promise<number> =>
    new Promise((resolve, reject) => {
      atStart = got.length;
      const { clientCa } = how;
      const client =
        clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: clientCa };
      server =
        how.plain === true
          ? createTcpServer(take)
          : createTlsServer({ ...identity, ...client }, take);
      server.on("tlsClientError", () => undefined);
      server.on("connection", (socket: Socket) => {
        raw.add(socket);
        socket.on("close", () => raw.delete(socket));
      });
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () =>
        resolve((server?.address() as AddressInfo | undefined)?.port ?? 0),
      );
    });

  const own = ca.issue("syslog");
  const port = await listen(0, own);
  const self: SyslogReceiver = {
    port,
    ca: ca.cert,
    got,
    faults,
    connections: () => ({ made, open: sockets.size }),
    standStill(still) {
      isStill = still;
      for (const socket of sockets) {
        if (still) socket.pause();
        else socket.resume();
      }
    },
    kill: () =>
      new Promise((resolve) => {
        for (const socket of [...sockets, ...raw]) socket.destroy();
        if (server?.listening === true) server.close(() => resolve());
        else resolve();
      }),
    unlisten: () => void server?.close(),
    async up(identity = own) {
      await listen(port, identity);
    },
    async message(fits) {
      const found = await until(
        () => got.find(fits),
        (one) => one !== undefined,
      );
      return found as SyslogMessage;
    },
  };
  running.add(self);
  return self;
}

export async function closeSyslogReceivers(): Promise<void> {
  await Promise.all([...running].map((one) => one.kill()));
  running.clear();
}
