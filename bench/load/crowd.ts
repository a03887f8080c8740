/**
 * The readers of the event stream, as a process of their own: desktops, walls, and readers that
 * never read. Told what to do by messages; its arguments: the service's URL and an API key.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import type { CrowdAnswer, CrowdOrder, Settled } from "./orders.ts";
import { openRaw, type RawSocket } from "./rawSocket.ts";

const [address = "", key = ""] = process.argv.slice(2);
const url = new URL(address);

/** Sockets that are being opened at once, while nothing is measured. */
const OPENING_COUNT_MAX = 100;
/** A socket that was refused tries again after what it was told, and a random wait of at most this. */
const RETRY_MS_MAX = 1_000;
const PONG_EVERY_MS = 10_000;
const HZ = 5;

interface Message {
  readonly type: string;
  readonly at: number;
  readonly reconnectAfterMs?: number;
}

const agents: RawSocket[] = [];
/** Of each desktop, as it was told last. */
const comeBackMs: number[] = [];
const others: RawSocket[] = [];
let delaysMs: number[] = [];
let wallMessages = 0;
let lost = 0;

const now = (): number => performance.timeOrigin + performance.now();

/** Resolves when the agent's desktop is subscribed and has its agent's call, where there is one. */
function openAgent(index: number, calls: number, told: { refused: number }): Promise<void> {
  return new Promise((resolve) => {
    let subscribed = false;
    let ready = false;
    const settle = () => {
      ready = true;
      resolve();
    };
    const socket = openRaw(url, key, {
      opened: () => socket.say(JSON.stringify({ type: "subscribe", agents: [`a-${index}`] })),
      message(payload) {
        const message = JSON.parse(payload.toString()) as Message;
        if (message.reconnectAfterMs !== undefined) comeBackMs[index] = message.reconnectAfterMs;
        if (message.type === "subscribed") {
          subscribed = true;
          if (index >= calls) settle();
        }
        if (message.type !== "call") return;
        if (ready) delaysMs.push(now() - message.at);
        else if (subscribed) settle();
      },
      gone(refused) {
        if (ready) {
          lost += 1;
          return;
        }
        if (refused !== undefined) told.refused += 1;
        const waitMs = (refused?.retryAfterMs ?? 0) + Math.random() * RETRY_MS_MAX;
        void setTimeout(waitMs).then(() => openAgent(index, calls, told).then(resolve));
      },
    });
    agents[index] = socket;
  });
}

function openWall(reading: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let ready = false;
    const socket = openRaw(url, key, {
      opened() {
        const maxHz = reading ? { maxHz: HZ } : {};
        socket.say(JSON.stringify({ type: "subscribe", all: true, ...maxHz }));
        ready = true;
        resolve();
        if (!reading) socket.stopReading();
      },
      message: () => (wallMessages += 1),
      gone(refused) {
        if (ready) lost += 1;
        else if (refused === undefined) reject(new Error("a reader could not connect"));
        else void setTimeout(refused.retryAfterMs).then(() => openWall(reading).then(resolve));
      },
    });
    others.push(socket);
    // It says that it is there, and takes nothing: the worst a reader can do.
    if (!reading) setInterval(() => socket.say(JSON.stringify({ type: "pong" })), PONG_EVERY_MS);
  });
}

async function openAll(count: number, open: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await open(next++);
  };
  await Promise.all(Array.from({ length: OPENING_COUNT_MAX }, lane));
}

/** Cuts every desktop at once; each comes back when it was told to (`docs/websocket.md`). */
async function storm(calls: number): Promise<Settled> {
  const told = { refused: 0 };
  const count = agents.length;
  for (const socket of agents) socket.cut();
  const startedAt = performance.now();
  const backMs: number[] = [];
  const wholeMs: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await setTimeout(comeBackMs[index]);
      const triedAt = performance.now();
      await openAgent(index, calls, told);
      backMs.push(performance.now() - triedAt);
      wholeMs.push(performance.now() - startedAt);
    }),
  );
  return { refused: told.refused, backMs, allMs: Math.max(0, ...wholeMs) };
}

async function obey(order: CrowdOrder): Promise<CrowdAnswer> {
  switch (order.do) {
    case "desktops":
      await openAll(order.count, (index) => openAgent(index, order.calls, { refused: 0 }));
      return { kind: "done" };
    case "walls":
      await openAll(order.count, () => openWall(true));
      return { kind: "done" };
    case "stuck":
      await openAll(order.count, () => openWall(false));
      return { kind: "done" };
    case "take": {
      const taken = { kind: "taken", delaysMs, wallMessages, lost } as const;
      delaysMs = [];
      wallMessages = 0;
      lost = 0;
      return taken;
    }
    case "storm":
      return { kind: "settled", ...(await storm(order.calls)) };
    case "leave":
      for (const socket of [...agents, ...others]) socket.cut();
      return { kind: "done" };
  }
}

process.on("message", (order: CrowdOrder) => {
  void obey(order).then((answer) => process.send?.(answer));
});
process.once("disconnect", () => process.exit());
process.send?.({ kind: "done" });
