/**
 * A connection to an ASP.NET Core SignalR hub, by Microsoft's own client. It is given a socket that
 * goes nowhere but to the recorder, and logs nothing: its messages would hold tokens.
 *
 * @module
 */
import {
  HttpTransportType,
  HubConnectionBuilder,
  type IHttpConnectionOptions,
  LogLevel,
} from "@microsoft/signalr";
import { WebSocket } from "ws";
import { coreUrl } from "../../../adapters/signalr.ts";
import { bearing, type Open, wordsOf } from "./link.ts";

export const openCore: Open = async (link) => {
  /** What the client makes its socket with, and asks what an open one is called. */
  function Dialed(url: string) {
    return link.dial(url, bearing(link.token));
  }
  Dialed.OPEN = WebSocket.OPEN;
  const options: IHttpConnectionOptions & { readonly WebSocket: typeof Dialed } = {
    // Negotiated before, by a request that follows no redirect.
    skipNegotiation: true,
    transport: HttpTransportType.WebSockets,
    withCredentials: false,
    WebSocket: Dialed,
  };
  const connection = new HubConnectionBuilder()
    .configureLogging(LogLevel.None)
    .withUrl(coreUrl(link.address.url, link.connectionToken), options)
    .withServerTimeout(link.silentMsMax)
    .withKeepAliveInterval(Math.ceil(link.silentMsMax / 2))
    .build();
  let stands = false;
  connection.on(link.address.event, (...args: unknown[]) => link.event(args));
  connection.onclose((error) => {
    const wasStanding = stands;
    stands = false;
    if (wasStanding)
      link.lost(error === undefined ? "the hub closed the connection" : wordsOf(error));
  });
  try {
    await connection.start();
  } catch (error) {
    throw new Error(wordsOf(error), { cause: error });
  }
  stands = true;
  return () => {
    stands = false;
    void connection.stop();
  };
};
