/** Alerts by mail, through a real mail server. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { mailboxSchema } from "../../src/policy/configAlerts.ts";
import { mailSenderOf } from "../../src/runtime/node/alerts/mailSender.ts";
import { acme, begin, closeRecorders, type Recorders, startRecorders, written } from "./acme.ts";
import { closeMailServers, mailServer, type MailServer } from "./mailServer.ts";
import { cleanUp, folder, tacet } from "./process.ts";
import { serveFile } from "./serve.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let recorders: Recorders;
beforeAll(async () => {
  recorders = await startRecorders();
});
afterEach(async () => {
  recorders.vslogger.faults.clear();
  await cleanUp();
  await closeMailServers();
});
afterAll(closeRecorders);

const mailbox = (server: MailServer, more: object = {}) => ({
  id: "night",
  to: ["night@acme.example", "second@acme.example"],
  from: "tacet@acme.example",
  host: "127.0.0.1",
  port: server.port,
  username: "tacet",
  password: server.password,
  ca: server.ca,
  ...more,
});

test("whoever is told by mail is told of the kinds they asked for, of the beginning and of the end", async () => {
  const server = await mailServer({ secure: true });
  const place = await folder();
  const { document, keys } = await acme(place, recorders.origins);
  const alerts = { mailboxes: [mailbox(server, { kinds: ["unsecured"] })] };
  const one = await serveFile(await written(place, { ...document, alerts }), keys);
  const { channel, targets } = begin(recorders, 71);
  const pay = one.as("pay");
  await pay("PUT", "/v1/calls/c71", { targets, agentId: "a-204" });
  recorders.vslogger.faults.set({ name: "ack-and-ignore", target: channel });
  expect((await pay("POST", "/v1/calls/c71/pause", { windowId: "w71" })).status).toBe(424);
  const told = await server.mail((mail) => /^Subject: tacet STILL RECORDED/m.test(mail));
  expect(told).toMatch(/^Message-ID: <alert_[0-9a-f]{32}@acme\.example>/m);
  expect(told).toMatch(/^To: night@acme\.example, second@acme\.example/m);
  expect(told).toMatch(/^Auto-Submitted: auto-generated/m);
  recorders.vslogger.faults.clear();
  await server.mail((mail) => /^Subject: tacet Over: STILL RECORDED/m.test(mail));
  expect(server.got.every((mail) => mail.includes("alert.unsecured"))).toBe(true);
  expect(server.got.join("")).not.toContain(server.password);
});

test("`tacet alert --test` sends a mail, and says where one was not taken", async () => {
  const server = await mailServer({ secure: true });
  const place = await folder();
  const { document } = await acme(place, recorders.origins);
  const alerts = { mailboxes: [mailbox(server), mailbox(server, { id: "wrong", password: "no" })] };
  const path = await written(place, { ...document, alerts });
  const { code, out } = await tacet(["alert", "--test", "--config", path]);
  expect(code).toBe(1);
  expect(out).toMatch(/ok +night \(127\.0\.0\.1\)/);
  expect(out).toMatch(/PROBLEM +wrong \(127\.0\.0\.1\): smtp_535/);
  expect(server.got).toHaveLength(1);
});

describe("one mail", () => {
  const message = {
    id: "alert_x",
    body: JSON.stringify({ type: "alert.test", timestamp: "t", data: { origin: "o" } }),
  };
  const send = async (raw: object) => {
    const sender = mailSenderOf(mailboxSchema.parse(raw), 2_000);
    const sent = await sender.send(message);
    await sender.close();
    return sent;
  };

  test("goes over STARTTLS too, and never in the clear where TLS was asked for", async () => {
    const server = await mailServer({ secure: false });
    expect(await send(mailbox(server, { security: "starttls" }))).toEqual({ kind: "delivered" });
    expect(await send(mailbox(server, { security: "tls" }))).toMatchObject({ kind: "failed" });
  });

  test("is not given to a server whose certificate nobody vouches for", async () => {
    const server = await mailServer({ secure: true });
    const { ca: _, ...stranger } = mailbox(server);
    expect(await send(stranger)).toMatchObject({ kind: "failed" });
    expect(server.got).toEqual([]);
  });

  test("that is turned down is told by its code", async () => {
    const server = await mailServer({ secure: true });
    server.refuse = 451;
    expect(await send(mailbox(server))).toEqual({ kind: "failed", why: "smtp_451" });
  });

  test("to nobody who answers is given up", async () => {
    const server = await mailServer({ secure: true });
    await closeMailServers();
    expect(await send(mailbox(server))).toMatchObject({ kind: "failed" });
  });
});
