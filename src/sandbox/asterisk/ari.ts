/**
 * A simulated Asterisk's REST interface (ARI), as far as live recordings are paused, muted and
 * looked at over it and finished ones fetched, behind basic authentication, with named faults.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import type { EpochMs } from "../../control/call.ts";
import { background, late, never } from "../late.ts";
import { controlEndpoints, cutConnection, Faults, SecondMute } from "../simulator.ts";
import type { Simulator } from "../simulator.ts";
import { toneWav } from "../wav.ts";
import { ariFaultNames } from "./ariFaults.ts";
import { Recordings } from "./recordings.ts";
import type { LiveRecording } from "./recordings.ts";

export interface AriSimulatorOptions {
  readonly now?: () => EpochMs;
  readonly user?: { readonly name: string; readonly password: string };
  readonly version?: string;
}

interface HeardRequest {
  readonly at: EpochMs;
  readonly method: string;
  readonly path: string;
  /** An order about a recording that there is. */
  readonly order?: "silence" | "restore";
}

export interface AriSimulator extends Simulator {
  readonly requests: readonly HeardRequest[];
}

type By = "pause" | "mute";

/** Conversations are recordings' names; `details.channel` is where one records, `c-NAME` by default. */
export function ariSimulator(options: AriSimulatorOptions = {}): AriSimulator {
  const now = options.now ?? Date.now;
  const version = options.version ?? "16.28.0~dfsg-0+deb11u4";
  const expected =
    options.user === undefined
      ? undefined
      : `Basic ${btoa(`${options.user.name}:${options.user.password}`)}`;
  const recordings = new Recordings(now);
  const faults = new Faults(ariFaultNames);
  const secondMute = new SecondMute(faults);
  const requests: HeardRequest[] = [];

  const hear = (c: Context, order?: HeardRequest["order"]): void => {
    const { method, path } = c.req;
    requests.push({ at: now(), method, path, ...(order === undefined ? {} : { order }) });
  };

  /** What every endpoint may do instead of answering. */
  const troubled = (c: Context, target?: string): Response | undefined => {
    if (faults.take("html-instead-of-json", target)) {
      return c.html("<!doctype html><title>proxy</title><h1>It works</h1>");
    }
    if (faults.take("redirect", target)) return c.redirect("/elsewhere", 302);
    const oversized = faults.take("oversized", target);
    if (oversized) return c.body(" ".repeat(oversized.ms ?? 1_000_000), 200);
    const told = c.req.header("authorization");
    if (
      faults.take("unauthorized", target) ??
      (expected !== undefined && told !== expected ? true : undefined)
    ) {
      const realm = { "www-authenticate": 'Basic realm="Asterisk REST Interface"' };
      return c.json({ message: "Authentication required" }, 401, realm);
    }
    return undefined;
  };

  const find = (name: string): LiveRecording | undefined =>
    faults.take("nothing-recording", name) ? undefined : recordings.find(name);
  const notFound = (c: Context): Response => c.json({ message: "Recording not found" }, 404);

  const read = async (c: Context): Promise<Response> => {
    const name = c.req.param("name") ?? "";
    if (faults.take("unreachable", name)) return cutConnection("unheard");
    hear(c);
    const slow = faults.take("slow", name) ?? faults.take("slow-reads", name);
    const trouble = troubled(c, name);
    if (trouble !== undefined) return late(slow, trouble);
    const found = find(name);
    if (found === undefined) return late(slow, notFound(c));
    const queued = found.isQueued || faults.list().some((one) => one.name === "not-in-session");
    // Seen on 16.28: a muted recording says `recording`.
    const state = queued ? "queued" : found.isPaused ? "paused" : "recording";
    const target_uri = `channel:${found.channel}`;
    return late(slow, c.json({ name, format: "wav", state, target_uri }));
  };

  const change = (by: By, what: "silence" | "restore") => async (c: Context) => {
    const name = c.req.param("name") ?? "";
    if (faults.take("unreachable", name)) return cutConnection("unheard");
    const known = recordings.find(name);
    hear(c, known === undefined ? undefined : what);
    const slow = faults.take("slow", name);
    const trouble = troubled(c, name);
    if (trouble !== undefined) return late(slow, trouble);
    if (faults.take("not-permitted", name)) {
      return late(slow, c.json({ message: "Write access denied" }, 403));
    }
    if (faults.take("lost-and-not-applied", name)) return cutConnection("heard");
    const found = find(name);
    if (found === undefined) return late(slow, notFound(c));
    if (found.isQueued || faults.take("not-in-session", name)) {
      return late(slow, c.json({ message: "Recording not in session" }, 409));
    }
    // Words that quote what was sent, as some do: no secret may reach tacet's own.
    if (faults.take("operation-failed", name)) {
      const message = `Recording operation failed ${c.req.header("authorization") ?? ""}`;
      return late(slow, c.json({ message }, 500));
    }
    if (faults.take("ack-and-ignore", name)) return late(slow, c.body(null, 204));
    const act = () => apply(found, by, what);
    const hung = what === "restore" ? faults.take("hung-resume", name) : undefined;
    if (hung !== undefined) return never(hung, act);
    act();
    const hand = what === "silence" ? faults.take("manual-unpause", name) : undefined;
    if (hand !== undefined) background(() => byHand(name, "recording"), hand.ms ?? 100);
    if (faults.take("applied-but-lost", name)) return cutConnection("heard");
    return late(slow, c.body(null, 204));
  };

  const apply = (found: LiveRecording, by: By, what: "silence" | "restore"): void => {
    const isSilent = what === "silence";
    if (by === "pause") return recordings.set(found, { isPaused: isSilent }, "command");
    const doing = secondMute.order(isSilent ? "pause" : "resume", found.name);
    if (doing === "nothing") return;
    recordings.set(found, { isMuted: doing === "pause" || isSilent }, "command");
  };

  const byHand = (name: string, status: "recording" | "paused"): void => {
    const found = recordings.find(name);
    if (found === undefined) return;
    const isPaused = status === "paused";
    recordings.set(found, isPaused ? { isPaused } : { isPaused, isMuted: false }, "person");
  };

  const app = new Hono();
  app.get("/ari/recordings/live/:name", read);
  for (const by of ["pause", "mute"] as const) {
    app.post(`/ari/recordings/live/:name/${by}`, change(by, "silence"));
    app.delete(`/ari/recordings/live/:name/${by}`, change(by, "restore"));
  }
  app.get("/ari/recordings/stored/:name/file", (c) => {
    const name = c.req.param("name");
    if (faults.take("unreachable", name)) return cutConnection("unheard");
    hear(c);
    const trouble = troubled(c, name);
    if (trouble !== undefined) return trouble;
    const file = recordings.stored(name);
    if (file === undefined) return notFound(c);
    return c.body(toneWav(file), 200, { "content-type": "audio/wav" });
  });
  app.get("/ari/asterisk/info", (c) => {
    if (faults.take("unreachable")) return cutConnection("unheard");
    hear(c);
    return troubled(c) ?? c.json({ system: { version, entity_id: "02:fc:00:00:00:01" } });
  });
  app.all("/elsewhere", (c) => {
    hear(c);
    return c.body(null, 204);
  });

  const simulator = {
    faults,
    journal: recordings.journal,
    begin(name: string, details: Readonly<Record<string, string>> = {}) {
      const channel = details["channel"] ?? `c-${name}`;
      recordings.begin(name, channel, details["state"] === "queued");
      if (faults.take("foreign-mute", name)) byHand(name, "paused");
    },
    end(name: string) {
      secondMute.forget(name);
      recordings.end(name);
    },
    byHand,
    heard: (name: string) => recordings.heard(name),
  };
  app.route("/_sim", controlEndpoints(simulator));
  return { ...simulator, app, requests };
}
