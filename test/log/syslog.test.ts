/** Syslog messages as RFC 5424 has them, read back by a parser that follows its grammar to the letter. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../src/log/entry.ts";
import { syslogFrame, syslogSeverity } from "../../src/log/syslog.ts";
import { frameReader, parseSyslog, type SyslogMessage } from "../service/syslogReceiver.ts";

const SENDER = { facility: 13, hostname: "host.example", processId: 7, enterpriseNumber: 32_473 };
const entry = (more: Partial<Entry> = {}): Entry => ({
  v: 1,
  position: 4,
  at: 1_795_312_000_123,
  clock: "synced",
  tenant: "acme",
  type: "WindowOpened",
  actor: { id: "pay", kind: "payment" },
  origin: { component: "http" },
  outcome: "success",
  salt: "AAAAAAAAAAAAAAAAAAAAAA",
  ...more,
});

function read(bytes: Uint8Array): SyslogMessage[] {
  const got: SyslogMessage[] = [];
  frameReader((one) => got.push(one))(Buffer.from(bytes));
  return got;
}

test("a message has its header, its place in the log, what is known of the clock, and its text", () => {
  const frame = syslogFrame(
    {
      at: 1_795_312_000_123,
      severity: 6,
      type: "WindowOpened",
      data: { origin: "tacet.example/acme", tenant: "acme", position: 4 },
      clock: "synced",
      text: '{"a":1}',
    },
    SENDER,
  );
  expect(Buffer.from(frame).toString()).toBe(
    '180 <110>1 2026-11-22T01:46:40.123Z host.example tacet 7 WindowOpened [tacet@32473 origin="tacet.example/acme" tenant="acme" position="4"][timeQuality tzKnown="1" isSynced="1"] {"a":1}',
  );
});

test("whatever is in a message, a strict reader gets it back, and finds the next one", () => {
  const text = fc.string({
    unit: fc.constantFrom(
      "a",
      "ü",
      "\u{feff}",
      "\u{1f600}",
      "\n",
      "\0",
      "]",
      '"',
      "\\",
      " ",
      "=",
      "\ud800",
    ),
  });
  fc.assert(
    fc.property(
      text,
      text,
      text,
      fc.string(),
      fc.constantFrom("synced", "unsynced", "unknown"),
      (one, two, value, type, clock) => {
        const told = [one, two].map((each) => each.replace(/^\u{feff}/u, "").toWellFormed());
        const data = { origin: value.toWellFormed(), position: 9 };
        const frames = told.map((each) =>
          syslogFrame({ at: 0, severity: 6, type, data, clock, text: each }, SENDER),
        );
        const got = read(Buffer.concat(frames));
        expect(got.map((message) => message.text)).toEqual(told);
        expect(got.map(({ data: of }) => of["tacet@32473"])).toEqual(
          told.map(() => ({ origin: data.origin, position: "9" })),
        );
      },
    ),
  );
});

test("text beyond ASCII says that it is UTF-8, and ASCII is as it is", () => {
  const of = (text: string) =>
    Buffer.from(syslogFrame({ at: 0, severity: 6, type: "x", data: { a: 1 }, text }, SENDER));
  expect(of("grün").includes(Buffer.from("\u{feff}grün"))).toBe(true);
  expect(of("green").includes(Buffer.from("\u{feff}"))).toBe(false);
});

test("a host without a name, and a type that is long or odd, are still a header", () => {
  const sender = { ...SENDER, hostname: "höst name" };
  const one = (type: string) =>
    read(syslogFrame({ at: 0, severity: 6, type, data: { a: 1 }, text: "" }, sender))[0];
  expect(one("é ")).toMatchObject({ messageId: "-", hostname: "hstname" });
  expect(one("x".repeat(40))?.messageId).toBe("x".repeat(32));
  expect(
    read(
      syslogFrame(
        { at: 0, severity: 6, type: "x", data: { a: 1 }, text: "" },
        { ...SENDER, hostname: "" },
      ),
    )[0]?.hostname,
  ).toBe("-");
});

test("what should be so and is not is graver than what was refused, and that than what went well", () => {
  expect(syslogSeverity(entry())).toBe(6);
  expect(syslogSeverity(entry({ outcome: "denied" }))).toBe(4);
  expect(syslogSeverity(entry({ outcome: "failure" }))).toBe(3);
  expect(syslogSeverity(entry({ type: "IncidentOpened" }))).toBe(2);
});

test("the tests' reader takes nothing that is not the RFC's", () => {
  const bad = [
    "<110>2 - - - - - -",
    "<192>1 2026-11-22T01:46:40Z h a p m -",
    "<110>1 2026-11-22 01:46:40 h a p m -",
    '<110>1 2026-11-22T01:46:40Z h a p m [a b="c]"]',
    '<110>1 2026-11-22T01:46:40Z h a p m [a b="c"',
    '<110>1 2026-11-22T01:46:40Z h a p m [a b="c"]x',
    '<110>1 2026-11-22T01:46:40Z h a p m [a b="c"] größer',
  ];
  for (const text of bad) expect(() => parseSyslog(Buffer.from(text))).toThrow();
  expect(() => read(Buffer.from("nonsense"))).toThrow("no frame");
  expect(() => read(Buffer.from("012 <110>1 "))).toThrow("no frame");
});
