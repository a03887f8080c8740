/**
 * The forms in which a simulated Revcord tells of its calls, as the vendor's document prints them.
 *
 * @module
 */
import type { EpochMs } from "../../control/call.ts";
import { channelName } from "./calls.ts";
import type { Call } from "./calls.ts";

export const filePath = "/TWebAudio/MMSAPI";

/** In the document's order. A call that goes on has no file yet: inferred. */
export function rowOf(
  { callId, channel, endAt, startAt }: Call,
  origin: string,
  zone: string,
  off: number,
) {
  const started = stamp(startAt + off, zone);
  const file = `${started}_${channel}_${callId}.wav`;
  return {
    CallId: callId,
    UniqueId: 0,
    ChannelName: channelName(channel),
    StartTime: `/Date(${Math.floor(startAt / 1_000) * 1_000})/`,
    StartTimeString: started,
    ANI: "",
    CallerID: "",
    CalledID: "",
    ANIPhone: "",
    ANIName: "",
    ANIDetails: "",
    CallComments: "",
    PlaybackURL: endAt === undefined ? "" : `${origin}${filePath}/${file}`,
  };
}

/** `yyyyMMddHHmmss` in the zone. */
export function stamp(at: EpochMs, timeZone: string): string {
  const shown = new Date(at).toLocaleString("sv-SE", { timeZone });
  return shown.replaceAll(/\D/g, "");
}

/** JSON, its dates escaped as ASP.NET does it, or as the document prints them, which is no JSON. */
export function textOf(told: unknown, dates: "escaped" | "printed" = "escaped"): string {
  const edge = dates === "printed" ? "\\" : "\\/";
  return JSON.stringify(told).replaceAll(
    /\/(Date\(-?\d+\))\//g,
    (_, date: string) => `${edge}${date}${edge}`,
  );
}

/** One second of digital silence: 8 kHz, 16 bits, mono. */
export function silentWav(): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(44 + 16_000));
  const words = (at: number, text: string) =>
    new Uint8Array(bytes.buffer).set(new TextEncoder().encode(text), at);
  words(0, "RIFF");
  bytes.setUint32(4, 36 + 16_000, true);
  words(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, 8_000, true);
  bytes.setUint32(28, 16_000, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  words(36, "data");
  bytes.setUint32(40, 16_000, true);
  return bytes.buffer;
}
