/**
 * The part of the configuration that says when finished recordings are asked for, how they are
 * judged, and whether they are heard.
 *
 * @module
 */
import { z } from "zod";
import { DAY_MS, isPlainBeyondLoopback, ms, webOrigin } from "./configParts.ts";
import { listOf, membersOf, type Members, type Say } from "./crossRule.ts";

export const evidenceSchema = z.strictObject({
  afterEndMs: ms(0, DAY_MS)
    .default(30_000)
    .describe("So long after a call's end its recorders are asked what they recorded."),
  afterWindowMs: ms(0, DAY_MS)
    .default(300_000)
    .describe("So long after the last window of a call that goes on they are asked too."),
  askMsMax: ms(100, 120_000).default(10_000).describe("One question is given up after this."),
  retryMsMin: ms(100, DAY_MS)
    .default(30_000)
    .describe("The first time it is asked again; each later time waits twice as long."),
  retryMsMax: ms(100, DAY_MS).default(3_600_000).describe("Never longer than this."),
  giveUpMs: ms(1_000)
    .default(DAY_MS)
    .describe("A recorder that has not answered in this time is no longer asked by itself."),
  toleranceMs: ms(0, 600_000)
    .default(2_000)
    .describe(
      "How far a recorder's clock may be from tacet's, and its lengths from the truth, together.",
    ),
  sound: z
    .boolean()
    .default(false)
    .describe(
      "Lets `tacet evidence` fetch finished recordings and hear them. They may hold card data: this puts the host of `tacet evidence` into PCI scope.",
    ),
  soundOrigins: z
    .array(webOrigin)
    .max(16)
    .default([])
    .describe("Files are fetched from the recorders' own origins, and from these."),
  flag: z
    .boolean()
    .default(false)
    .describe("Marks the recorder's own record of a suspect recording, where it can be marked."),
});
export type EvidenceConfig = z.output<typeof evidenceSchema>;

export function evidenceProblems(root: Members, say: Say): void {
  const evidence = membersOf(root["evidence"]);
  listOf(evidence["soundOrigins"]).forEach((origin, index) => {
    if (typeof origin !== "string" || !isPlainBeyondLoopback(origin)) return;
    const path = ["evidence", "soundOrigins", index];
    say(path, "would carry recordings in the clear", "use an origin that begins with https:");
  });
  const { retryMsMax = 3_600_000, retryMsMin = 30_000 } = evidence;
  if (typeof retryMsMin !== "number" || typeof retryMsMax !== "number") return;
  if (retryMsMin <= retryMsMax) return;
  say(["evidence", "retryMsMin"], "is longer than retryMsMax", "make it the shorter of the two");
}
