/** What a process of ours keeps in memory once everything that can go is gone, asked by its inspector. */
import { WebSocket } from "ws";
import type { Running } from "../service/process.ts";

/** To be in the environment of a process whose heap will be asked for. */
export const INSPECTED = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

interface Heap {
  /** Bytes in use after a full collection, with buffers. */
  used(): Promise<number>;
  close(): void;
}

export async function heapOf(process: Running): Promise<Heap> {
  const [, address = ""] = await process.said(/Debugger listening on (ws:\S+)/);
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let last = 0;
  const call = (method: string, params: object = {}): Promise<Record<string, unknown>> => {
    const id = ++last;
    return new Promise((resolve) => {
      const hear = (data: Buffer): void => {
        const message = JSON.parse(data.toString()) as { id?: number; result?: object };
        if (message.id !== id) return;
        socket.off("message", hear);
        resolve((message.result ?? {}) as Record<string, unknown>);
      };
      socket.on("message", hear);
      socket.send(JSON.stringify({ id, method, params }));
    });
  };
  return {
    async used() {
      // The first frees what the second finds to be finalised.
      await call("HeapProfiler.collectGarbage");
      await call("HeapProfiler.collectGarbage");
      const expression =
        "(({heapUsed, arrayBuffers}) => heapUsed + arrayBuffers)(process.memoryUsage())";
      const { result } = await call("Runtime.evaluate", { expression });
      return (result as { value: number }).value;
    },
    close: () => socket.close(),
  };
}

/** Bytes a step by least squares, over `[step, bytes]`. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(points.map(([step]) => step)), mean(points.map(([, bytes]) => bytes))];
  const over = points.reduce((sum, [step, bytes]) => sum + (step - x) * (bytes - y), 0);
  const under = points.reduce((sum, [step]) => sum + (step - x) ** 2, 0);
  return under === 0 ? 0 : over / under;
}
