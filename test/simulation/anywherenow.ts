/** A simulated AnywhereNow recorder, as far as its vendor documents what is said to it. */
import type { HttpRequest } from "../../src/adapters/recorder.ts";
import { anywherenowVendor } from "../../src/adapters/anywherenow/index.ts";
import type { VirtualClock } from "./clock.ts";
import type { Understood, Vendor } from "./network.ts";
import { json } from "./network.ts";
import { commandTo, newVendor } from "./vendor.ts";

const UCC = "ucc-demo";
const guidOf = (ref: string) => `1d6c6a58-6739-4f0c-98ff-${ref.padStart(12, "0")}`;
const refOf = (name: string) => name.slice(-12).replace(/^0+/, "");
const STATE = { recording: 1, paused: 3, absent: 0 } as const;

export const anywherenowTarget = (ref: string) => ({ uccName: UCC, correlationId: guidOf(ref) });

export const anywherenowAdapter = (id: string, now: () => number) =>
  anywherenowVendor.create(
    id,
    anywherenowVendor.settings.parse({
      baseUrl: "http://127.0.0.1/attendantservice",
      requesterSipUri: "sip:agent@domain.com",
    }),
    { now },
  );

export function simAnywherenow(id: string, clock: VirtualClock): Vendor {
  return newVendor(id, clock, (vendor) => ({
    refOf,
    understand: (request) => understand(vendor(), request),
  }));
}

function understand(vendor: Vendor, request: HttpRequest): Understood {
  if (request.method === "GET") return asked(vendor, request.url);
  const order = JSON.parse(request.body ?? "") as { Action: number; CorrelationId: string };
  const { Action, CorrelationId } = order;
  const kind = Action === 3 ? "pause" : "resume";
  if (Action !== 1 && Action !== 3) throw new Error(`action ${Action} must never be sent`);
  const ref = refOf(CorrelationId);
  if (kind === "resume") vendor.letsGo(ref);
  return commandTo(vendor, kind, ref, {
    yes: () => json({ CorrelationId, ErrorMessage: null }),
    no: () => json({ CorrelationId, ErrorMessage: { ErrorType: 1, Message: "not now" } }),
    unknown: () => noSession(CorrelationId),
  });
}

function asked(vendor: Vendor, url: string): Understood {
  const guid = url.split("/").at(-1) ?? "";
  const ref = refOf(guid);
  const refuse = () =>
    json({ CorrelationId: guid, RecordingState: 0, ErrorMessage: { ErrorType: 9, Message: "no" } });
  return {
    kind: "status",
    ref,
    serve() {
      const status = vendor.truth.get(ref)?.status ?? "absent";
      if (status === "absent") return noSession(guid);
      const RecordingState = STATE[status];
      return json({
        CorrelationId: guid,
        RecordingState,
        MarkingState: 0,
        SavingState: 1,
        ErrorMessage: null,
      });
    },
    ignore: refuse,
    refuse,
  };
}

const noSession = (guid: string) =>
  json({
    CorrelationId: guid,
    RecordingState: 0,
    ErrorMessage: {
      ErrorType: 2,
      Message: `No Audio session with correlation Id:'${guid}' was found.`,
    },
  });
