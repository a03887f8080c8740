/**
 * What the service and the log's thread say to one another, as JSON: a text is handed over at less
 * cost than an object is copied.
 *
 * @module
 */
import type { EpochMs, TenantId } from "../../../control/call.ts";
import type { Entry } from "../../../log/entry.ts";
import type { NodeLog, OpenLogOptions } from "./openLog.ts";

/** What is asked of the thread; everything else the service knows by itself. */
export type Method =
  | "append"
  | "load"
  | "unrested"
  | "live"
  | "callOfWindow"
  | "enter"
  | "read"
  | "readBack"
  | "checkpoint"
  | "signedHead"
  | "hashes"
  | "bundle"
  | "prune"
  | "erase"
  | "close";

export interface Ask {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** The service's time and what is known of the clock, for what is entered. */
export interface Moment {
  readonly at: EpochMs;
  readonly clock: Entry["clock"];
}

export interface ToThread extends Moment {
  readonly asks: readonly Ask[];
}

export interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  /** Bytes, in base64. */
  | { readonly id: number; readonly ok: true; readonly bytes: string }
  | { readonly id: number; readonly ok: false; readonly error: ThreadError };

export interface Told {
  readonly kind: "told";
  readonly answers: readonly Answer[];
  readonly healthy: boolean;
  /** Transactions since the last: ms until durable, and entries. */
  readonly measured: readonly (readonly [ms: number, entries: number])[];
}

/** What is known of the log once it is open, and never changes. */
export type LogFacts = {
  readonly [
    K in keyof NodeLog as NodeLog[K] extends (...args: never) => unknown ? never : K
  ]: NodeLog[K];
};

export interface Opened {
  readonly kind: "opened";
  readonly facts: LogFacts;
  readonly healthy: boolean;
  readonly sizes: readonly (readonly [TenantId, number])[];
  readonly pruned: readonly (readonly [TenantId, number])[];
}

export type FromThread = Told | Opened | { readonly kind: "refused"; readonly error: ThreadError };

/** What can be given to the thread; the rest is functions, which stay on their side. */
export type ThreadLogOptions = Omit<
  OpenLogOptions,
  "now" | "clockState" | "faults" | "measured" | "nextKey"
>;

export interface ThreadData extends Moment {
  readonly options: ThreadLogOptions;
}

/** An answer with this value; `valueOf` is its reverse. */
export const answerWith = (id: number, value: unknown): Answer =>
  value instanceof Uint8Array
    ? { id, ok: true, bytes: Buffer.from(value).toString("base64") }
    : { id, ok: true, value };

export const valueOf = (answer: Extract<Answer, { ok: true }>): unknown =>
  "bytes" in answer ? new Uint8Array(Buffer.from(answer.bytes, "base64")) : answer.value;

export function threadError(error: unknown): ThreadError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, message: error.message, ...code };
}

export function errorOf({ name, message, code }: ThreadError): Error {
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}

export const encoded = (message: ToThread | FromThread): string => JSON.stringify(message);

/** What the other side encoded. */
export const toThread = (text: string): ToThread => JSON.parse(text) as ToThread;
export const fromThread = (text: string): FromThread => JSON.parse(text) as FromThread;
