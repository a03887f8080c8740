/**
 * The hub of a simulated Revcord, which broadcasts completed calls. The vendor says neither which
 * SignalR it is, nor the addresses, nor the hub's and the event's names.
 *
 * @module
 */
import { signalrHub } from "../hub.ts";

export const classicPath = "/RevcordMMSAPI/signalr";
export const corePath = "/RevcordMMSAPI/hubs/calls";
export const hubName = "CallHub";
export const eventName = "CallCompleted";

type Deps = Parameters<typeof signalrHub>[1];

export const revcordHub = (deps: Deps) =>
  signalrHub({ classicPath, corePath, hubName, eventName }, deps);
