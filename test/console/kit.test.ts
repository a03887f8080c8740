/** The page of the auditor's kit: who may have it, what is asked for, and what is entered first. */
import { expect, test } from "vitest";
import type { KitAsked, KitOffer, NoKitWhy } from "../../src/console/deps.ts";
import type { LogStore } from "../../src/log/store.ts";
import { agent, csrfOf, watchRig, words } from "./watchRig.ts";

const DAY_MS = 86_400_000;
const BYTES = new TextEncoder().encode("PK…");

async function opened(answer: NoKitWhy | "kit" = "kit", enter?: LogStore["enter"]) {
  const asked: KitAsked[] = [];
  const cancelled: string[] = [];
  /** How much of the log stood when a byte was first taken. */
  const taken: number[] = [];
  const rig = await watchRig({
    more: {
      kit: {
        entryCountMax: 200_000,
        async make(wish): Promise<KitOffer> {
          asked.push(wish);
          if (answer !== "kit") return { kind: "none", why: answer };
          const file = new ReadableStream<Uint8Array>(
            {
              async pull(controller) {
                taken.push((await kits()).length);
                controller.enqueue(BYTES);
                controller.close();
              },
            },
            { highWaterMark: 0 },
          );
          const cancel = () => void cancelled.push(wish.tenant);
          return { kind: "kit", entryCount: 512, first: 257, last: 768, file, cancel };
        },
      },
    },
  });
  const kits = async () =>
    (await rig.k.entries("LogRead")).filter(({ reason }) => reason === "kit");
  if (enter !== undefined) Object.assign(rig.deps.log, { enter });
  return { rig, asked, cancelled, kits, taken };
}

test("an auditor gets one file of the days they asked for, of their own tenant, and it is entered first", async () => {
  const { asked, kits, rig, taken } = await opened();
  const who = await rig.signedIn({ id: "ann", kind: "auditor" });
  const page = await who.get("/console/kit");
  expect(page.status).toBe(200);
  const days = { from: "2026-10-01", to: "2026-10-31" };
  const seen = await who.post("/console/kit/download", { csrf: csrfOf(page), ...days });
  expect([seen.status, seen.text]).toEqual([200, "PK…"]);
  expect(seen.headers.get("content-type")).toBe("application/zip");
  expect(seen.headers.get("content-disposition")).toBe(
    'attachment; filename="tacet-kit-acme-2026-10-01-2026-10-31.zip"',
  );
  expect(seen.headers.get("cache-control")).toBe("no-store");
  const from = Date.UTC(2026, 9, 1);
  const name = "tacet-kit-acme-2026-10-01-2026-10-31";
  expect(asked).toEqual([{ tenant: "acme", name, from, to: from + 31 * DAY_MS }]);
  const entries = await kits();
  expect(entries).toMatchObject([
    {
      actor: { id: "ann", kind: "auditor" },
      origin: { component: "console", ip: "192.0.2.7" },
      outcome: "read",
      reason: "kit",
      detail: { filter: days, first: 257, last: 768, entryCount: 512 },
    },
  ]);
  expect(taken).toEqual([1]);
});

test("each kit is an entry of its own, and without days it is of all there is", async () => {
  const { asked, kits, rig } = await opened();
  const who = await rig.signedIn();
  const csrf = csrfOf(await who.get("/console/kit"));
  for (let times = 0; times < 3; times += 1) {
    await who.post("/console/kit/download", { csrf, from: "", to: "" });
  }
  expect(asked[0]).toEqual({ tenant: "acme", name: "tacet-kit-acme" });
  expect(await kits()).toHaveLength(3);
});

test("nobody without log:read, no agent, and no form of another page gets one", async () => {
  const { asked, kits, rig } = await opened();
  for (const person of [
    { scopes: new Set(["events:read"] as const) },
    agent("a-1", ["log:read"]),
  ]) {
    const who = await rig.signedIn(person);
    expect((await who.get("/console/kit")).status).toBe(403);
    const csrf = csrfOf(await who.get("/console/nothing"));
    expect(csrf).not.toBe("");
    expect((await who.post("/console/kit/download", { csrf })).status).toBe(403);
  }
  const who = await rig.signedIn();
  const csrf = csrfOf(await who.get("/console/kit"));
  expect((await who.post("/console/kit/download", { csrf: "guess" })).status).toBe(403);
  const elsewhere = { origin: "https://elsewhere.example" };
  expect((await who.post("/console/kit/download", { csrf }, elsewhere)).status).toBe(403);
  expect((await who.get("/console/kit/download")).status).toBe(404);
  expect(asked).toEqual([]);
  expect(await kits()).toEqual([]);
});

test("while the log takes no entry no kit is given, and what was begun is let go", async () => {
  const failing = async () => ({ kind: "failed" as const, detail: "full" });
  const { cancelled, rig, taken } = await opened("kit", failing);
  const who = await rig.signedIn();
  const csrf = csrfOf(await who.get("/console/kit"));
  const seen = await who.post("/console/kit/download", { csrf });
  expect(words(seen)).toContain("The kit could not be made.");
  expect(seen.headers.get("content-disposition")).toBeNull();
  expect([cancelled, taken]).toEqual([["acme"], []]);
});

test.each([
  ["nothing", "No signed entry lies in this period."],
  ["too_many", "A kit has at most 200000 entries"],
  ["too_large", "larger than one kit may be"],
  ["unsigned", "No head of this log was signed yet"],
  ["changed", "this log is not what was signed"],
  ["busy", "A kit is being made already"],
  ["failed", "The kit could not be made."],
] as const)(
  "why there is none is said in words, and entered as no reading: %s",
  async (why, said) => {
    const { kits, rig } = await opened(why);
    const who = await rig.signedIn();
    const csrf = csrfOf(await who.get("/console/kit"));
    const seen = await who.post("/console/kit/download", { csrf, from: "2026-10-01", to: "" });
    expect(words(seen)).toContain(said);
    // What was asked stays in the form.
    expect(seen.text).toContain('value="2026-10-01"');
    expect(await kits()).toEqual([]);
  },
);

test("days that are none, or the wrong way round, are not asked for", async () => {
  const { asked, rig } = await opened();
  const who = await rig.signedIn();
  const csrf = csrfOf(await who.get("/console/kit"));
  const wrong = [
    { from: "2026-02-30", to: "" },
    { from: "", to: "yesterday" },
    { from: "2026-10-02", to: "2026-10-01" },
  ];
  for (const days of wrong) {
    const seen = await who.post("/console/kit/download", { csrf, ...days });
    expect(words(seen)).toContain("The period was not understood.");
  }
  expect(asked).toEqual([]);
});
