// A shop's own server, as small as it can be: it has the key, its page has only tickets.
//   TACET_URL=... TACET_KEY=... CALL_ID=... node server.mjs     (PORT, 3000)
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const { TACET_URL = "", TACET_KEY = "", CALL_ID = "", PORT = "3000" } = process.env;
if (!TACET_URL || !TACET_KEY || !CALL_ID) {
  console.error("usage: TACET_URL=... TACET_KEY=... CALL_ID=... node server.mjs");
  process.exit(2);
}
const here = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const { origin } = new URL(TACET_URL);
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `connect-src 'self' ${origin} ${origin.replace(/^http/, "ws")}`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");
const FILES = {
  "/": ["text/html", here("index.html").replace("{TACET}", origin).replace("{CALL}", CALL_ID)],
  "/page.js": ["text/javascript", here("page.js")],
  "/guard.js": ["text/javascript", here("../../client/dist/guard.js")],
};

// Whose page this is, and which call that agent is on, your own session says. Here it is one call.
async function ticket(use) {
  const response = await fetch(`${TACET_URL}/v1/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${TACET_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(use === "call" ? { use, callId: CALL_ID } : { use }),
  });
  if (!response.ok) throw new Error(`tacet gave no ticket: ${response.status}`);
  return (await response.json()).ticket;
}

const server = createServer(async (request, response) => {
  const { headers, method, url = "/" } = request;
  const answer = (status, type, text) =>
    response
      .writeHead(status, {
        "content-type": `${type}; charset=utf-8`,
        "content-security-policy": POLICY,
        "cache-control": "no-store",
      })
      .end(text);
  const file = method === "GET" ? FILES[url] : undefined;
  if (file !== undefined) return answer(200, ...file);
  const [, use] = /^\/tickets\/(call|events)$/.exec(url) ?? [];
  // Another site's page must not fetch tickets by this one's session.
  if (method === "POST" && use && headers.origin === `http://${headers.host}`) {
    try {
      return answer(200, "text/plain", await ticket(use));
    } catch (error) {
      console.error(error.message);
      return answer(502, "text/plain", "");
    }
  }
  return answer(404, "text/plain", "");
});
server.listen(Number(PORT), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}/`),
);
