/**
 * The least a service between a page and a recorder can be: one Hono route that does the two
 * requests. It keeps nothing, knows nobody and tells nobody. Its arguments: the recorder's URLs.
 *
 * @module
 */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Pool } from "undici";
import { type Act, commandAndReadBack } from "./wire.ts";

const pools = process.argv.slice(2).map((url) => new Pool(url, { connections: 64 }));
const app = new Hono();

app.post("/:recorder/calls/:callId/:act{pause|resume}", async (c) => {
  const { windowId } = await c.req.json<{ windowId: string }>();
  const act = c.req.param("act") as Act;
  const pool = pools[Number(c.req.param("recorder"))];
  if (pool === undefined) return c.notFound();
  await commandAndReadBack(pool, act, c.req.param("callId"));
  return c.json({ windowId, paused: act === "pause" });
});

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  process.send?.({ urls: [`http://127.0.0.1:${port}`] });
});
process.once("disconnect", () => process.exit());
