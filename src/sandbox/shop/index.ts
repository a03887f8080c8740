/**
 * A pretended shop beside the sandbox: its server has a key for tacet, its page has only tickets.
 * It talks to tacet over HTTP as any shop would, and shows what the simulated recorders truly do.
 *
 * @module
 */
import { Hono, type Context } from "hono";
import type { Simulator } from "../simulator.ts";

export interface ShopRecorder {
  readonly id: string;
  readonly name: string;
  readonly simulator: Pick<Simulator, "begin" | "end" | "byHand" | "heard" | "faults">;
  /** Begins a conversation: the simulator's own name for it, and the target that finds it. */
  begin(): { readonly held: string; readonly target: Readonly<Record<string, string | number>> };
}

export interface ShopOptions {
  /** Where tacet is, such as `http://127.0.0.1:8080`. */
  readonly tacet: () => string;
  /** The shop's own key, and the agent's. Neither leaves this server. */
  readonly shopKey: () => string;
  readonly agentKey: () => Promise<string>;
  readonly agentId: string;
  readonly recorders: readonly ShopRecorder[];
  /** The page and its style, at `/sandbox`: whoever runs the shop knows the reader's language. */
  readonly page: Hono;
  /** A browser module by its name, such as `guard.js`. */
  readonly module: (name: string) => string | undefined;
}

/** Faults that a newcomer can switch, of those that the simulators know. */
const SHOWN_FAULTS = ["ack-and-ignore", "unreachable", "slow"];

export function shop(options: ShopOptions): Hono {
  const { agentId, recorders, tacet } = options;
  const held = new Map<string, string>();
  const app = new Hono();
  let callCount = 0;

  const ask = (key: string, method: string, path: string, body?: object) =>
    fetch(tacet() + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const asShop = (method: string, path: string, body?: object) =>
    ask(options.shopKey(), method, path, body);
  const asAgent = async (method: string, path: string, body?: object) =>
    ask(await options.agentKey(), method, path, body);

  app.use(async (c, next) => {
    // Another site's page, under whatever name it reached this machine, gets nothing from here.
    if (!isHere(c)) return c.text("This is served to this machine's own browser only.", 403);
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
  });
  app.get("/", (c) => c.redirect("/sandbox"));
  app.route("/", options.page);
  app.get("/sandbox/:name{[a-z]+\\.js}", (c) => {
    const text = options.module(c.req.param("name"));
    if (text === undefined) return c.text("There is no such module.", 404);
    return c.body(text, 200, { "content-type": "text/javascript; charset=utf-8" });
  });

  /** A new conversation that every recorder records, known to tacet. */
  app.post("/sandbox/calls", async (c) => {
    const callId = `shop-${Date.now().toString(36)}-${(callCount += 1)}`;
    const targets: Record<string, object> = {};
    for (const { begin, id, simulator } of recorders) {
      const before = held.get(id);
      if (before !== undefined) simulator.end(before);
      const begun = begin();
      held.set(id, begun.held);
      targets[id] = begun.target;
    }
    const registered = await asShop("PUT", `/v1/calls/${callId}`, { agentId, targets });
    return registered.ok ? c.json({ callId }, 201) : relay(registered);
  });
  app.post("/sandbox/calls/:callId/end", async (c) =>
    relay(await asShop("POST", `/v1/calls/${c.req.param("callId")}/end`, {})),
  );
  app.post("/sandbox/tickets/:use{call|events}/:callId", async (c) => {
    const { callId, use } = c.req.param();
    return ticket(await asShop("POST", "/v1/tickets", { use, ...(use === "call" && { callId }) }));
  });

  app.post("/sandbox/desk/ticket", async () =>
    ticket(await asAgent("POST", "/v1/tickets", { use: "events" })),
  );
  app.post("/sandbox/desk/:what{pause|resume}/:callId", async (c) => {
    const { callId, what } = c.req.param();
    // One window is the desktop's own: its id says whose, and a new pause gets a new one.
    const windowId = `desk-${callId}-${c.req.query("turn") ?? "0"}`;
    return relay(await asAgent("POST", `/v1/calls/${callId}/${what}`, { windowId }));
  });

  app.get("/sandbox/recorders", (c) =>
    c.json(
      recorders.map(({ id, name, simulator }) => {
        const target = held.get(id);
        return {
          id,
          name,
          truth: target === undefined ? "absent" : simulator.heard(target),
          faults: SHOWN_FAULTS.filter((one) => simulator.faults.known.includes(one)),
          on: simulator.faults.list().map((one) => one.name),
        };
      }),
    ),
  );
  app.post("/sandbox/recorders/:id/faults/:name/:switch{on|off}", (c) => {
    const { id, name, switch: to } = c.req.param();
    const one = recorders.find((recorder) => recorder.id === id);
    if (one === undefined || !SHOWN_FAULTS.includes(name)) return c.text("There is none.", 404);
    one.simulator.faults.clear(name);
    if (to === "on") one.simulator.faults.set({ name, ...(name === "slow" && { ms: 4_000 }) });
    return c.body(null, 204);
  });
  app.post("/sandbox/recorders/:id/by-hand/:status{recording|paused}", (c) => {
    const { id, status } = c.req.param();
    const one = recorders.find((recorder) => recorder.id === id);
    const target = held.get(id);
    if (one === undefined || target === undefined) return c.text("There is none.", 404);
    one.simulator.byHand(target, status as "recording" | "paused");
    return c.body(null, 204);
  });
  return app;
}

/** Loopback by name, and where a page asks for a change, this page. */
function isHere(c: Context): boolean {
  const { host, hostname, origin } = new URL(c.req.url);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return false;
  if (c.req.header("host") !== host) return false;
  return c.req.method === "GET" || c.req.header("origin") === origin;
}

async function relay(answer: Response): Promise<Response> {
  return new Response(await answer.text(), {
    status: answer.status,
    headers: { "content-type": answer.headers.get("content-type") ?? "application/json" },
  });
}

async function ticket(answer: Response): Promise<Response> {
  if (!answer.ok) return relay(answer);
  const { ticket: text } = (await answer.json()) as { ticket: string };
  return new Response(text, { headers: { "content-type": "text/plain" } });
}
