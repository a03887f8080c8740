/**
 * A connection to an ASP.NET Core SignalR hub: handshake, records, pings both ways.
 *
 * @module
 */
import { coreUrl, sameName } from "../../../adapters/signalr.ts";
import {
  CORE_HANDSHAKE,
  CORE_PING,
  coreRecords,
  isAccepted,
  readCoreMessage,
} from "../../../adapters/signalrCore.ts";
import type { Open } from "./link.ts";
import { converse, type Talk } from "./socket.ts";

export const openCore: Open = (link) => {
  const { address, clock, connectionToken, silentMsMax } = link;
  let accepted = false;
  let cancelPing: (() => void) | undefined;

  /** A server lets go of a client that says nothing for as long. */
  const ping = (talk: Talk): void => {
    talk.say(CORE_PING);
    cancelPing = clock.after(silentMsMax / 2, () => ping(talk));
  };

  const take = (record: unknown, talk: Talk): void => {
    if (!accepted) {
      if (!isAccepted(record)) return talk.end("the hub refused the handshake");
      accepted = true;
      ping(talk);
      return talk.stands();
    }
    const message = readCoreMessage(record);
    if (message === undefined) return talk.end("a message that SignalR does not have");
    if (message.kind === "close") return talk.end("the hub sends its clients away");
    if (message.kind === "event" && sameName(message.event, address.event)) {
      link.event(message.args);
    }
  };

  return converse(link, coreUrl(address.url, connectionToken), (talk) => ({
    opened: () => talk.say(CORE_HANDSHAKE),
    ended: () => cancelPing?.(),
    received(text) {
      const records = coreRecords(text);
      if (records === undefined) return talk.end("a frame that SignalR does not have");
      for (const record of records) if (!talk.isOver()) take(record, talk);
    },
  }));
};
