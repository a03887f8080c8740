/**
 * The hub of a simulated AnywhereNow Core, which pushes `RecordingStateChangedEvent`. The vendor
 * says neither which SignalR it is, nor the addresses and the hub's name, nor how the three members
 * come.
 *
 * @module
 */
import { signalrHub } from "../hub.ts";
import { actionNumber } from "./conversations.ts";
import type { StateChange } from "./conversations.ts";

export const classicPath = "/attendantservice/signalr";
export const corePath = "/attendantservice/hubs/recording";
export const hubName = "RecordingHub";
const names = { classicPath, corePath, hubName, eventName: "RecordingStateChangedEvent" };

export interface HubOptions {
  /** How the members come: the documented three in one object, or one after the other. */
  readonly membersAs?: "object" | "list" | "names";
  /** A sign of life this often. */
  readonly keepAliveMs?: number;
}

type Deps = Omit<Parameters<typeof signalrHub>[1], "keepAliveMs">;

export function anywherenowHub(deps: Deps, options: HubOptions = {}) {
  const hub = signalrHub(names, { ...deps, keepAliveMs: options.keepAliveMs });
  const argumentsOf = ({ action, conversation }: StateChange): readonly unknown[] => {
    const { correlationId, uccName } = conversation;
    const StateAction = options.membersAs === "names" ? action : actionNumber[action];
    if (options.membersAs === "list") return [uccName, correlationId, StateAction];
    return [{ UccName: uccName, CorrelationId: correlationId, StateAction }];
  };
  const malformed = [{ UccName: null, StateAction: {} }];
  const tell = (change: StateChange): void =>
    hub.tell(change.conversation.correlationId, argumentsOf(change), malformed);
  return { hub, tell };
}
