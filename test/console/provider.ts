/** A real OpenID provider of the tests' own, with the people it knows and what it says of them. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export interface Person {
  readonly name: string;
  /** Claims of the id token besides `sub`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface RunningProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  close(): Promise<void>;
}

/** Listens on a port of the system's choosing; who signs in is who the login form names. */
export async function startProvider(
  people: Readonly<Record<string, Person>>,
  redirects: readonly string[],
): Promise<RunningProvider> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const clientId = "tacet-console";
  const clientSecret = "a-secret-of-the-provider-and-tacet";
  const names = [...new Set(Object.values(people).flatMap(({ claims }) => Object.keys(claims)))];
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [...redirects],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    claims: { openid: ["sub", "name", ...names] },
    // What the id token is to say, it says: nobody asks for it again afterwards.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["only-for-tests"] },
    ttl: { Session: 600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    findAccount: (_ctx: unknown, id: string) => {
      const person = people[id];
      if (person === undefined) return undefined;
      return {
        accountId: id,
        claims: () => ({ sub: id, name: person.name, ...person.claims }),
      };
    },
  });
  const answer = provider.callback();
  server.on("request", (request, response) => void answer(request, response));
  return {
    issuer,
    clientId,
    clientSecret,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
