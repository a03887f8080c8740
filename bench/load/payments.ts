/**
 * Payments at a steady rate, each due at its own moment whatever became of those before it: a
 * service that falls behind is not waited for, and the wait counts (an open loop).
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { Pool } from "undici";
import { UCC } from "../wire.ts";

/** A start later than this after its moment is counted: this process was busy itself. */
const LATE_MS = 10;
const REGISTERING_COUNT_MAX = 32;
const CONNECTION_COUNT_MAX = 512;

export interface Paid {
  /** Of each pause answered `secured`, from the moment it was due. */
  readonly pausesMs: readonly number[];
  readonly resumesMs: readonly number[];
  /** Pauses answered otherwise, by status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly lateStarts: number;
  readonly asked: number;
}

export interface Payments {
  register(count: number): Promise<void>;
  run(rate: number, seconds: number, holdMs: number): Promise<Paid>;
  close(): Promise<void>;
}

export function payments(url: string, key: string): Payments {
  const pool = new Pool(url, { connections: CONNECTION_COUNT_MAX });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  let calls = 0;
  let windows = 0;

  const send = async (method: "POST" | "PUT", path: string, body: object) => {
    const answer = await pool.request({ method, path, headers, body: JSON.stringify(body) });
    return { status: answer.statusCode, body: (await answer.body.json()) as { code?: string } };
  };

  const one = async (dueAt: number, holdMs: number, paid: Counting): Promise<void> => {
    const windowId = `pay-${(windows += 1)}`;
    const path = `/v1/calls/c-${windows % calls}`;
    const { body, status } = await send("POST", `${path}/pause`, { windowId });
    const pausedAt = performance.now();
    if (status === 200) paid.pausesMs.push(pausedAt - dueAt);
    else count(paid.refused, `${status} ${body.code}`);
    await setTimeout(holdMs);
    const closingAt = performance.now();
    const closed = await send("POST", `${path}/resume`, { windowId });
    if (closed.status !== 200 && closed.status !== 202) {
      count(paid.refused, `resume ${closed.status} ${closed.body.code}`);
    } else paid.resumesMs.push(performance.now() - closingAt);
  };

  return {
    async register(count) {
      let next = 0;
      const lane = async () => {
        while (next < count) {
          const index = next++;
          const targets = { load: { uccName: UCC, correlationId: randomUUID() } };
          const { body, status } = await send("PUT", `/v1/calls/c-${index}`, {
            agentId: `a-${index}`,
            targets,
          });
          if (status !== 200 && status !== 201)
            throw new Error(`registering: ${status} ${body.code}`);
        }
      };
      await Promise.all(Array.from({ length: REGISTERING_COUNT_MAX }, lane));
      calls = count;
    },
    async run(rate, seconds, holdMs) {
      const paid: Counting = { pausesMs: [], resumesMs: [], refused: {}, lateStarts: 0, asked: 0 };
      const running: Promise<void>[] = [];
      const startedAt = performance.now();
      const total = rate * seconds;
      for (let index = 0; index < total;) {
        const dueAt = startedAt + (index * 1_000) / rate;
        const earlyMs = dueAt - performance.now();
        if (earlyMs > 0.5) {
          await setTimeout(earlyMs);
          continue;
        }
        if (earlyMs < -LATE_MS) paid.lateStarts += 1;
        running.push(
          one(dueAt, holdMs, paid).catch((error: unknown) => {
            count(paid.refused, error instanceof Error ? error.message : "failed");
          }),
        );
        index += 1;
      }
      await Promise.all(running);
      return { ...paid, asked: total };
    },
    close: () => pool.destroy(),
  };
}

interface Counting {
  readonly pausesMs: number[];
  readonly resumesMs: number[];
  readonly refused: Record<string, number>;
  lateStarts: number;
  readonly asked: number;
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
