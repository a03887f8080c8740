/** Faults that no simulator has a name for, planted between a simulator and whoever asks it. */
import { Hono } from "hono";
import type { AnywhereNowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import type { Simulator } from "../../src/sandbox/simulator.ts";
import type { VsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";

type Served = Pick<Simulator, "app" | "sockets">;

/** Orders are answered yes and not done, and its state says that they were. */
export function lyingStatus(simulator: AnywhereNowSimulator): Served {
  simulator.faults.set({ name: "ack-and-ignore" });
  let claimed = 1;
  const app = new Hono();
  app.all("*", async (c) => {
    if (c.req.method === "POST" && c.req.path.endsWith("/set")) {
      const { Action } = (await c.req.raw.clone().json()) as { Action: number };
      claimed = Action === 3 ? 3 : 1;
    }
    const answer = await simulator.app.fetch(c.req.raw);
    if (c.req.method !== "GET" || !/recording\/ucc-demo\/[^/]+$/.test(c.req.path)) return answer;
    const state = (await answer.json()) as object;
    return c.json({ ...state, RecordingState: claimed });
  });
  return { app, ...(simulator.sockets === undefined ? {} : { sockets: simulator.sockets }) };
}

/** What it pushes comes `ms` later. */
export function latePushes(simulator: AnywhereNowSimulator, ms: number): Served {
  const offer = simulator.sockets;
  return {
    app: simulator.app,
    sockets: (address, authorization) => {
      const talk = offer?.(address, authorization) ?? 404;
      if (typeof talk === "number") return talk;
      return (socket) =>
        talk({
          cut: () => socket.cut(),
          send(text) {
            const isEvent = text.includes("RecordingStateChangedEvent");
            if (isEvent) setTimeout(() => socket.send(text), ms).unref();
            else socket.send(text);
          },
        });
    },
  };
}

/** A command by its name, and what is done instead of it; nothing: it goes on to the simulator. */
export function instead(
  simulator: VsloggerSimulator,
  does: (command: string) => "done" | undefined,
): Served {
  const app = new Hono();
  app.all("*", async (c) => {
    const command = c.req.query("cmd");
    if (command === undefined || does(command) === undefined) {
      return await simulator.app.fetch(c.req.raw);
    }
    return c.json({ status: 0, data: "", errmessage: "" });
  });
  return { app };
}
