/**
 * A connection to a classic ASP.NET SignalR 2.x hub: connect, the first message, start, and a watch
 * over its keep-alives. The public client (`node-signalr`) throws out of the socket on a frame it
 * cannot read, which would end this process; so this is written here, and the simulator it is tried
 * against is checked with that client.
 *
 * @module
 */
import { classicUrl, readClassicFrame, readStarted, sameName } from "../../../adapters/signalr.ts";
import { bearing, HTTP_MS_MAX, type Open, wordsOf } from "./link.ts";

export const openClassic: Open = (link) =>
  new Promise((resolve, reject) => {
    const { address, clock, connectionToken } = link;
    const { event, hub, url } = address;
    let stands = false;
    let over = false;
    let starting = false;
    let cancelWatch: (() => void) | undefined;
    const socket = link.dial(classicUrl(url, "connect", hub, connectionToken), bearing(link.token));

    const end = (detail?: string): void => {
      if (over) return;
      over = true;
      cancelWatch?.();
      socket.terminate();
      if (detail === undefined) return;
      if (stands) link.lost(detail);
      else reject(new Error(detail));
    };
    const heard = (): void => {
      cancelWatch?.();
      const silent = () => end(`no sign of life for ${link.silentMsMax} ms`);
      cancelWatch = clock.after(link.silentMsMax, silent);
    };

    const start = async (): Promise<void> => {
      starting = true;
      const request = {
        method: "GET",
        url: classicUrl(url, "start", hub, connectionToken),
        headers: bearing(link.token),
      } as const;
      const result = await link.send(request, AbortSignal.timeout(HTTP_MS_MAX));
      if (over) return;
      if (result.kind !== "reply") return end(result.detail);
      if (!readStarted(result.reply)) return end(`start answered HTTP ${result.reply.status}`);
      stands = true;
      resolve(() => end());
    };

    const receive = (text: string): void => {
      const frame = readClassicFrame(text);
      // It may have held an event: the connection that comes next begins with a read of everything.
      if (frame === undefined) return end("a frame that SignalR does not have");
      for (const one of frame.events) {
        if (sameName(one.hub, hub) && sameName(one.event, event)) link.event(one.args);
      }
      if (frame.mustReconnect) return end("the hub sends its clients away");
      if (frame.isFirst && !starting) void start();
    };

    heard();
    socket.on("message", (data: Buffer, isBinary) => {
      if (over) return;
      heard();
      receive(isBinary ? "" : data.toString());
    });
    socket.on("error", (error) => end(wordsOf(error)));
    socket.on("close", () => end("the hub closed the connection"));
  });
