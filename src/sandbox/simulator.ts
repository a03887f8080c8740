/**
 * What every recorder simulator shares: the journal of what the recorder truly did, named faults,
 * and the control endpoints under `/_sim` that tests, the demo and people use.
 *
 * @module
 */
import { Hono } from "hono";
import type { EpochMs, RecorderStatus } from "../control/call.ts";

/** One change of what is truly recorded, in the order it happened. */
export interface JournalLine {
  readonly at: EpochMs;
  /** The simulator's own name of the conversation: a correlation id, a channel number, a call id. */
  readonly target: string;
  readonly status: Exclude<RecorderStatus, "unknown">;
  /** `command`: over its API. `person`: by hand or by the phone system. `call`: it began or ended. */
  readonly cause: "command" | "person" | "call";
}

/** A fault is on for `times` matching requests (for good where absent), for one target or for all. */
export interface Fault {
  readonly name: string;
  readonly target?: string;
  readonly times?: number;
  /** For `slow`: how long the answer takes. For others, what the simulator documents. */
  readonly ms?: number;
}

/** Named faults, switched on and used up by requests. */
export class Faults {
  readonly known: readonly string[];
  #on: { fault: Fault; left: number }[] = [];
  constructor(known: readonly string[]) {
    this.known = known;
  }
  /** Throws a RangeError for a name this simulator does not have. */
  set(fault: Fault): void {
    if (!this.known.includes(fault.name)) {
      throw new RangeError(`no fault "${fault.name}"; there are: ${this.known.join(", ")}`);
    }
    this.#on.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }
  clear(name?: string): void {
    this.#on = name === undefined ? [] : this.#on.filter((one) => one.fault.name !== name);
  }
  list(): readonly Fault[] {
    return this.#on.map((one) => one.fault);
  }
  /** The fault of this name that is on for this target, used up once; undefined where it is off. */
  take(name: string, target?: string): Fault | undefined {
    const found = this.#on.find(
      ({ fault }) =>
        fault.name === name &&
        (fault.target === undefined || target === undefined || fault.target === target),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#on = this.#on.filter((one) => one !== found);
    return found.fault;
  }
}

/**
 * The fault `second-mute-ignored`: the first mute of a recording works; the next one is answered
 * yes and not done, and the unmute that follows it mutes. Told of every order, fault or not.
 */
export class SecondMute {
  readonly #faults: Faults;
  readonly #muted = new Set<string>();
  readonly #upsideDown = new Set<string>();
  constructor(faults: Faults) {
    this.#faults = faults;
  }
  /** What is truly done; `undefined` for an order that is not about silence. */
  order(order: "pause" | "resume" | undefined, name: string): "as_told" | "pause" | "nothing" {
    const target = name.toLowerCase();
    if (order === undefined) return "as_told";
    if (order === "resume") return this.#upsideDown.delete(target) ? "pause" : "as_told";
    const isSecond = this.#muted.has(target);
    this.#muted.add(target);
    if (isSecond && this.#faults.take("second-mute-ignored", name) !== undefined) {
      this.#upsideDown.add(target);
      return "nothing";
    }
    this.#upsideDown.delete(target);
    return "as_told";
  }
  /** The recording is over. */
  forget(name: string): void {
    this.#muted.delete(name.toLowerCase());
    this.#upsideDown.delete(name.toLowerCase());
  }
}

/** One side of a WebSocket that whatever serves the simulator has accepted. */
export interface SimulatedSocket {
  send(text: string): void;
  /** Breaks the connection without a word. */
  cut(): void;
}

/** What a simulator does with a socket. Both may be called at any time until `closed`. */
export interface SocketTalk {
  message(text: string): void;
  closed(): void;
}

/** Asks whether there is a socket at this address, and for whom; a status where there is not. */
export type SocketOffer = (
  address: URL,
  authorization: string | undefined,
) => number | ((socket: SimulatedSocket) => SocketTalk);

/** A simulator's running parts, whatever protocol it speaks. */
export interface Simulator {
  readonly app: Hono;
  /** For recorders that push. */
  readonly sockets?: SocketOffer;
  readonly faults: Faults;
  readonly journal: readonly JournalLine[];
  /** A conversation begins and is recorded; `details` are the vendor's own members. */
  begin(target: string, details?: Readonly<Record<string, string>>): void;
  end(target: string): void;
  /** A person or the phone system changes what is recorded, past the API. */
  byHand(target: string, status: "recording" | "paused"): void;
  /** What is truly recorded now, by the journal. */
  heard(target: string): Exclude<RecorderStatus, "unknown">;
}

/**
 * The control endpoints, for mounting at `/_sim`:
 * `GET /journal`, `GET /faults`, `POST /faults {name,target?,times?,ms?}`, `DELETE /faults[/:name]`,
 * `POST /calls {target,details?}`, `DELETE /calls/:target`, `POST /by-hand {target,status}`.
 */
export function controlEndpoints(simulator: Omit<Simulator, "app" | "sockets">): Hono {
  const app = new Hono();
  app.get("/journal", (c) => c.json(simulator.journal));
  app.get("/faults", (c) => c.json({ on: simulator.faults.list(), known: simulator.faults.known }));
  app.post("/faults", async (c) => {
    try {
      simulator.faults.set(await c.req.json<Fault>());
      return c.json({ on: simulator.faults.list() });
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : String(error) }, 400);
    }
  });
  app.delete("/faults/:name?", (c) => {
    simulator.faults.clear(c.req.param("name"));
    return c.json({ on: simulator.faults.list() });
  });
  app.post("/calls", async (c) => {
    const { target, details } = await c.req.json<{
      target: string;
      details?: Record<string, string>;
    }>();
    simulator.begin(target, details);
    return c.json({ target }, 201);
  });
  app.delete("/calls/:target", (c) => {
    simulator.end(c.req.param("target"));
    return c.body(null, 204);
  });
  app.post("/by-hand", async (c) => {
    const { target, status } = await c.req.json<{
      target: string;
      status: "recording" | "paused";
    }>();
    simulator.byHand(target, status);
    return c.json({ target, status });
  });
  return app;
}

const cutHeader = "x-simulator-cut";

/**
 * An answer that no client sees: whatever serves the simulator breaks the connection instead.
 * `unheard`: as though nothing had arrived. `heard`: the request was read, its answer is lost.
 */
export function cutConnection(how: "unheard" | "heard"): Response {
  return new Response(null, { status: 500, headers: { [cutHeader]: how } });
}

/** How a simulator's answer is to be cut, for what serves it; undefined for a real answer. */
export function cutOf(response: Response): "unheard" | "heard" | undefined {
  const how = response.headers.get(cutHeader);
  return how === "unheard" || how === "heard" ? how : undefined;
}
