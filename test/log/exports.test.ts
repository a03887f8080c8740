/** Entries for others: nothing is lost, nothing runs, nothing breaks out of its place. */
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../src/log/entry.ts";
import { cefLine, cell, csvHead, csvRow, ocsfLine } from "../../src/log/exports.ts";

const PRODUCT = { version: "1.2.3", origin: "tacet.example/acme" };
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    "=1+1",
    "@SUM(A1)",
    "-2",
    "+3",
    "\t=x",
    "a;=1+1",
    "b\n =2",
    "\uff1d3",
    'a"b,c',
    "x|y=z\\",
    "l1\r\nl2\u2028l3",
  ),
);
const entries: fc.Arbitrary<Entry> = fc.record(
  {
    v: fc.constant(1 as const),
    position: fc.integer({ min: 1, max: 1_000_000 }),
    at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    clock: fc.constantFrom("synced", "unsynced", "unknown"),
    tenant: text,
    type: fc.constantFrom("WindowOpened", "RecorderFailed", "AccessDenied", "IncidentOpened"),
    actor: fc.record({ id: text, kind: fc.constantFrom("payment", "agent"), client: text }),
    origin: fc.record({ ip: text, component: text }),
    outcome: fc.constantFrom("success", "failure", "denied"),
    salt: fc.constant("AAAAAAAAAAAAAAAAAAAAAA"),
    reason: text,
    callId: text,
    windowId: text,
    recorderId: text,
    detail: fc.dictionary(text, text, { maxKeys: 3 }),
  },
  {
    requiredKeys: [
      "v",
      "position",
      "at",
      "clock",
      "tenant",
      "type",
      "actor",
      "origin",
      "outcome",
      "salt",
    ],
  },
);

test("a spreadsheet reads every cell back, and runs none", () => {
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 5 }), (all) => {
      const told = csvHead() + all.map(csvRow).join("");
      const rows = parse(told, { columns: true }) as Record<string, string>[];
      expect(rows).toHaveLength(all.length);
      rows.forEach((row, index) => {
        const entry = all[index] as Entry;
        // Nothing is put in but apostrophes.
        const bare = (value: string | undefined) => (value ?? "").replaceAll("'", "");
        expect(bare(row["callId"])).toBe(bare(entry.callId));
        expect(bare(row["actor"])).toBe(bare(entry.actor.id));
        expect(row["position"]).toBe(String(entry.position));
        for (const value of Object.values(row)) {
          expect(value).not.toMatch(/^[=+\-@\t\r]/);
          // As it is cut where semicolons part cells.
          for (const part of value.split(/[;\t\r\n]/)) {
            expect(part).not.toMatch(/^\s*[=+\-@|%\uff1d]/);
          }
        }
      });
    }),
  );
});

test.each(["=cmd|' /C calc'!A0", "  =1", "\t@x", "-1+2", "%0A=1", "|x"])(
  "a cell that begins like a formula is text: %s",
  (value) => {
    expect(cell(value).replaceAll('"', "")).toMatch(/^'/);
  },
);

test.each([
  ["a;=1+1", "a;'=1+1"],
  ['{"note":"x; =HYPERLINK(1)"}', `{"note":"x;' =HYPERLINK(1)"}`],
  ["first\n-1", "first\n'-1"],
  ["\uff1d1+1", "'\uff1d1+1"],
  ["a, -1; b", "a, -1; b"],
])("a cell that another country's spreadsheet cuts runs nothing either: %j", (value, told) => {
  const [row] = parse(cell(value));
  expect(row?.[0]).toBe(told);
});

/** As the format's own reading rules have it: unescaped bars, then unescaped equal signs. */
function readCef(line: string) {
  const parts = line.split(/(?<!\\)(?:\\\\)*\|/);
  const head = parts.slice(0, 7);
  const rest = line.slice(line.indexOf("rt="));
  const members = [...rest.matchAll(/(?:^| )(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)/g)];
  return { head, members: new Map(members.map(([, name, value]) => [name, value])) };
}

test("a CEF line is one line, and what an entry holds stays in its member", () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const line = cefLine(entry, PRODUCT);
      expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
      const { head, members } = readCef(line);
      expect(head.slice(0, 5)).toEqual(["CEF:0", "tacet", "tacet", "1.2.3", entry.type]);
      expect(Number(members.get("externalId"))).toBe(entry.position);
      expect(Number(members.get("rt"))).toBe(entry.at);
    }),
  );
});

test("nobody forges a member or a header of a CEF line", () => {
  const given = {
    ...(fc.sample(entries, 1)[0] as Entry),
    origin: { ip: "192.0.2.7", component: "api" },
  };
  const evil = { ...given, callId: "x src=6.6.6.6 outcome=success\\", reason: "a=b" };
  const { members } = readCef(cefLine({ ...evil, outcome: "denied" }, PRODUCT));
  expect(members.get("src")).toBe("192.0.2.7");
  expect(members.get("outcome")).toBe("denied");
  expect(members.get("reason")).toBe("a\\=b");
  expect(members.get("cs1")).toBe("x src\\=6.6.6.6 outcome\\=success\\\\");
  const { head } = readCef(cefLine(evil, { ...PRODUCT, version: "1|2" }));
  expect(head[3]).toBe("1\\|2");
});

test("what should be so and is not is graver than what was refused, and that than the rest", () => {
  const given = fc.sample(entries, 1)[0] as Entry;
  const severity = (change: Partial<Entry>) =>
    Number(cefLine({ ...given, ...change }, PRODUCT).split("|")[6]);
  const failed = severity({ type: "RecorderFailed", outcome: "failure" });
  const denied = severity({ type: "AccessDenied", outcome: "denied" });
  const went = severity({ type: "WindowOpened", outcome: "success" });
  expect(severity({ type: "IncidentOpened", outcome: "failure" })).toBeGreaterThan(failed);
  expect(failed).toBeGreaterThan(denied);
  expect(denied).toBeGreaterThan(went);
});

test("an OCSF event is an API activity with everything the class requires", () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const line = ocsfLine(entry, PRODUCT);
      expect(line).not.toContain("\n");
      const event = JSON.parse(line) as Record<string, unknown>;
      expect(event).toMatchObject({
        category_uid: 6,
        class_uid: 6003,
        time: entry.at,
        metadata: { version: "1.3.0", sequence: entry.position, product: { name: "tacet" } },
        actor: { user: { uid: entry.actor.id } },
        api: { operation: entry.type },
      });
      expect(event["type_uid"]).toBe(600_300 + Number(event["activity_id"]));
      expect(event["status_id"]).toBe(entry.outcome === "success" ? 1 : 2);
    }),
  );
});

test("words beside OCSF's numbers are the schema's own, and ours where the number is 99", () => {
  const given = fc.sample(entries, 1)[0] as Entry;
  const told = (type: string, outcome: Entry["outcome"]) =>
    JSON.parse(ocsfLine({ ...given, type, outcome }, PRODUCT)) as Record<string, unknown>;
  expect(told("WindowOpened", "success")).toMatchObject({
    activity_id: 1,
    activity_name: "Create",
    status: "Success",
    status_code: "success",
    actor: { user: { type_id: 99, type: given.actor.kind } },
  });
  expect(told("LogRead", "read")).toMatchObject({ activity_name: "Read", status: "Success" });
  expect(told("WindowClosed", "success")).toMatchObject({ activity_name: "Update" });
  expect(told("RecorderFailed", "failure")).toMatchObject({
    activity_id: 99,
    activity_name: "RecorderFailed",
    status_id: 2,
    status: "Failure",
    status_code: "failure",
  });
  const refused = { status_id: 2, status: "Failure", status_code: "refused" };
  expect(told("CardholderDataRefused", "refused")).toMatchObject(refused);
});

test("a CEF line has addresses where the format's dictionary has room for them", () => {
  const given = fc.sample(entries, 1)[0] as Entry;
  const members = (ip: string) => {
    const entry = { ...given, origin: { ip, component: "api" }, detail: { note: "x" } };
    return readCef(cefLine(entry, PRODUCT)).members;
  };
  const old = members("192.0.2.7");
  expect([old.get("src"), old.get("c6a2")]).toEqual(["192.0.2.7", undefined]);
  const six = members("2001:db8::7");
  expect([six.get("src"), six.get("c6a2")]).toEqual([undefined, "2001:db8::7"]);
  expect(six.get("c6a2Label")).toBe("Source IPv6 Address");
  // `msg` may hold 1,023 characters, a custom string 4,000.
  expect([six.get("cs5Label"), six.get("cs5")]).toEqual(["detail", '{"note":"x"}']);
});
