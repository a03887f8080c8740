/**
 * A proxy before a recorder that can turn on tacet: it says back whatever it was sent, with secrets
 * and card numbers added, in every place of a reply.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const MODES = [
  "an error in 200",
  "401",
  "403",
  "429",
  "500",
  "a page of HTML",
  "a redirect",
  "the truth, with more in it",
  "the truth, under headers",
  "text that is no JSON",
] as const;
export type Mode = (typeof MODES)[number];

export interface Echoing {
  readonly origin: string;
  /** Undefined: passes everything on as it is. */
  mode: Mode | undefined;
  close(): void;
}

/** `words`: what it adds to everything. `heard` hears each request's signature or bearer token. */
export async function echoing(
  target: string,
  words: string,
  heard: (secret: string) => void,
): Promise<Echoing> {
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const self: Echoing = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: undefined,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { headers, method = "GET", url = "" } = request;
    const signature = new URL(url, target).searchParams.get("hash");
    if (signature !== null) heard(signature);
    const { authorization } = headers;
    if (authorization !== undefined) heard(authorization.replace(/^Bearer /, ""));
    const echo = `${words} ${url} ${JSON.stringify(headers)} ${body} ${words}`;
    const { mode } = self;
    const error = {
      ErrorMessage: { ErrorType: 7, Message: echo },
      error: echo,
      error_description: echo,
      status: -1,
      errmessage: echo,
      data: { text: echo },
    };
    const reply = (status: number, text: string, more: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...more }).end(text);
    const header = echo.replaceAll(/[^\x20-\x7e]/g, " ").slice(0, 4_000);
    switch (mode) {
      case "an error in 200":
        return void reply(200, JSON.stringify(error));
      case "401":
        return void reply(401, JSON.stringify(error), { "www-authenticate": header });
      case "403":
        return void reply(403, JSON.stringify(error));
      case "429":
        return void reply(429, JSON.stringify(error), { "retry-after": header });
      case "500":
        return void reply(500, JSON.stringify(error));
      case "a page of HTML":
        return void reply(200, `<html>${echo}</html>`, { "content-type": "text/html" });
      case "a redirect":
        return void reply(302, echo, {
          location: `http://127.0.0.1:9/?${encodeURIComponent(echo)}`,
        });
      case "text that is no JSON":
        return void reply(200, echo);
      case undefined:
      case "the truth, with more in it":
      case "the truth, under headers":
        break;
    }
    const passed = await fetch(target + url, {
      method,
      headers: Object.entries(headers).flatMap(([name, value]) =>
        typeof value === "string" &&
        !/^(?:host|connection|content-length|transfer-encoding)$/.test(name)
          ? [[name, value] as [string, string]]
          : [],
      ),
      ...(body === "" ? {} : { body }),
    });
    const text = await passed.text();
    if (mode === undefined) return void reply(passed.status, text);
    if (mode === "the truth, under headers") {
      const more = { server: header, "x-powered-by": header, "set-cookie": header };
      return void reply(passed.status, text, more);
    }
    reply(passed.status, more(text, echo, words));
  }
  return self;
}

/** The same JSON with a member more in each object, and words where texts stand that nobody needs. */
function more(text: string, echo: string, words: string): string {
  const dress = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(dress);
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(([name, inner]) => {
      const isFree = /session_id|name|agent|caller|called|remote|description|note/i.test(name);
      return [name, isFree && typeof inner === "string" ? `${inner} ${words}` : dress(inner)];
    });
    return { ...Object.fromEntries(members), note: echo, [words]: words };
  };
  try {
    return JSON.stringify(dress(JSON.parse(text)));
  } catch {
    return text;
  }
}
