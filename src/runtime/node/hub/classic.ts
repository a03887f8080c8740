/**
 * A connection to a classic ASP.NET SignalR 2.x hub: connect, the first message, start.
 *
 * @module
 */
import { classicUrl, readClassicFrame, readStarted, sameName } from "../../../adapters/signalr.ts";
import { bearing, HTTP_MS_MAX, type Open } from "./link.ts";
import { converse, type Talk } from "./socket.ts";

export const openClassic: Open = (link) => {
  const { address, connectionToken, send, token } = link;
  const { event, hub, url } = address;
  let starting = false;

  const start = async (talk: Talk): Promise<void> => {
    starting = true;
    const headers = bearing(token);
    const startUrl = classicUrl(url, "start", hub, connectionToken);
    const signal = AbortSignal.timeout(HTTP_MS_MAX);
    const result = await send({ method: "GET", url: startUrl, headers }, signal);
    if (talk.isOver()) return;
    if (result.kind !== "reply") talk.end(result.detail);
    else if (!readStarted(result.reply)) talk.end(`start answered HTTP ${result.reply.status}`);
    else talk.stands();
  };

  return converse(link, classicUrl(url, "connect", hub, connectionToken), (talk) => ({
    opened: () => undefined,
    ended: () => undefined,
    received(text) {
      const frame = readClassicFrame(text);
      // It may have held an event: the connection that comes next begins with a read of everything.
      if (frame === undefined) return talk.end("a frame that SignalR does not have");
      for (const one of frame.events) {
        if (sameName(one.hub, hub) && sameName(one.event, event)) link.event(one.args);
      }
      if (frame.mustReconnect) return talk.end("the hub sends its clients away");
      if (frame.isFirst && !starting) void start(talk);
    },
  }));
};
