/**
 * The three ways to pause a recording and resume it that are held against each other. A pause and a
 * resume are each confirmed by the recorder before they count.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { Pool } from "undici";
import { WebSocket } from "ws";
import type { Started } from "./processes.ts";
import { commandAndReadBack, UCC } from "./wire.ts";

/** Payments on one call; then comes the next call. */
const WINDOWS_A_CALL = 2;

export interface Way {
  readonly name: "direct" | "proxy" | "tacet";
  /** Makes calls ready for so many pauses, one after the other. Not measured. */
  ready(pauses: number): Promise<readonly Pausing[]>;
  /** Ends those calls. Not measured. */
  over(pausings: readonly Pausing[]): Promise<void>;
  close(): Promise<void>;
}

/** One pause and the resume after it. Each rejects where the recorder did not confirm. */
export interface Pausing {
  readonly callId: string;
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** Which recorder, by its place in the lists of URLs and keys, and over how many connections. */
export interface Place {
  readonly recorder: Started;
  readonly index: number;
  readonly connections: number;
}

const poolOf = (started: Started, index: number, connections: number): Pool =>
  new Pool(started.urls[index] ?? "", { connections });

export function direct({ connections, index, recorder }: Place): Way {
  const pool = poolOf(recorder, index, connections);
  return {
    name: "direct",
    ready: (pauses) =>
      Promise.resolve(
        callIds(pauses).map((callId) => ({
          callId,
          pause: () => commandAndReadBack(pool, "pause", callId),
          resume: () => commandAndReadBack(pool, "resume", callId),
        })),
      ),
    over: (pausings) => forget(pool, pausings),
    close: () => pool.destroy(),
  };
}

export function proxy({ connections, index, recorder }: Place, service: Started): Way {
  const pool = poolOf(service, 0, connections);
  const recorderPool = poolOf(recorder, index, 1);
  const act = async (what: string, callId: string) => {
    const windowId = `pay-${callId}`;
    const { status } = await post(pool, `/${index}/calls/${callId}/${what}`, { windowId }, {});
    if (status !== 200) throw new Error(`the proxy answered ${status}`);
  };
  return {
    name: "proxy",
    ready: (pauses) =>
      Promise.resolve(
        callIds(pauses).map((callId) => ({
          callId,
          pause: () => act("pause", callId),
          resume: () => act("resume", callId),
        })),
      ),
    over: (pausings) => forget(recorderPool, pausings),
    close: async () => {
      await Promise.all([pool.destroy(), recorderPool.destroy()]);
    },
  };
}

/** Window ids are unique in a tenant, however many ways there were before this one. */
let windows = 0;

export interface TacetWay extends Way {
  /** Messages the event stream has brought. */
  heard(): number;
}

/** With a reader of the event stream that is told of every call. */
export async function tacet(
  { connections, index, recorder }: Place,
  service: Started,
): Promise<TacetWay> {
  const pool = poolOf(service, 0, connections);
  const recorderPool = poolOf(recorder, index, 1);
  const authorization = { authorization: `Bearer ${service.keys[index]}` };
  const reader = await readEvents(service.urls[0] ?? "", authorization);

  const pausingOf = (callId: string): Pausing => {
    const windowId = `pay-${(windows += 1)}`;
    const act = async (what: "pause" | "resume", protection: string) => {
      const path = `/v1/calls/${callId}/${what}`;
      const { body, status } = await post(pool, path, { windowId }, authorization);
      const told = body as { protection: string; safeToCollect: boolean };
      const safe = what === "pause";
      if (status !== 200 || told.protection !== protection || told.safeToCollect !== safe)
        throw new Error(`tacet answered ${status} ${JSON.stringify(body)}`);
    };
    return {
      callId,
      pause: () => act("pause", "secured"),
      resume: () => act("resume", "recording"),
    };
  };
  const register = async (callId: string) => {
    const targets = { [`bench-${index}`]: { uccName: UCC, correlationId: callId } };
    const { body, status } = await send(
      pool,
      "PUT",
      `/v1/calls/${callId}`,
      { targets },
      authorization,
    );
    if (status !== 200 && status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  };
  const end = async (callId: string) => {
    const { status } = await post(pool, `/v1/calls/${callId}/end`, {}, authorization);
    if (status !== 200 && status !== 202) throw new Error(`the end was answered with ${status}`);
  };
  return {
    name: "tacet",
    heard: () => reader.heard,
    async ready(pauses) {
      const ids = callIds(pauses);
      await inTurns([...new Set(ids)], register);
      return ids.map(pausingOf);
    },
    async over(pausings) {
      await inTurns([...new Set(pausings.map(({ callId }) => callId))], end);
      await forget(recorderPool, pausings);
    },
    async close() {
      reader.close();
      await Promise.all([pool.destroy(), recorderPool.destroy()]);
    },
  };
}

function callIds(pauses: number): string[] {
  const ids: string[] = [];
  for (let index = 0; index < pauses; index += 1) {
    ids.push(index % WINDOWS_A_CALL === 0 ? randomUUID() : (ids.at(-1) as string));
  }
  return ids;
}

/** Sixteen at a time. */
async function inTurns(ids: readonly string[], run: (id: string) => Promise<void>): Promise<void> {
  let next = 0;
  const turn = async () => {
    while (next < ids.length) await run(ids[next++] as string);
  };
  await Promise.all(Array.from({ length: 16 }, turn));
}

async function readEvents(url: string, headers: Headers) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/events`, "tacet.v1", { headers });
  const reader = { heard: 0, close: () => socket.close() };
  await new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("message", resolve);
  });
  socket.on("message", () => (reader.heard += 1));
  socket.send(JSON.stringify({ type: "subscribe", all: true }));
  return reader;
}

type Headers = Readonly<Record<string, string>>;

async function send(pool: Pool, method: "POST" | "PUT", path: string, body: object, more: Headers) {
  const headers = { ...more, "content-type": "application/json" };
  const answer = await pool.request({ method, path, headers, body: JSON.stringify(body) });
  return { status: answer.statusCode, body: await answer.body.json() };
}

const post = (pool: Pool, path: string, body: object, more: Headers) =>
  send(pool, "POST", path, body, more);

async function forget(pool: Pool, pausings: readonly Pausing[]): Promise<void> {
  const body = JSON.stringify([...new Set(pausings.map(({ callId }) => callId))]);
  const answer = await pool.request({ method: "POST", path: "/forget", body });
  await answer.body.dump();
}
