/**
 * The least a service between a page and a recorder can be: one Hono route that does the two
 * requests. It keeps nothing, knows nobody and tells nobody. Its one argument: the recorder's URL.
 *
 * @module
 */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Pool } from "undici";
import { type Act, commandAndReadBack } from "./wire.ts";

const pool = new Pool(process.argv[2] ?? "", { connections: 64 });
const app = new Hono();

app.post("/calls/:callId/:act{pause|resume}", async (c) => {
  const { windowId } = await c.req.json<{ windowId: string }>();
  const act = c.req.param("act") as Act;
  await commandAndReadBack(pool, act, c.req.param("callId"));
  return c.json({ windowId, paused: act === "pause" });
});

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.once("disconnect", () => process.exit());
