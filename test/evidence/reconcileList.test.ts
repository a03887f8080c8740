/** Lists of payments: what is read, what is refused and where, and what is never repeated. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import {
  BadList,
  type Columns,
  PROBLEM_COUNT_MAX,
  readPayments,
} from "../../src/runtime/node/reconcile/paymentList.ts";
import { momentOf } from "../../src/runtime/node/reconcile/paymentTime.ts";
import { cellOf, reportFile } from "../../src/runtime/node/reconcile/reconcileReport.ts";
import { readFile } from "node:fs/promises";

const PAN = "4111 1111 1111 1111";
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tacet-list-"));
  folders.push(folder);
  return folder;
}

const COLUMNS: Columns = {
  time: "time",
  call: "call",
  agent: "agent",
  reference: "reference",
  named: new Set(),
};

async function read(text: string | Buffer, columns: Partial<Columns> = {}, zone?: string) {
  const path = join(await place(), "payments.csv");
  await writeFile(path, text);
  const list = readPayments({
    path,
    columns: { ...COLUMNS, ...columns },
    ...(zone === undefined ? {} : { zone }),
  });
  const rows = [];
  try {
    for await (const row of list.rows) rows.push(row);
  } catch (error) {
    if (!(error instanceof BadList)) throw error;
    return { rows, problems: error.problems, digest: "" };
  }
  return { rows, problems: [], digest: list.digest() };
}

const AT = Date.UTC(2026, 10, 22, 9, 0, 0);

describe("a list", () => {
  test("is read with its own delimiter, order of columns, quotes, line ends and byte order mark", async () => {
    const rows = [
      { at: AT, callId: "c-1", reference: 'a "b", c; d' },
      { at: AT + 1_000, agentId: "a-1" },
    ];
    const texts = [
      'time,call,agent,reference\n2026-11-22T09:00:00Z,c-1,,"a ""b"", c; d"\n1795338001,,a-1,\n',
      '\uFEFFReference;Call;Agent;Time\r\n"a ""b"", c; d";c-1;;2026-11-22T10:00:00+01:00\r\n\r\n;;a-1;1795338001000',
      '"time","call","agent","reference","x;y;z;u"\n2026-11-22 09:00:00Z,c-1,,"a ""b"", c; d",\n1795338001.0,,a-1,,\n',
    ];
    for (const text of texts) {
      const { digest, problems, rows: found } = await read(text);
      expect(problems).toEqual([]);
      expect(found.map(({ line: _, ...row }) => row)).toEqual(rows);
      expect(digest).toBe(createHash("sha256").update(text).digest("hex"));
    }
  });

  test("names the line a row begins on, also after quoted line ends and empty lines", async () => {
    for (const end of ["\n", "\r\n"]) {
      const lines = [
        "time,call,reference",
        "1795338000,c-1,x",
        "",
        `1795338000,c-2,"a${end}b"`,
        "1795338000,c-3,y",
      ];
      const { rows } = await read(lines.join(end));
      expect(rows.map(({ line }) => line)).toEqual([2, 4, 6]);
      const wrong = await read([...lines, "noon,c-4,z"].join(end));
      expect(wrong.problems.join()).toMatch(/^Line 7: its time is no time/);
    }
  });

  test("may call its columns otherwise; what is named and missing is told", async () => {
    const columns = { time: "Zeit", call: "Gespräch", named: new Set(["time", "call"] as const) };
    expect((await read("Gespräch;zeit\nc-1;1795338000\n", columns)).rows).toHaveLength(1);
    expect((await read("time,Nr\n1795338000,1\n", columns)).problems).toEqual([
      'There is no column "Zeit" (--time). There are: time, Nr.',
    ]);
    expect((await read("time,Nr\n1795338000,1\n")).problems.join()).toMatch(
      /neither a column "call"/,
    );
    const reference = { named: new Set(["reference"] as const) };
    expect((await read("time,call\n1795338000,c-1\n", reference)).problems.join()).toMatch(
      /--reference/,
    );
  });

  test("with a card number in any cell is refused by line and column, and never told", async () => {
    const texts = [
      [
        `time,call,reference\n1795338000,c-1,ok\n1795338000,c-2,order ${PAN}\n`,
        /^Line 3, column reference: /,
      ],
      [
        `time,call,what else\n1795338000,c-1,${PAN.replaceAll(" ", "-")}\n`,
        /^Line 2, column what else: /,
      ],
      [`time,call,${PAN}\n1795338000,c-1,x\n`, /^Line 1, column number 3: /],
      [`time,call\n1795338000,4111111111111111\n`, /^Line 2, column call: /],
      [`time,call\n${PAN},c-1\n`, /^Line 2, column time: /],
      [`time,agent\n1795338000,"${PAN}"\n`, /^Line 2, column agent: /],
    ] as const;
    for (const [text, message] of texts) {
      const { problems, rows } = await read(text);
      expect(problems.join("\n")).toMatch(message);
      expect(problems.join("\n")).not.toMatch(/1111/);
      expect(rows.length).toBeLessThan(2);
    }
  });

  test("of identifiers that only look like card numbers is read: times and UUIDs are judged by form", async () => {
    // 13 digits that pass Luhn's check, and a UUID whose digits do.
    const { problems } = await read(
      "time,call,reference\n1795338000009,1795338000009,41111111-1111-1111-1111-111111111111\n",
    );
    expect(problems).toEqual([]);
  });

  test("that cannot be read says where and what to do, in words of its own", async () => {
    const of = async (text: string | Buffer) => (await read(text)).problems.join("\n");
    expect(await of("")).toMatch(/is empty/);
    expect(await of("time,call\n1795338000\n")).toMatch(/^Line 2 has more or fewer cells/);
    expect(await of('time,call\n1795338000,"secret-words"x\n')).toMatch(/^Line 2 is no CSV row/);
    expect(await of(`time,call\n1795338000,"${"secret-words".repeat(9_000)}`)).toMatch(
      /^Line 2 is no CSV row/,
    );
    expect(await of("time,call\n1795338000,\n")).toMatch(
      /^Line 2 names neither a call nor an agent/,
    );
    expect(await of(Buffer.from([0x74, 0x69, 0x6d, 0x65, 0xff, 0x0a]))).toMatch(/not UTF-8/);
    expect(await of('time,call\n1795338000,"secret-words"x\n')).not.toContain("secret");
  });

  test("of which much is wrong tells so many things and no more", async () => {
    const { problems, rows } = await read(`time,call\n${"noon,c-1\n".repeat(500)}`);
    expect([problems.length, rows.length]).toEqual([PROBLEM_COUNT_MAX, 0]);
  });
});

describe("a time", () => {
  const at = (text: string, zone?: string) => {
    const moment = momentOf(text, zone);
    return moment.ok ? moment.at : moment.problem;
  };

  test("is ISO 8601 with an offset, or Unix seconds or milliseconds", () => {
    for (const text of [
      "2026-11-22T09:00:00Z",
      "2026-11-22 09:00Z",
      "2026-11-22T10:00:00.000+01:00",
      "2026-11-22T03:30:00-0530",
      "2026-11-22T10:00:00+01",
      "1795338000",
      "1795338000.0",
      "1795338000000",
    ]) {
      expect([text, at(text)]).toEqual([text, AT]);
    }
    expect(at("2026-11-22T09:00:00.1239Z")).toBe(AT + 123);
  });

  test("without an offset is the zone's; what came twice or never is told", () => {
    expect(at("2026-11-22T09:00:00")).toMatch(/--zone/);
    expect(at("2026-11-22T10:00:00", "Europe/Madrid")).toBe(AT);
    expect(at("2026-07-01 12:00:00", "Europe/Madrid")).toBe(Date.UTC(2026, 6, 1, 10));
    expect(at("2026-10-25T02:30:00", "Europe/Madrid")).toMatch(/came twice/);
    expect(at("2026-03-29T02:30:00", "Europe/Madrid")).toMatch(/sprang over/);
  });

  test("that is none is told without being repeated", () => {
    for (const text of [
      "",
      "noon",
      "2026-13-01T00:00:00Z",
      "2026-02-30T00:00:00Z",
      "2026-11-22",
      "17",
      "2026-11-22T09:00:61Z",
    ]) {
      expect(at(text)).toMatch(/is (?:no time|a date or time that there is not)/);
    }
  });
});

describe("a file of what was found", () => {
  const payment = { line: 2, at: AT, callId: "c-1", reference: '=HYPERLINK("x")' };
  const finding = { outcome: "secured", why: "open", callId: "c-1", windowId: "w-1" } as const;
  const result = {
    counts: { secured: 1, late: 0, unsecured: 0, no_window: 0 },
    digest: "0".repeat(64),
    from: AT,
    to: AT,
    toleranceMs: 5_000,
    against: { size: 3, root: "r", verified: false },
  };

  test("holds no formula that a spreadsheet would run", async () => {
    for (const text of ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "|x", "%x"]) {
      expect(cellOf(text).replace(/^"/, "").startsWith("'")).toBe(true);
    }
    expect(cellOf('a "b", c')).toBe('"a ""b"", c"');
    const path = join(await place(), "out.csv");
    const file = await reportFile(path);
    await file.write({ payment, finding });
    await file.end(result);
    expect(await readFile(path, "utf8")).toBe(
      'line,time,call,agent,reference,outcome,why,windowId\r\n2,2026-11-22T09:00:00.000Z,c-1,,"\'=HYPERLINK(""x"")",secured,open,w-1\r\n',
    );
  });

  test("is JSON with its sums where its name says so", async () => {
    for (const count of [0, 1, 2]) {
      const path = join(await place(), "out.JSON");
      const file = await reportFile(path);
      for (let index = 0; index < count; index += 1) await file.write({ payment, finding });
      await file.end(result);
      const read = JSON.parse(await readFile(path, "utf8")) as {
        payments: unknown[];
        summary: unknown;
      };
      expect(read.payments).toHaveLength(count);
      expect(read.summary).toEqual(result);
    }
  });

  test("that cannot be written is told", async () => {
    await expect(reportFile(join(await place(), "none", "out.csv"))).rejects.toThrow();
  });
});
