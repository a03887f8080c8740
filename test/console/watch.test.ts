/** Overview, exceptions with their sign-off, incidents and integrity, as somebody signed in sees them. */
import { expect, test } from "vitest";
import { openCheckpoint } from "../../src/log/checkpoint.ts";
import { LogUnavailable } from "../../src/control/within.ts";
import { readEntry } from "../../src/log/form.ts";
import { signerOf } from "../../src/log/note.ts";
import { days } from "../../src/console/watch/days.ts";
import { card } from "../security/marks.ts";
import { registered } from "../http/kit.ts";
import { csrfOf, type WatchRig, watchRig, words } from "./watchRig.ts";

const NUMBER = card(501, "a note on the console");
const FRESH_MS = 3_000;
const dayOf = ({ time }: WatchRig) => new Date(time.now).toISOString().slice(0, 10);

/** A pause that no recorder confirms: it stays not secured. */
async function unsecured(rig: WatchRig, callId: string): Promise<void> {
  rig.k.rigs.main.ignoring = true;
  await registered(rig.k, callId);
  const answer = await rig.k.send("POST", `/v1/calls/${callId}/pause`, "pay", {
    windowId: `w-${callId}`,
    waitMs: 200,
  });
  expect(answer.status).toBe(424);
  await expect
    .poll(async () => (await rig.k.entries("ConfirmationOverdue")).some((e) => e.callId === callId))
    .toBe(true);
}
async function secured(rig: WatchRig, callId: string): Promise<void> {
  rig.k.rigs.main.ignoring = false;
  await registered(rig.k, callId);
  const body = { windowId: `w-${callId}` };
  const paused = await rig.k.send("POST", `/v1/calls/${callId}/pause`, "pay", body);
  expect(paused.status).toBe(200);
  await rig.k.send("POST", `/v1/calls/${callId}/resume`, "pay", body);
}

const suspicion = (callId: string, recordingId: string) => ({
  tenant: "acme",
  callId,
  recorderId: "main",
  recordingId,
  windowIds: [`w-${callId}`],
  by: "time" as const,
  cause: "not_secured" as const,
  ranges: [{ fromMs: 1_000, toMs: 2_500 }],
});

test("the overview counts today's windows by outcome and says the target they are held against", async () => {
  const rig = await watchRig();
  await secured(rig, "good");
  await unsecured(rig, "bad");
  await rig.k.incidents.suspect(suspicion("bad", "rec-1"));
  const person = await rig.signedIn();
  rig.time.now = Date.now();
  const seen = await person.get("/console");
  expect(seen.status).toBe(200);
  const text = words(seen);
  expect(text).toContain("Secured in time 1 ");
  expect(text).toContain("Never secured 1 ");
  expect(text).toContain("Target: at most 40 ms a window.");
  expect(text).toMatch(/Open incidents 1 /);
  expect(text).toMatch(/Exceptions 1 /);
  expect(seen.text).toMatch(/<svg[^>]*role="img"[^>]*aria-labelledby="secured-after-title"/);
  // The table says the same as the plots: a row a day.
  expect(seen.text.match(/<th scope="row"><time datetime="\d{4}-\d\d-\d\d"/g)).toHaveLength(14);
  expect((await rig.k.entries("LogRead")).at(-1)).toMatchObject({
    reason: "overview",
    actor: { id: "sue" },
    origin: { ip: "192.0.2.7", component: "console" },
  });
});

test("what was verified is said with its entry and moment, and what does not verify loudly", async () => {
  const custody = {
    verification: [{ tenant: "acme", ok: true, position: 41, at: 1_700_000_000_000 }],
  };
  const rig = await watchRig({ more: { custody: () => custody } });
  const person = await rig.signedIn();
  expect(words(await person.get("/console"))).toContain(
    "Verified to entry 41 at 2023-11-14 22:13:20 UTC",
  );
  Object.assign(custody.verification[0] as object, { ok: false, failure: { firstBad: 17 } });
  expect(words(await person.get("/console"))).toContain("THE LOG DOES NOT VERIFY");
  expect(words(await person.get("/console/integrity"))).toContain("The first wrong entry is 17.");
});

test("one page view reads a bounded number of entries, says so, and the next goes on", async () => {
  const rig = await watchRig();
  for (let index = 0; index < 6; index += 1) await secured(rig, `c${index}`);
  const entries = await rig.k.entries();
  const day = dayOf(rig);
  let readCount = 0;
  const log: Pick<typeof rig.k.log, "read"> = {
    async read(...asked) {
      const page = await rig.k.log.read(...asked);
      readCount += page.entries.length;
      return page;
    },
  };
  const reader = days(log, () => rig.time.now, 20);
  const [first] = await reader.read("acme", [day]);
  expect(first?.isWhole).toBe(false);
  expect(readCount).toBeLessThanOrEqual(20);
  let views = 1;
  for (let whole = false; !whole && views < 50; views += 1)
    whole = (await reader.read("acme", [day]))[0]?.isWhole ?? false;
  const [all] = await reader.read("acme", [day]);
  expect(all?.figures.windows.secured).toBe(6);
  expect(views).toBeGreaterThanOrEqual(Math.floor(entries.length / 20));
  // Fresh figures are not read again.
  readCount = 0;
  await reader.read("acme", [day]);
  expect(readCount).toBe(0);
  rig.time.now += FRESH_MS + 1;
  await reader.read("acme", [day]);
  expect(readCount).toBe(0);
});

test("a call from before the day is brought in, so that its time counts to the day it passed in", async () => {
  const rig = await watchRig();
  await secured(rig, "c1");
  const all = await rig.k.entries();
  const opened = all.find(({ type }) => type === "WindowOpened");
  const day = dayOf(rig);
  // The day begins, for this reader, at the window's opening.
  const log: Pick<typeof rig.k.log, "read"> = {
    read: (tenant, filter, after, limit) =>
      rig.k.log.read(
        tenant,
        filter,
        filter.callId === undefined ? Math.max(after, (opened?.position ?? 1) - 1) : after,
        limit,
      ),
  };
  const [read] = await days(log, () => rig.time.now).read("acme", [day]);
  expect(read?.figures.windows.secured).toBe(1);
});

test("each exception leads to its call and its incident; the day chosen is the day shown", async () => {
  const rig = await watchRig();
  await unsecured(rig, "bad");
  const incidentId = await rig.k.incidents.suspect(suspicion("bad", "rec-1"));
  const person = await rig.signedIn();
  rig.time.now = Date.now();
  const seen = await person.get(`/console/exceptions?day=${dayOf(rig)}`);
  expect(seen.text).toContain('href="/console/calls/bad"');
  expect(seen.text).toContain(`href="/console/incidents/${incidentId}"`);
  expect(words(seen)).toContain("Not secured bad w-bad main Open");
  expect(words(await person.get("/console/exceptions?day=2020-02-29"))).toContain(
    "Nothing of this kind on 2020-02-29.",
  );
  const other = await person.get(`/console/exceptions?day=${dayOf(rig)}&kind=stalled`);
  expect(other.text).not.toContain('href="/console/calls/bad"');
});

test("a suspect recording leads to its own incident, though the window has another's too", async () => {
  const rig = await watchRig();
  const ids = [];
  for (const recordingId of ["rec-1", "rec-2"]) {
    ids.push(await rig.k.incidents.suspect(suspicion("c1", recordingId)));
    await rig.k.log.enter([
      {
        at: Date.now(),
        tenant: "acme",
        type: "WindowJudged",
        callId: "c1",
        windowId: "w-c1",
        recorderId: "main",
        actor: { id: "tacet", kind: "system" },
        origin: { component: "evidence" },
        outcome: "failure",
        reason: "suspect",
        detail: { recordingId, by: "time" },
      },
    ]);
  }
  const person = await rig.signedIn();
  rig.time.now = Date.now();
  const { text } = await person.get("/console/exceptions?kind=suspect");
  const led = [...text.matchAll(/href="\/console\/incidents\/([^"]+)"/g)].map(([, id]) => id);
  // The newest first.
  expect(led).toEqual(ids.toReversed());
});

test("a sign-off is an entry with the counts and the signed head, and a later change is shown", async () => {
  const rig = await watchRig();
  await unsecured(rig, "bad");
  const person = await rig.signedIn();
  rig.time.now = Date.now();
  const day = dayOf(rig);
  const seen = await person.get("/console/exceptions");
  expect(words(seen)).toContain("Nobody has signed this day off yet.");
  const form = (from: typeof seen, note: string) => ({
    csrf: csrfOf(from),
    day,
    seen: /name="seen" value="([^"]+)"/.exec(from.text)?.[1] ?? "",
    note,
  });
  const after = await person.post(
    "/console/exceptions/review",
    form(seen, "asked the <b>vendor</b>"),
  );
  expect(after.url).toContain(`/console/exceptions?day=${day}`);
  expect(words(after)).toMatch(/sue Not secured: 1;/);
  expect(after.text).toContain("asked the &lt;b&gt;vendor&lt;/b&gt;");
  expect(after.text).not.toContain("Changed since it was signed");
  const [entry] = await rig.k.entries("DailyReviewSigned");
  expect(entry).toMatchObject({
    actor: { id: "sue", kind: "supervisor" },
    outcome: "success",
    detail: { day, counts: { not_secured: 1, drifted: 0 }, note: "asked the <b>vendor</b>" },
  });
  expect(entry?.detail?.["checkpoint"]).toMatch(/^tacet\.test\/acme\n\d+\n/);

  await unsecured(rig, "worse");
  rig.time.now = Date.now() + FRESH_MS + 1;
  const changed = await person.get("/console/exceptions");
  expect(words(changed)).toContain("Changed since it was signed: Not secured: 1 → 2");
  // What was not looked at is not signed.
  const stale = await person.post("/console/exceptions/review", form(seen, "again"));
  expect(words(stale)).toContain("The day changed while you looked.");
  expect(await rig.k.entries("DailyReviewSigned")).toHaveLength(1);
});

test("a sign-off that the log does not take, or with a card number in it, is none", async () => {
  const rig = await watchRig();
  const person = await rig.signedIn();
  const seen = await person.get("/console/exceptions");
  const form = (note: string) => ({
    csrf: csrfOf(seen),
    day: dayOf(rig),
    seen: "0,0,0,0,0,0",
    note,
  });
  const refused = await person.post("/console/exceptions/review", form(`paid ${NUMBER}`));
  expect(words(refused)).toContain("could be a card number");
  expect(refused.text).not.toContain(NUMBER);
  expect(await rig.k.entries("CardholderDataRefused")).toHaveLength(1);
  rig.k.log.fail(true);
  const failed = await person.post("/console/exceptions/review", form("fine"));
  expect(words(failed)).toContain("the log did not take it");
  rig.k.log.fail(false);
  expect(await rig.k.entries("DailyReviewSigned")).toEqual([]);
  expect(JSON.stringify(await rig.k.entries())).not.toContain(NUMBER);
});

test("whoever may only read sees reviews and incidents, and has no form", async () => {
  const rig = await watchRig();
  const incidentId = (await rig.k.incidents.suspect(suspicion("c1", "rec-1"))) ?? "";
  const reader = await rig.signedIn({ id: "aud", kind: "auditor", scopes: new Set(["log:read"]) });
  const review = await reader.get("/console/exceptions");
  expect(review.text).not.toContain('action="/console/exceptions/review"');
  const one = await reader.get(`/console/incidents/${incidentId}`);
  expect(words(one)).toContain("main rec-1");
  expect(one.text).not.toContain("/note");
  const csrf = csrfOf(one);
  const tried = await reader.post(`/console/incidents/${incidentId}/close`, { csrf, text: "x" });
  expect(tried.status).toBe(403);
  expect((await rig.k.incidents.find("acme", incidentId))?.state).toBe("open");
  expect(rig.facts.at(-1)).toMatchObject({ type: "AccessDenied", action: "work_incidents" });
});

test("an incident is noted and closed by whoever is signed in, and stays closed", async () => {
  const rig = await watchRig();
  const incidentId = (await rig.k.incidents.suspect(suspicion("c1", "rec-1"))) ?? "";
  const person = await rig.signedIn();
  const path = `/console/incidents/${incidentId}`;
  expect(words(await person.get("/console/incidents"))).toContain("main rec-1");
  const seen = await person.get(path);
  expect(seen.text).toContain("\u20661.0–2.5 s\u2069");
  const csrf = csrfOf(seen);
  const noted = await person.post(`${path}/note`, {
    csrf,
    text: "heard it",
    cause: "old firmware",
  });
  expect(words(noted)).toContain("heard it");
  expect(words(noted)).toContain("old firmware");
  expect(words(await person.post(`${path}/close`, { csrf, text: "  " }))).toContain(
    "Write what was found or done.",
  );
  expect((await rig.k.incidents.find("acme", incidentId))?.state).toBe("open");
  const refused = await person.post(`${path}/close`, { csrf, text: `it was ${NUMBER}` });
  expect(words(refused)).toContain("could be a card number");
  expect(refused.text).not.toContain(NUMBER);
  const closed = await person.post(`${path}/close`, { csrf, text: "redacted" });
  expect(words(closed)).toContain("Closed for good.");
  expect(await rig.k.incidents.find("acme", incidentId)).toMatchObject({
    state: "closed",
    foundCause: "old firmware",
    notes: [
      { by: "sue", text: "heard it" },
      { by: "sue", text: "redacted" },
    ],
  });
  expect(words(await person.post(`${path}/note`, { csrf, text: "more" }))).toContain(
    "was closed before",
  );
  expect(words(await person.get("/console/incidents"))).toContain("There are none.");
  expect(words(await person.get("/console/incidents?state=closed"))).toContain("main rec-1");
  const [entry] = await rig.k.entries("IncidentClosed");
  expect(entry?.origin).toMatchObject({ ip: "192.0.2.7" });
  expect((await person.get("/console/incidents/nobody")).status).toBe(404);
});

test("the integrity page hands out the very bytes that were signed, and says whose check counts", async () => {
  const rig = await watchRig();
  await secured(rig, "c1");
  const person = await rig.signedIn();
  const seen = await person.get("/console/integrity");
  expect(words(seen)).toContain("This log is nobody's evidence");
  const { text, headers } = await person.get("/console/integrity/entries?after=2");
  expect(headers.get("content-type")).toContain("application/x-ndjson");
  const [line = ""] = text.split("\n");
  const formed = readEntry(new TextEncoder().encode(line));
  expect(formed.kind === "entry" && formed.entry.position).toBe(3);
  const note = (await person.get("/console/integrity/checkpoint")).text;
  expect(note).toMatch(/^tacet\.test\/acme\n\d+\n/);
  const key = await signerOf("tacet.test", new Uint8Array(32).fill(7));
  expect((await openCheckpoint(note, key)).size).toBeGreaterThan(3);
});

test("a receipt is a file to keep, and where there is no such entry that is said", async () => {
  const rig = await watchRig();
  await secured(rig, "c1");
  const person = await rig.signedIn();
  const receipt = await person.get("/console/integrity/receipt?position=2");
  expect(receipt.headers.get("content-disposition")).toContain("receipt-2.txt");
  expect(receipt.text).toBe("receipt of 2\n");
  expect(words(await person.get("/console/integrity/receipt?position=999"))).toContain(
    "The log has no entry of this number.",
  );
});

test("a log that cannot be read is said so, without a word of what is inside", async () => {
  const rig = await watchRig({
    more: { receipt: () => Promise.reject(new LogUnavailable("the disk of /secret/place")) },
  });
  const person = await rig.signedIn();
  const seen = await person.get("/console/integrity/receipt?position=1");
  expect([seen.status, words(seen).includes("The log cannot be read now.")]).toEqual([503, true]);
  expect(seen.text).not.toContain("secret");
  expect(rig.trouble).toHaveLength(1);
});

test("whoever may only watch calls begins at the wall, and is not asked for more", async () => {
  const rig = await watchRig();
  const person = await rig.signedIn({ scopes: new Set(["events:read"]) });
  const seen = await person.get("/console");
  expect(seen.url).toContain("/console/wall");
  expect(seen.text).not.toContain('href="/console/integrity"');
  expect((await person.get("/console/integrity")).status).toBe(403);
});
