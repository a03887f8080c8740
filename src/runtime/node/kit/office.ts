/**
 * Kits for people at the console: each made in a thread of its own and given out as it is taken, so
 * that neither a pause waits for it nor the memory holds it.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { KitAsked, KitOffer, NoKitWhy } from "../../../console/deps.ts";
import type { Clock } from "../../../control/ports.ts";
import type { Readings } from "../../../log/readings.ts";
import type { KitMade } from "./files.ts";
import type { NoKitReason } from "./noKit.ts";
import type { KitWish } from "./source.ts";

/** Kits being made at once, of all tenants; of one tenant there is one. */
export const KIT_COUNT_MAX = 4;
/** A kit that nobody takes more of for so long is given up. */
export const STILL_MS_MAX = 60_000;
/** One that is taken this slowly too. */
export const KIT_MS_MAX = 30 * 60_000;
/** A tenant has one kit made at a time. */
const READER = "kit";
/** Blocks are not in it. */
const HEAP_MB_MAX = 192;

export interface KitThreadWork {
  readonly wish: KitWish;
  /** What all files of the archive lie in. */
  readonly folder: string;
  readonly madeAt: number;
}

export type KitTold =
  | ({ readonly kind: "ready" } & KitMade)
  | { readonly kind: "block"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "none"; readonly reason: NoKitReason };

export interface KitOfficeOptions {
  /** The service's log folder. */
  readonly folder: string;
  readonly clock: Pick<Clock, "after" | "now">;
  /** What a kit still has to read is not pruned meanwhile. */
  readonly readings: Readings;
  readonly onError: (error: unknown) => void;
}

/** Never rejects. */
export function kitOffice(options: KitOfficeOptions): (asked: KitAsked) => Promise<KitOffer> {
  const making = new Set<string>();
  return async (asked) => {
    const { tenant } = asked;
    if (making.has(tenant) || making.size >= KIT_COUNT_MAX) return { kind: "none", why: "busy" };
    making.add(tenant);
    // All of it, until the kit knows where it begins; before its thread looks.
    options.readings.reads(tenant, READER, 1, KIT_MS_MAX);
    const over = () => {
      making.delete(tenant);
      options.readings.readsNoMore(tenant, READER);
    };
    try {
      return await offer(options, asked, over);
    } catch (error) {
      // No thread could be started.
      over();
      options.onError(error);
      return { kind: "none", why: "failed" };
    }
  };
}

function offer(
  { clock, folder: place, onError, readings }: KitOfficeOptions,
  { from, name, tenant, to }: KitAsked,
  over: () => void,
): Promise<KitOffer> {
  const wish = {
    folder: place,
    tenant,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const work: KitThreadWork = { wish, folder: name, madeAt: clock.now() };
  const worker = new Worker(new URL("./thread.ts", import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  worker.unref();
  const { promise, resolve } = Promise.withResolvers<KitOffer>();
  let taker: Taker | undefined;
  let isOver = false;
  let cancelStill = (): void => undefined;

  /** Nothing more comes of it; `error` is told to whoever was taking it. */
  const finish = (error?: Error): void => {
    if (isOver) return;
    isOver = true;
    cancelStill();
    cancelWhole();
    over();
    void worker.terminate();
    resolve({ kind: "none", why: "failed" });
    if (error === undefined) return;
    body.error(error);
    taker?.taken();
  };
  /** Whoever has a block is awaited for the next. */
  const awaitTaker = (): void => {
    cancelStill();
    cancelStill = clock.after(STILL_MS_MAX, () => finish(new Error("nobody takes the kit")));
  };
  const cancelWhole = clock.after(KIT_MS_MAX, () => finish(new Error("the kit took too long")));

  const body = bodyOf({
    pull() {
      cancelStill();
      return new Promise<void>((taken) => {
        taker = { taken };
        worker.postMessage("next");
      });
    },
    cancel: () => finish(),
  });

  worker.on("message", (told: KitTold) => {
    switch (told.kind) {
      case "ready": {
        const { entryCount, first, last } = told;
        readings.reads(tenant, READER, first, KIT_MS_MAX);
        awaitTaker();
        const cancel = () => finish();
        return resolve({ kind: "kit", entryCount, first, last, file: body.stream, cancel });
      }
      case "block":
        body.give(told.bytes);
        awaitTaker();
        return taker?.taken();
      case "end":
        body.close();
        taker?.taken();
        return finish();
      case "none":
        resolve({ kind: "none", why: whyOf(told.reason) });
        // Once blocks were given, what is missing must not look like an end.
        return finish(noneLeft(told.reason, onError));
    }
  });
  worker.once("error", (error) => {
    onError(error);
    finish(new Error("the kit could not be made"));
  });
  worker.once("exit", () => finish(new Error("the kit could not be made")));
  return promise;
}

const whyOf = (reason: NoKitReason): NoKitWhy =>
  reason === "other" || reason === "pruned" ? "failed" : reason;

function noneLeft(reason: NoKitReason, onError: (error: unknown) => void): Error {
  if (reason !== "pruned") return new Error("the log is not what was signed");
  const error = new Error("entries of the kit were pruned before it was taken: take it again");
  onError(error);
  return error;
}

interface Taker {
  taken(): void;
}

/** A stream that is asked for its next block only once it has given the one before. */
function bodyOf({ cancel, pull }: { pull(): Promise<void>; cancel(): void }) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      pull,
      cancel,
    },
    new CountQueuingStrategy({ highWaterMark: 0 }),
  );
  return {
    stream,
    give: (bytes: Uint8Array) => controller?.enqueue(bytes),
    close: () => controller?.close(),
    error: (error: Error) => controller?.error(error),
  };
}
