/**
 * The Kazoo under a simulated Fonouc, as far as Crossbar masks live recordings: logins, the list of
 * live channels, and metaflows, which are accepted before anything is done.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import { late } from "../late.ts";
import { cutConnection } from "../simulator.ts";
import type { Faults } from "../simulator.ts";
import type { Calls } from "./calls.ts";
import { type Tokens, troubled } from "./faults.ts";

export interface KazooOptions {
  readonly accountId: string;
  readonly apiKey: string;
  readonly accountName: string;
  /** Hex by method, as `user_auth` compares it: the simulator computes no MD5. */
  readonly credentials: Readonly<Record<string, string>>;
}

const envelope = (status: string, more: object) => ({
  request_id: crypto.randomUUID(),
  revision: "automatic",
  status,
  ...more,
});
const error = (message: string, code = "500") =>
  envelope("error", { data: {}, message, error: code });

export function kazooApp(
  options: KazooOptions,
  parts: {
    readonly calls: Calls;
    readonly faults: Faults;
    readonly tokens: Tokens;
    readonly hear: (c: Context, order?: "mask" | "unmask") => void;
  },
): Hono {
  const { calls, faults, hear, tokens } = parts;
  const vendor = { error, revoke: () => tokens.revoke() };
  const admitted = (c: Context): Response | undefined => {
    if (tokens.admits(c.req.header("x-auth-token"))) {
      if (c.req.param("account") === options.accountId) return undefined;
      return c.json(error("forbidden", "403"), 403);
    }
    return c.json(error("invalid_credentials", "401"), 401);
  };

  const logIn = (knows: (data: Readonly<Record<string, unknown>>) => boolean) => {
    return async (c: Context) => {
      if (faults.take("unreachable")) return cutConnection("unheard");
      hear(c);
      const { data } = await c.req.json<{ data: Record<string, unknown> }>();
      if (faults.take("login-fails")) return c.json(error("datastore_fault"), 500);
      if (faults.take("login-refused") ?? !knows(data)) {
        return c.json(error(`invalid_credentials ${JSON.stringify(data)}`, "401"), 401);
      }
      const { accountId } = options;
      const more = { data: { account_id: accountId, apps: [] }, auth_token: tokens.grant() };
      return c.json(envelope("success", more), 201);
    };
  };

  const metaflow = async (c: Context) => {
    const callId = c.req.param("uuid") ?? "";
    if (faults.take("unreachable", callId)) return cutConnection("unheard");
    const body: unknown = await c.req.json();
    const order = orderIn(body);
    hear(c, order);
    const slow = faults.take("slow", callId);
    const trouble = troubled(c, faults, vendor, callId) ?? admitted(c);
    if (trouble !== undefined) return late(slow, trouble);
    if (order === undefined) return c.json(error("invalid data", "400"), 400);
    if (!calls.live.has(callId)) return c.json(error("bad identifier", "404"), 404);
    if (faults.take("lost-and-not-applied", callId)) return cutConnection("heard");
    if (!faults.take("ack-and-ignore", callId)) calls.mask(callId, order === "mask", "command");
    if (faults.take("applied-but-lost", callId)) return cutConnection("heard");
    const words = { data: "metaflow sent", message: "metaflow sent", error: "202" };
    return late(slow, c.json(envelope("accepted", words), 202));
  };

  const channels = (c: Context) => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    hear(c);
    const slow = faults.take("slow");
    const data = [...calls.live.keys()].map((uuid) => ({ uuid, answered: true }));
    return late(
      slow,
      troubled(c, faults, vendor) ?? admitted(c) ?? c.json(envelope("success", { data })),
    );
  };

  const app = new Hono();
  app.put(
    "/v2/user_auth",
    logIn(
      ({ account_name, credentials, method }) =>
        account_name === options.accountName &&
        credentials !== undefined &&
        credentials === options.credentials[String(method)],
    ),
  );
  app.put(
    "/v2/api_auth",
    logIn(({ api_key }) => api_key === options.apiKey),
  );
  app.get("/v2/accounts/:account/channels", channels);
  app.put("/v2/accounts/:account/channels/:uuid", metaflow);
  return app;
}

/** Exactly what the vendor's schema asks for; anything else is no order. */
function orderIn(body: unknown): "mask" | "unmask" | undefined {
  const told = JSON.stringify(body);
  return (["mask", "unmask"] as const).find(
    (action) =>
      told ===
      JSON.stringify({ action: "metaflow", data: { module: "record_call", data: { action } } }),
  );
}
