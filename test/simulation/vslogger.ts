/**
 * A simulated VSLogger recorder, by mute, as far as its vendor documents what is said to it: each
 * line is a channel, an extension that points to it, and the call it carries.
 */
import type { HttpRequest } from "../../src/adapters/recorder.ts";
import { vsloggerVendor } from "../../src/adapters/vslogger/index.ts";
import type { VirtualClock } from "./clock.ts";
import type { Understood, Vendor } from "./network.ts";
import { json } from "./network.ts";
import { commandTo, newVendor } from "./vendor.ts";

const callOf = (ref: string) => `call-${ref}@pbx.example`;
const extensionOf = (ref: string) => `${400 + Number(ref)}`;

/** The ways to name a line. */
export const vsloggerTargets = (ref: string) => [
  { channel: Number(ref) },
  { extension: extensionOf(ref) },
  { sipCallId: callOf(ref), hw: "siprec" },
];

export const vsloggerAdapter = (id: string, now: () => number) =>
  vsloggerVendor.create(
    id,
    vsloggerVendor.settings.parse({
      baseUrl: "http://127.0.0.1",
      version: "5.1.0.0",
      hash: { type: "none" },
    }),
    { now },
  );

export function simVslogger(id: string, clock: VirtualClock): Vendor {
  return newVendor(id, clock, (vendor) => ({
    refOf(targetKey) {
      const [by = "", name = ""] = targetKey.split(/\/(?=[^/]*$)/);
      if (by === "extension") return String(Number(name) - 400);
      return by === "channel" ? name : name.replace(/^call-(\d+)@.*$/, "$1");
    },
    understand: (request) => understand(vendor(), request),
  }));
}

const done = () => json({ status: 0, data: "", errmessage: "" });
const failed = (errmessage: string) => json({ status: -1, data: "", errmessage });

function understand(vendor: Vendor, request: HttpRequest): Understood {
  const query = new URL(request.url).searchParams;
  const form = new URLSearchParams(request.body ?? "");
  const told = (name: string) => form.get(name) ?? query.get(name) ?? "";
  const ref =
    told("channel") === "" ? told("call_id").replace(/^call-(\d+)@.*$/, "$1") : told("channel");
  const cmd = told("cmd");
  const mute =
    cmd === "" ? told("mute") : cmd === "mute" ? "true" : cmd === "unmute" ? "false" : "";
  if (mute === "") return asked(vendor, told("res"), ref);
  if (mute === "false") vendor.letsGo(ref);
  return commandTo(vendor, mute === "true" ? "pause" : "resume", ref, {
    yes: done,
    no: () => failed("not now"),
    unknown: () => failed("nothing there"),
  });
}

function asked(vendor: Vendor, res: string, ref: string): Understood {
  const refuse = () => failed("not now");
  const serve = () => {
    const rows = [...vendor.truth].map(([line]) => rowOf(vendor, line));
    if (res === "channel-states") return json({ status: 0, data: rows, errmessage: "" });
    const row = rows.find((one) => String(one.channel) === ref);
    const isOver = res === "call" && row?.onoff !== true;
    if (row === undefined || isOver) return failed("no such thing");
    const call = res === "call" ? { call_id: callOf(ref) } : {};
    return json({ status: 0, data: { ...row, ...call }, errmessage: "" });
  };
  return {
    kind: "status",
    ...(res === "channel-states" ? {} : { ref }),
    serve,
    ignore: refuse,
    refuse,
  };
}

function rowOf(vendor: Vendor, ref: string) {
  const { session, status } = vendor.truth.get(ref) ?? { session: "", status: "absent" };
  return {
    channel: Number(ref),
    start_tm: 1,
    extension: extensionOf(ref),
    session_id: status === "absent" ? "" : session,
    note: "",
    flag: 0,
    enable: true,
    record: status !== "absent",
    mute: status === "paused",
    onoff: status !== "absent",
  };
}
