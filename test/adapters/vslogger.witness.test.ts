/**
 * VSLogger: the witness contract, for every way to name a conversation and every age of recorder.
 *
 * @module
 */
import { vsloggerWitnessRig } from "./vsloggerWitness.ts";
import type { WitnessForm } from "./vsloggerWitness.ts";
import { witnessContract } from "./witness.ts";
import type { WitnessSkip } from "./witness.ts";

const noLogin: WitnessSkip = {
  reason: "no login is documented: a request is signed or it is not",
  tests: ["a lost session is renewed once, and the question asked again"],
};
const noMark: WitnessSkip = {
  reason: "records can be written from 5.0.1",
  tests: ["a mark is set once, however often it is asked for"],
};

function prove(form: WitnessForm): void {
  const { kind, version, hash, rangeOf, silenceBy, overHttp } = form;
  const extra = [rangeOf, silenceBy, overHttp === true ? "over HTTP" : undefined];
  const words = [kind, version, hash, ...extra].filter((word) => word !== undefined).join(", ");
  const origins: string[] = [];
  const makeRig = async () => {
    const rig = await vsloggerWitnessRig(form);
    origins.push(rig.origin);
    return rig;
  };
  const skip = version.startsWith("5.") ? [noLogin] : [noLogin, noMark];
  witnessContract(`vslogger, ${words}`, makeRig, { origins, skip });
}

for (const kind of ["channel", "call", "extension", "agent", "session"] as const) {
  prove({ kind, version: "5.1.0.0", hash: "sha-256" });
}
prove({ kind: "channel", version: "4.9.5.9", hash: "sha-1", rangeOf: "overlaps" });
prove({ kind: "extension", version: "5.0.1.0", hash: "sha-256", overHttp: true });
prove({ kind: "session", version: "4.9.6.0", hash: "none", silenceBy: "record" });
