/** What the simulated vendors' recorders have in common: their lines, their tape and its judge. */
import type { HttpReply } from "../../src/adapters/recorder.ts";
import type { VirtualClock } from "./clock.ts";
import type { Understood, Vendor } from "./network.ts";
import { newTape } from "./tape.ts";
import type { Order, Tape } from "./tape.ts";

export function newVendor(
  id: string,
  clock: VirtualClock,
  how: (vendor: () => Vendor, tape: Tape) => Pick<Vendor, "refOf" | "understand">,
): Vendor {
  const tape = newTape(clock);
  const troubles = new Map<string, number>();
  const flying = new Map<string, number>();
  const vendor: Vendor = {
    id,
    tape,
    flying,
    truth: tape.truth,
    journal: tape.journal,
    since: tape.since,
    sent: () => {},
    letsGo: () => {},
    troubles,
    troubledAt: (ref) => Math.max(troubles.get(ref) ?? 0, troubles.get("") ?? 0),
    inFlight: (ref) => (flying.get(ref) ?? 0) > 0,
    down: false,
    faults: () => "none",
    byHand: (ref, status) => tape.set(ref, status, "person"),
    begin: tape.begin,
    end: (ref) => tape.set(ref, "absent", "call"),
    ...how(() => vendor, tape),
  };
  return vendor;
}

/** A command to one line: `answer` says what holds after it. */
export function commandTo(
  vendor: Vendor,
  kind: Order,
  ref: string,
  answer: { yes(): HttpReply; no(): HttpReply; unknown(): HttpReply },
): Understood {
  const status = vendor.truth.get(ref)?.status;
  const isThere = status !== undefined && status !== "absent";
  return {
    kind,
    ref,
    serve() {
      if (!isThere) return answer.unknown();
      vendor.tape.command(kind, ref);
      return answer.yes();
    },
    ignore: answer.yes,
    refuse: answer.no,
  };
}
