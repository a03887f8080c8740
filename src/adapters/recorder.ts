/**
 * The contract every recorder adapter keeps. `test/adapters/contract.ts` proves it for each one.
 *
 * @module
 */
import type { z } from "zod";
import type { EpochMs, RecorderId, Target } from "../control/call.ts";
import type { HubPort } from "./hub.ts";
import type { LinePort } from "./lines.ts";
import type {
  Clock,
  ControlOutcome,
  Observation,
  PushListener,
  RecorderCapabilities,
  RecorderContext,
} from "../control/ports.ts";

/** One HTTP exchange an adapter asks for. Header names in lower case. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body as UTF-8, at most the port's `replyBytesMax`. */
  readonly body: string;
}

/**
 * What came of one exchange. `not_sent`: nothing reached the recorder (refused connection, no
 * route, TLS failure). `lost`: it may have arrived; no usable reply came before the deadline.
 * `too_large`: a reply came and was given up at the bound.
 */
export type HttpResult =
  | { readonly kind: "reply"; readonly reply: HttpReply }
  | { readonly kind: "not_sent"; readonly detail: string }
  | { readonly kind: "lost"; readonly detail: string }
  | { readonly kind: "too_large"; readonly detail: string };

/**
 * The HTTP port of one recorder. Sends exactly once, follows no redirect, keeps no cookies, caches
 * nothing, bounds the reply in bytes, and gives up when `signal` aborts. Never throws.
 */
export type Send = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResult>;

/** Everything an adapter may touch: the network, the clock and the deadline are given. */
export interface AdapterContext extends RecorderContext {
  readonly send: Send;
  /** Absent where a runtime keeps no standing connections. */
  readonly lines?: LinePort;
}

/** What listening may touch. */
export interface WatchContext {
  readonly now: () => EpochMs;
  /** Calls `run` once, not before `ms` have passed; the function returned takes it back. */
  readonly after: Clock["after"];
  readonly send: Send;
  readonly hub: HubPort;
  /** Absent where a runtime keeps no standing connections. */
  readonly lines?: LinePort;
}

/** What a preflight found out about a configured recorder. `detail` is for an operator to act on. */
export interface PreflightFinding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface Described<C extends RecorderCapabilities> {
  readonly id: RecorderId;
  readonly vendor: string;
  readonly capabilities: C;
  /** Requests of its own that are always in flight while somebody listens. */
  readonly standingCount?: number;
  /** How a conversation is found. Parsed at the edge; a failure is the caller's 422. */
  readonly targetSchema: z.ZodType<Target>;
  /** The same conversation always has the same key: normalised, stable, readable in the log. */
  targetKey(target: Target): string;
  /** Asks the recorder whether it will obey, without changing anything. */
  preflight(ctx: AdapterContext): Promise<readonly PreflightFinding[]>;
  /**
   * How a finished recording's file is fetched: one request, made for this moment and sent at once,
   * to one of the vendor's `origins`. May ask the recorder for what that request needs. The request
   * opens the recording, so it is never stored, entered, logged or shown. Absent where the vendor
   * documents no way.
   */
  audio?(recordingId: string, ctx: AdapterContext): Promise<HttpRequest | NoAnswer>;
}
interface Controls {
  /** Silences the recorder. Asking a silent recorder succeeds, whatever the vendor answers. */
  pause(target: Target, ctx: AdapterContext): Promise<ControlOutcome>;
  /** Ends the silence. Never retried by the adapter: a late resume could undo a newer pause. */
  resume(target: Target, ctx: AdapterContext): Promise<ControlOutcome>;
}
interface Reports {
  status(target: Target, ctx: AdapterContext): Promise<Observation>;
}
interface Surveys {
  /** One request, answered by targetKey; a target not in the answer was not told of. */
  survey(
    targets: ReadonlyMap<string, Target>,
    ctx: AdapterContext,
  ): Promise<ReadonlyMap<string, Observation> | NoAnswer>;
  /**
   * The live targets that an agent's directory line (extension, SIP URI, recorder agent id) points
   * at now, for a page that knows only the agent.
   */
  locate?(agent: AgentAddress, ctx: AdapterContext): Promise<readonly Target[] | NoAnswer>;
}
interface Pushes {
  /** One standing connection, however many targets; the function returned ends it. */
  watch(on: PushListener, ctx: WatchContext): () => void;
}
interface Testifies {
  /**
   * What was recorded of this conversation between `from` and `to`, finished or not. An empty list
   * is an answer: nothing was. Searches wide enough for the vendor's clock; who judges narrows.
   */
  evidence(
    target: Target,
    span: { readonly from: EpochMs; readonly to: EpochMs },
    ctx: AdapterContext,
  ): Promise<readonly RecordingEvidence[] | NoAnswer>;
  /**
   * Marks a finished recording for whoever works through an incident, where the vendor can. Set to
   * state: marking twice is marking once. `note` is tacet's own words, at most 200 characters.
   */
  flag?(recordingId: string, note: string, ctx: AdapterContext): Promise<ControlOutcome>;
  /**
   * The vendor's own page of a recording, made anew for whoever clicks to open it. It opens the
   * recording: never stored, entered or logged.
   */
  page?(recordingId: string, ctx: AdapterContext): Promise<RecordingPage | NoAnswer>;
}

/** An address for a person's browser. */
export interface RecordingPage {
  readonly kind: "page";
  readonly url: string;
}

/** Why a question was not answered. */
export type NoAnswer = Exclude<Observation, { kind: "observed" }>;

/** How policy's directory says an agent is found in recorders. */
export interface AgentAddress {
  readonly extension?: string;
  readonly sipUri?: string;
  readonly recorderAgentId?: string;
}

/** One recording, as its recorder describes it. Never a link that opens it. */
export interface RecordingEvidence {
  /** The vendor's own, with which a person finds it again. Enough for `audio` and `flag`. */
  readonly recordingId: string;
  /** On the recorder's clock, as Unix ms. `endAt` of one that goes on is when that was told. */
  readonly startAt: EpochMs;
  /** Absent where the vendor does not tell it: nobody may then judge by it. */
  readonly endAt?: EpochMs;
  /**
   * Of the audio in the file: shorter than from start to end where there is a gap. Absent where the
   * vendor does not tell it.
   */
  readonly durationMs?: number;
  /** How far `startAt`, `endAt` and `durationMs` may each be off by the vendor's own rounding. */
  readonly withinMs: number;
  /** Nothing will be added to it. False: ask again. */
  readonly closed: boolean;
  /** Its audio was changed after it was made. Absent where the recorder does not tell. */
  readonly modified?: boolean;
  /** SHA-256 of the reply's body, in hex: what was told can be shown later to be what was told. */
  readonly replyDigest: string;
}

/** A capability that is claimed requires its method. The compiler keeps the two in step. */
export type Recorder<C extends RecorderCapabilities = RecorderCapabilities> = Described<C> &
  (C["control"] extends "pause" | "mute" | "stop" ? Controls : unknown) &
  (C["status"] extends true ? Reports : unknown) &
  (C["survey"] extends true ? Surveys : unknown) &
  (C["watch"] extends true ? Pushes : unknown) &
  (C["ends"] extends true ? Pushes : unknown) &
  (C["evidence"] extends true ? Testifies : unknown);

/** What `create` may use besides its settings. Secrets are read once, here. */
export interface CreateContext {
  readonly now: () => EpochMs;
}

/**
 * One vendor: how its settings are checked, and how a recorder is made from them. Capabilities may
 * depend on settings (VSLogger by mute or by record), so a made recorder carries its own; the
 * vendor lists each variant for the README's table.
 */
export interface RecorderVendor<Settings> {
  readonly vendor: string;
  /** Strict. Every problem is reported at start, by path. Secrets arrive as plain strings. */
  readonly settings: z.ZodType<Settings>;
  readonly variants: readonly {
    readonly name: string;
    readonly capabilities: RecorderCapabilities;
    readonly confirmedBy: string;
    /** Whether a finished recording's file can be fetched. */
    readonly hasFile: boolean;
    /** False where a witness tells only when a recording began. */
    readonly tellsLength?: boolean;
    /** Against what it was tried: a real one by name and version, or a simulator of ours. */
    readonly triedAgainst: string;
    readonly note: string;
  }[];
  /** The origins a recorder with these settings is reached at. */
  origins(settings: Settings): readonly string[];
  create(id: RecorderId, settings: Settings, context: CreateContext): AnyRecorder;
}

/** A recorder whose capabilities are known only at run time: narrow with the `can…` functions. */
export type AnyRecorder = Described<RecorderCapabilities> &
  Partial<Controls & Reports & Surveys & Pushes & Testifies>;

/** Declares a recorder; a claimed capability without its method does not compile. */
export function defineRecorder<const C extends RecorderCapabilities>(
  recorder: Recorder<C>,
): AnyRecorder {
  return recorder;
}

export const canControl = (recorder: AnyRecorder): recorder is AnyRecorder & Controls =>
  recorder.capabilities.control !== "none";
export const canReport = (recorder: AnyRecorder): recorder is AnyRecorder & Reports =>
  recorder.capabilities.status;
export const canSurvey = (recorder: AnyRecorder): recorder is AnyRecorder & Surveys =>
  recorder.capabilities.survey;
export const canTestify = (recorder: AnyRecorder): recorder is AnyRecorder & Testifies =>
  recorder.capabilities.evidence;
