/** The policy's messages on real sockets, and what it says of reading, over HTTP to a whole service. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ClientMessage, ServerMessage } from "../../src/events/protocol.ts";
import { SUBPROTOCOL } from "../../src/events/protocol.ts";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { begin, closeRecorders, type Recorders, startRecorders } from "../service/acme.ts";
import { asking, entriesOf, until } from "../service/client.ts";
import { cleanUp, folder } from "../service/process.ts";
import { startWithin, stopServices, type Within } from "../service/within.ts";
import {
  MESSAGE_ROWS,
  outcomesOf,
  PRINCIPALS,
  ROWS,
  type PrincipalName,
  type Subject,
} from "./policy.ts";
import { LINES, namesOf } from "./world.ts";

const PAGE = "https://pay.example";
const SUBJECTS = ["own", "foreign", "other tenant"] as const;
const made = Object.fromEntries(Object.keys(LINES).map((id) => [id, makeApiKey(`m-${id}`)]));
const keyOf = (id: keyof typeof LINES): string => made[id]?.key ?? "";

let recorders: Recorders;
let tacet: Within;
beforeAll(async () => {
  recorders = await startRecorders();
  const apiKeys = Object.entries(LINES).map(([id, line]) => {
    return { ...line, id: `m-${id}`, hash: made[id]?.hash };
  });
  tacet = await startWithin(await folder(), recorders.origins, { apiKeys });
  for (const [index, subject] of SUBJECTS.entries()) {
    const { targets } = begin(recorders, 30 + index);
    const { agentId, callId } = namesOf(subject);
    const as = asking(tacet.url, keyOf(subject === "other tenant" ? "globex" : "cti"));
    const body = { agentId, targets, attributes: { mark: callId } };
    expect((await as("PUT", `/v1/calls/${callId}`, body)).status).toBe(201);
  }
});
afterAll(async () => {
  await stopServices();
  await cleanUp();
  await closeRecorders();
});

/** A credential of its own each time: an events ticket opens one socket. */
async function credentialOf(who: PrincipalName): Promise<string | undefined> {
  const issue = async (body: object) => {
    const issued = await asking(tacet.url, keyOf("payment"))("POST", "/v1/tickets", body);
    return String(issued.body["ticket"]);
  };
  const { callId } = namesOf("own");
  switch (who) {
    case "nobody":
      return undefined;
    case "call ticket":
      return await issue({ use: "call", callId });
    case "lapsed ticket":
      return await (lapsed ??= issue({ use: "call", callId, lifeMs: 1_000 }).then(untilLapsed));
    case "desk ticket":
      return await issue({ use: "events", agentId: "a-204" });
    case "wall ticket":
      return await issue({ use: "events" });
    case "payment":
    case "agent":
    case "supervisor":
    case "cti":
    case "auditor":
    case "operator":
      return keyOf(who);
  }
}

let lapsed: Promise<string> | undefined;
async function untilLapsed(ticket: string): Promise<string> {
  const pause = () =>
    asking(tacet.url, ticket)("POST", `/v1/calls/${namesOf("own").callId}/pause`, {
      windowId: "w-lapsed",
    });
  // Resumed at once, so that the call is as the other tests expect it; a closed window stays so.
  await pause();
  await asking(tacet.url, ticket)("POST", "/v1/windows/w-lapsed/resume");
  await until(
    async () => (await pause()).body["code"],
    (code) => code === "token_expired",
  );
  return ticket;
}

/** A socket as a browser or another program opens it; a ticket comes in the address. */
function connect(credential: string | undefined, origin?: string) {
  const isTicket = credential?.startsWith("tkt_") === true;
  const query = isTicket ? `?ticket=${encodeURIComponent(credential)}` : "";
  const bearer =
    isTicket || credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  const socket = new WebSocket(
    `${tacet.url.replace(/^http/, "ws")}/v1/events${query}`,
    SUBPROTOCOL,
    { headers: bearer, ...(origin === undefined ? {} : { origin }) },
  );
  const got: ServerMessage[] = [];
  socket.on("message", (data: Buffer) => got.push(JSON.parse(data.toString()) as ServerMessage));
  socket.on("error", () => {});
  const refused = new Promise<number>((resolve) => {
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.on("close", (code) => resolve(code));
  });
  const hello = until(
    () => got.some(({ type }) => type === "hello"),
    (there) => there || socket.readyState >= WebSocket.CLOSING,
  );
  return {
    got,
    outcome: Promise.race([refused, hello.then((there) => (there ? 101 : refused))]),
    say: (message: unknown) => socket.send(JSON.stringify(message)),
    /** What was said before this has been dealt with: a message that cannot be read is answered. */
    async answered() {
      const before = got.filter(({ type }) => type === "error").length;
      socket.send("?");
      await until(
        () => got.filter(({ type }) => type === "error").length,
        (count) => count > before,
      );
    },
    close: () => socket.terminate(),
  };
}

const told = (got: readonly ServerMessage[], callId: string) =>
  got.some((one) => one.type === "call" && one.callId === callId);

/** Everything that a subscription could ask for to see this call. */
const filtersOf = (subject: Subject): object[] => {
  const { agentId, callId } = namesOf(subject);
  return [{ calls: [callId] }, { agents: [agentId] }, { where: { mark: callId } }, { all: true }];
};

type Play = (who: PrincipalName, subject: Subject) => Promise<string>;

/** How each kind of message is played, and what came of it in the policy's words. */
const PLAYS: Readonly<Record<ClientMessage["type"], Play>> = {
  async subscribe(who, subject) {
    const { callId } = namesOf(subject);
    const outcomes = new Set<string>();
    for (const filter of filtersOf(subject)) {
      const socket = connect(await credentialOf(who));
      const status = await socket.outcome;
      if (status !== 101) {
        outcomes.add(String(status));
        continue;
      }
      socket.say({ type: "subscribe", ...filter });
      await until(
        () => socket.got.some(({ type }) => type === "subscribed"),
        (there) => there,
      );
      // Their own call comes by the same way, so that what is not told has had its time.
      socket.say({ type: "subscribe", ...filter, calls: [callId, namesOf("own").callId] });
      await until(
        () => told(socket.got, namesOf("own").callId),
        (there) => there,
      );
      await socket.answered();
      outcomes.add(told(socket.got, callId) ? "yes" : "no");
      expect(JSON.stringify(socket.got)).not.toContain(namesOf("other tenant").callId);
      socket.close();
    }
    return [...outcomes].join(" and ");
  },
  async shown(who, subject) {
    const socket = connect(await credentialOf(who));
    const status = await socket.outcome;
    if (status !== 101) return String(status);
    const { agentId, callId: named } = namesOf(subject);
    const isElsewhere = subject === "other tenant";
    const cti = asking(tacet.url, keyOf(isElsewhere ? "globex" : "cti"));
    // Entered once for a call and its protection: each has a call of its own, where there is one.
    const isThere = subject !== "unknown";
    const callId = isThere ? `${named}-${who.replaceAll(" ", "-")}` : named;
    if (isThere) {
      expect((await cti("PUT", `/v1/calls/${callId}`, { agentId })).status).toBe(201);
    }
    socket.say({ type: "subscribe", all: true });
    await until(
      () => told(socket.got, namesOf("own").callId),
      (there) => there,
    );
    await socket.answered();
    const seen = socket.got.findLast((one) => one.type === "call" && one.callId === callId);
    const newest = socket.got.find((one) => one.type === "hello");
    const at = seen?.type === "call" ? seen : newest?.type === "hello" ? newest : undefined;
    socket.say({ type: "shown", callId, position: at?.position ?? 1 });
    await socket.answered();
    socket.close();
    // Durable, and found by a search, after all that was said before it.
    const later = `later-${named}-${who.replaceAll(" ", "-")}`;
    expect((await cti("PUT", `/v1/calls/${later}`, { agentId: "a-999" })).status).toBe(201);
    const auditor = asking(tacet.url, keyOf(isElsewhere ? "globex" : "auditor"));
    await until(
      () => entriesOf(auditor, `&callId=${later}`),
      (entries) => entries.length > 0,
    );
    const shown = await entriesOf(auditor, `&callId=${callId}&type=DesktopShown`);
    return shown.length > 0 ? "yes" : "no";
  },
  async pong(who) {
    const socket = connect(await credentialOf(who));
    const status = await socket.outcome;
    if (status !== 101) return String(status);
    socket.say({ type: "pong" });
    await socket.answered();
    const errors = socket.got.filter(({ type }) => type === "error");
    socket.close();
    // Only the message that cannot be read.
    return errors.length === 1 ? "yes" : "no";
  },
};

describe("a message on a socket", () => {
  const lines = Object.entries(MESSAGE_ROWS).flatMap(([type, rows]) =>
    rows.map((row) => [`${type}: ${row.what}`, type as ClientMessage["type"], row] as const),
  );
  test.each(lines)("%s", async (_, type, { outcomes, subject }) => {
    const came: Record<string, string> = {};
    for (const who of PRINCIPALS) came[who] = await PLAYS[type](who, subject);
    expect(came).toEqual(outcomesOf(outcomes));
  });

  test("is heard from nobody who was refused: a browser is told 4401 or 4403", async () => {
    const expected = outcomesOf(MESSAGE_ROWS.pong[0]?.outcomes ?? "");
    for (const who of PRINCIPALS) {
      const socket = connect(await credentialOf(who), PAGE);
      const code = { yes: 101, "401": 4401, "403": 4403 }[expected[who]];
      expect([who, await socket.outcome]).toEqual([who, code]);
      socket.close();
    }
  });
});

describe("over HTTP to the whole service", () => {
  const paths = ["GET /v1/calls", "GET /v1/calls/{callId}", "GET /v1/calls/{callId}/history"];
  const log = ["GET /v1/log/entries", "GET /v1/log/checkpoint", "GET /v1/recorders"];
  const proofs = ["GET /v1/log/tile/{level}/{index}", "GET /v1/log/receipt/{position}"];
  const open = ["GET /healthz", "GET /readyz", "GET /openapi.json"];
  const lines = ROWS.filter(({ endpoint }) =>
    [...paths, ...log, ...proofs, ...open].includes(endpoint),
  );
  test.each(lines.map((row) => [`${row.endpoint}: ${row.what}`, row] as const))(
    "%s",
    async (_, row) => {
      const names = namesOf(row.subject);
      const came = await Promise.all(
        PRINCIPALS.map(async (who) => {
          const { path } = row.ask(names);
          const ask = asking(tacet.url, await credentialOf(who));
          // Whoever reads this fast is asked to come back.
          const { status, text } = await until(
            () => ask("GET", path),
            (answer) => answer.body["code"] !== "reads_limit_reached",
          );
          const isTold = row.subject === "none" || text.includes(`"${names.callId}"`);
          return [who, status >= 300 ? String(status) : isTold ? "yes" : "no"] as const;
        }),
      );
      expect(Object.fromEntries(came)).toEqual(outcomesOf(row.outcomes));
    },
  );
});
