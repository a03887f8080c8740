/** Retention as somebody signed in sees it: what was pruned, why no more, and legal holds. */
import { expect, test } from "vitest";
import type { PageDeps } from "../../src/console/deps.ts";
import type { Entry } from "../../src/log/entry.ts";
import type { RetentionDesk, RetentionStanding, Stop } from "../../src/log/retentionDesk.ts";
import { card } from "../security/marks.ts";
import { registered } from "../http/kit.ts";
import { csrfOf, watchRig, words } from "./watchRig.ts";

const NUMBER = card(502, "a reason for a legal hold");
const PAGE = "/console/retention";

const standingAt = (standing: Partial<RetentionStanding>): RetentionDesk => ({
  standing: async () => ({ prunedTo: 0, legalHolds: [], ...standing }),
  place: async () => ({ kind: "full" }),
  lift: async () => ({ kind: "log_failed" }),
  reads: () => undefined,
  readsNoMore: () => undefined,
});

test("a hold is placed on a call and lifted again, each with a reason that is an entry", async () => {
  const rig = await watchRig();
  await registered(rig.k, "c7");
  const person = await rig.signedIn();
  const before = await person.get(PAGE);
  expect(words(before)).toContain("nothing is pruned");
  expect(words(before)).toContain("No legal hold stands.");
  const csrf = csrfOf(before);
  const placed = await person.post(`${PAGE}/place`, { csrf, reason: "case 7 <b>", callId: "c7" });
  expect([placed.status, placed.url]).toEqual([200, `http://tacet.example${PAGE}`]);
  expect(words(placed)).toContain("call c7 and what came after, from entry");
  expect(placed.text).not.toContain("case 7 <b>");
  const [holdId = ""] = /name="holdId" value="([^"]+)"/.exec(placed.text)?.slice(1) ?? [];
  const lifted = await person.post(`${PAGE}/lift`, { csrf, holdId, reason: "closed" });
  expect(words(lifted)).toContain("No legal hold stands.");
  expect(await rig.k.entries("LegalHoldPlaced")).toMatchObject([
    { reason: "case 7 <b>", actor: { id: "sue" }, detail: { callId: "c7" } },
  ]);
  expect(await rig.k.entries("LegalHoldLifted")).toMatchObject([
    { reason: "closed", detail: { holdId } },
  ]);
});

test("what cannot be a hold is said, what was typed is kept, and no card number is", async () => {
  const rig = await watchRig();
  const person = await rig.signedIn();
  const csrf = csrfOf(await person.get(PAGE));
  const place = (form: Readonly<Record<string, string>>) =>
    person.post(`${PAGE}/place`, { csrf, ...form });
  expect(words(await place({ reason: " " }))).toContain("Say why.");
  const wrong = await place({ reason: "case 8", since: "soon" });
  expect(words(wrong)).toContain("The day was not understood.");
  expect(wrong.text).toContain('value="case 8"');
  expect(words(await place({ reason: "x", since: "2026-13-01" }))).toContain("not understood");
  expect(words(await place({ reason: "x", callId: "nobody" }))).toContain("no such call");
  const refused = await place({ reason: `paid with ${NUMBER}` });
  expect(words(refused)).toContain("looks like a card number");
  expect(refused.text).not.toContain(NUMBER);
  expect(await rig.k.entries("LegalHoldPlaced")).toEqual([]);
  expect(await rig.k.entries("CardholderDataRefused")).toMatchObject([
    { detail: { operation: "placeLegalHold", path: "/reason" } },
  ]);
  const gone = await person.post(`${PAGE}/lift`, { csrf, holdId: "h9", reason: "closed" });
  expect(words(gone)).toContain("This hold stands no more.");
});

test("whoever may only read sees what stands, has no form, and cannot send one", async () => {
  const rig = await watchRig();
  const owner = await rig.signedIn();
  const csrf = csrfOf(await owner.get(PAGE));
  await owner.post(`${PAGE}/place`, { csrf, reason: "case 7" });
  const reader = await rig.signedIn({ id: "reader", scopes: new Set(["log:read"]) });
  const seen = await reader.get(PAGE);
  expect(words(seen)).toContain("everything from entry 1");
  expect(words(seen)).toContain("needs the scope retention:write");
  expect(seen.text).not.toContain('<button type="submit">Lift');
  const own = csrfOf(seen);
  const sent = await reader.post(`${PAGE}/place`, { csrf: own, reason: "case 9" });
  expect(sent.status).toBe(403);
  const agent = await rig.signedIn({ id: "agent", kind: "agent", agentId: "a-1" });
  expect((await agent.get(PAGE)).status).toBe(403);
});

test.each<[Stop, string]>([
  [{ kind: "legal_hold", holdId: "h1" }, "legal hold h1 stands"],
  [{ kind: "open_incident", incidentId: "i1" }, "incident i1 is open"],
  [{ kind: "copy", destination: "siem" }, "the copy siem does not have them yet"],
  [{ kind: "call", callId: "c1" }, "call c1 is not over"],
  [{ kind: "log" }, "the log could not be read or written"],
])("what keeps old entries is said: %o", async (stoppedBy, told) => {
  const keptFrom = Date.UTC(2025, 10, 22);
  const retention = standingAt({ months: 12, prunedTo: 512, keptFrom, stoppedBy });
  const rig = await watchRig({ more: { retention } });
  const person = await rig.signedIn();
  const text = words(await person.get(PAGE));
  expect(text).toContain("Entries are kept for 12 months.");
  expect(text).toContain("Entries 1 to 512 were pruned. Entries are kept from 2025-11-22");
  expect(text).toContain(told);
});

test("a report and a day's exceptions say that entries of that time were pruned", async () => {
  const { log } = (await watchRig()).deps;
  const kept = { at: Date.UTC(2021, 0, 1), position: 257 } as Entry;
  const pruned: PageDeps["log"] = {
    ...log,
    prunedTo: () => 256,
    read: async (tenant, filter, after, limit) =>
      after === 256 ? { entries: [kept], indexedTo: 257 } : log.read(tenant, filter, after, limit),
  };
  const later = await watchRig({ more: { log: pruned } });
  const person = await later.signedIn();
  const old = "2020-01-01";
  const said = "of such days this page shows nothing";
  expect(words(await person.get(`/console/report?from=${old}&to=${old}`))).toContain(said);
  expect(words(await person.get(`/console/exceptions?day=${old}`))).toContain(said);
  expect(words(await person.get("/console/exceptions"))).not.toContain(said);
});
