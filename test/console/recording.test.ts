/** "Open in the recorder": on a click, entered first, and never an address that stays. */
import { expect, test } from "vitest";
import type { CallEvidence } from "../../src/evidence/evidence.ts";
import type { PageDeps } from "../../src/console/deps.ts";
import { registered } from "../http/kit.ts";
import { csrfOf, watchRig, words } from "./watchRig.ts";

const ADDRESS = "https://recorder.example/link?hh=opens-it";

async function given(more: Partial<PageDeps> = {}) {
  const asked: string[] = [];
  const evidence: CallEvidence = {
    callId: "c1",
    state: "gathered",
    windows: [],
    recordings: [
      {
        tapId: "main/1",
        recorderId: "main",
        recordingId: "rec-1",
        startAt: 1,
        endAt: 2,
        durationMs: 1,
        withinMs: 0,
        closed: true,
        replyDigest: "0".repeat(64),
      },
    ],
    judgements: [],
    unheard: [],
    incidentIds: [],
  };
  const rig = await watchRig({
    more: {
      evidence: { read: async () => evidence },
      recordingPage: {
        has: (recorderId) => recorderId === "main",
        of: async (recorderId, recordingId) => {
          asked.push(`${recorderId}/${recordingId}`);
          return ADDRESS;
        },
      },
      ...more,
    },
  });
  await registered(rig.k, "c1");
  const person = await rig.signedIn();
  const page = await person.get("/console/calls/c1");
  const open = (recordingId: string, csrf = csrfOf(page)) =>
    person.post("/console/calls/c1/recording", { csrf, recorderId: "main", recordingId });
  return { rig, person, page, open, asked };
}

test("a recording's page is asked for on a click, after that was entered, and its address is nowhere but in that answer", async () => {
  const { asked, open, page, rig } = await given();
  expect(page.text).not.toContain("recorder.example");
  expect(asked).toEqual([]);
  const seen = await open("rec-1");
  expect(seen.text).toContain(ADDRESS);
  expect(seen.text).toMatch(/rel="noreferrer noopener"/);
  expect(asked).toEqual(["main/rec-1"]);
  const [entry] = await rig.k.entries("RecordingOpened");
  expect(entry).toMatchObject({
    callId: "c1",
    recorderId: "main",
    detail: { recordingId: "rec-1" },
  });
  expect(JSON.stringify(await rig.k.entries("RecordingOpened"))).not.toContain("recorder.example");
});

test("what no witness told of this call is asked for by nobody, nor what a form of another site asks", async () => {
  const { asked, open } = await given();
  expect((await open("rec-2")).status).toBe(404);
  expect((await open("rec-1", "guess")).status).toBe(403);
  expect(asked).toEqual([]);
});

test("a click that cannot be entered opens nothing", async () => {
  const rig = await watchRig();
  const failing = {
    ...rig.deps.log,
    enter: async () => ({ kind: "failed", detail: "full" }) as const,
  };
  const { asked, open } = await given({ log: failing as unknown as PageDeps["log"] });
  expect((await open("rec-1")).text).not.toContain(ADDRESS);
  expect(asked).toEqual([]);
});

test("a recorder that has no page for it is said so", async () => {
  const recordingPage = { has: () => true, of: async () => undefined };
  const { open } = await given({ recordingPage });
  expect(words(await open("rec-1"))).toContain("gave no page");
});
