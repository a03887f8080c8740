/** Who takes part in a story: the world of its shape, its desktops, and how a line is named. */
import type { TapSpec } from "../../src/control/call.ts";
import type { Rules } from "../../src/control/commands.ts";
import { DEFAULT_RULES } from "../../src/control/commands.ts";
import type { Viewer } from "../../src/events/project.ts";
import { anywherenowAdapter, anywherenowTarget } from "./anywherenow.ts";
import type { VirtualClock } from "./clock.ts";
import type { Desktop, DesktopOptions } from "./desktops.ts";
import { newDesktop } from "./desktops.ts";
import type { Shape } from "./shape.ts";
import { vsloggerAdapter, vsloggerTargets } from "./vslogger.ts";
import type { World, WorldOptions } from "./world.ts";
import { PAGE, tap } from "./world.ts";

/** No baseline is old enough to excuse that a person's silence was undone. */
export const STORY_RULES: Rules = {
  ...DEFAULT_RULES,
  leaseMsMax: 20_000,
  windowMsMax: 25_000,
  endMsMax: 10_000,
  baselineAgeMsMax: 0,
};

export function worldOf(shape: Shape, seed: number): WorldOptions {
  const delayMs = (clock: VirtualClock) => Math.floor(clock.random() * 30);
  const b = shape.blind
    ? { capabilities: { status: false } }
    : { capabilities: { aliases: shape.aliases, watch: shape.watch }, survey: shape.survey };
  const direct = {
    a: { delayMs, capabilities: { aliases: shape.aliases } },
    b: { delayMs, ...b },
  };
  return {
    seed: seed * 2_654_435_761,
    recorders: Object.fromEntries(shape.direct.map((id) => [id, direct[id]])),
    vendors: shape.vendors,
    networkMs: delayMs,
    rules: STORY_RULES,
    whenLogFails: shape.whenLogFails,
  };
}

export type Roll = (sides: number) => number;

const adapters = {
  an: anywherenowAdapter("an", () => 0),
  vs: vsloggerAdapter("vs", () => 0),
};

/** One target a recorder, each by one of its names. */
export function tapsOf(shape: Shape, roll: Roll, ref: () => string): TapSpec[] {
  const direct = shape.direct.map((id) => {
    const name = ref();
    const blind = id === "b" && shape.blind;
    const aliased = shape.aliases && !blind && roll(2) === 0;
    return tap(id, aliased ? `x${name}` : name, {
      required: id === "a" || roll(3) > 0,
      acceptAcknowledged: blind,
    });
  });
  const vendors = Object.keys(shape.vendors).map((id) => {
    const targets = id === "an" ? [anywherenowTarget(ref())] : vsloggerTargets(ref());
    const target = targets[shape.aliases ? roll(targets.length) : 0] ?? {};
    const adapter = id === "an" ? adapters.an : adapters.vs;
    const targetKey = adapter.targetKey(target);
    return tap(id, targetKey, {
      target,
      control: id === "an" ? "pause" : "mute",
      audio: id === "an" ? "gap" : "silence",
    });
  });
  return [...direct, ...vendors];
}

export function desktopsOf(w: World, shape: Shape, roll: Roll): Desktop[] {
  const delayMs = () => roll(30);
  const chance = (of: number) => roll(of) === 0;
  const make = (options: Omit<DesktopOptions, "delayMs" | "chance">) =>
    newDesktop(w, { ...options, delayMs, chance });
  return shape.tenants.flatMap((tenant) => {
    const wall: Viewer = {
      tenant,
      owner: PAGE.owner,
      ownCallsOnly: false,
      sees: () => true,
      can: () => [],
    };
    const agent = (agentId: string): Viewer => ({
      ...wall,
      owner: agentId,
      agentId,
      ownCallsOnly: true,
    });
    const all = { all: true };
    return [
      make({ name: `${tenant}/wall`, viewer: wall, filter: all }),
      make({ name: `${tenant}/a1`, viewer: agent("a1"), filter: { agents: ["a1"] } }),
      make({ name: `${tenant}/watcher`, viewer: wall, filter: { agents: ["a2"], calls: ["c1"] } }),
      make({ name: `${tenant}/emea`, viewer: wall, filter: { where: { region: "emea" } } }),
      make({ name: `${tenant}/board`, viewer: wall, filter: { ...all, maxHz: 2 } }),
      ...(shape.slowReader
        ? [make({ name: `${tenant}/slow`, viewer: wall, filter: all, slowMs: 120 })]
        : []),
    ];
  });
}
