/** A mail server of the tests' own, with TLS and a password, that keeps what it took. */
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { authority } from "../adapters/certificates.ts";
import { until } from "./client.ts";

export interface MailServer {
  readonly port: number;
  readonly ca: string;
  readonly password: string;
  readonly got: readonly string[];
  /** From now on mails are turned down with this code; undefined: taken. */
  refuse: number | undefined;
  mail(fits: (mail: string) => boolean): Promise<string>;
}

const servers = new Set<SMTPServer>();
const USER = "tacet";

export async function mailServer(how: { readonly secure: boolean }): Promise<MailServer> {
  const ca = authority("mail authority");
  const identity = ca.issue("mail");
  const got: string[] = [];
  const password = "a password for the mail server";
  const own = {
    ca: ca.cert,
    password,
    got,
    refuse: undefined as number | undefined,
    mail: async (fits: (mail: string) => boolean) => {
      const found = await until(
        () => got.find(fits),
        (one) => one !== undefined,
      );
      return found ?? "";
    },
  };
  const server = new SMTPServer({
    secure: how.secure,
    cert: identity.cert,
    key: identity.key,
    authMethods: ["PLAIN", "LOGIN"],
    onAuth: (auth, _session, done) => {
      const fits = auth.username === USER && auth.password === password;
      if (fits) done(null, { user: USER });
      else done(new Error("no"));
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (own.refuse !== undefined)
          return done(Object.assign(new Error("not now"), { responseCode: own.refuse }));
        got.push(Buffer.concat(chunks).toString());
        done();
      });
    },
  });
  // A client that breaks off is the client's to tell of.
  server.on("error", () => undefined);
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return Object.assign(own, { port });
}

export async function closeMailServers(): Promise<void> {
  for (const server of servers) await new Promise<void>((done) => server.close(() => done()));
  servers.clear();
}
