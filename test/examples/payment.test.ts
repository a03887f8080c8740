/**
 * The recipes for pause and resume, each run as somebody would run it: against the sandbox's real
 * service, and against one that answers as badly as it can.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { CONVERSATIONS, type Sandbox, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { UCC } from "../../src/runtime/node/sandboxConfig.ts";
import { asking, entriesOf } from "../service/client.ts";
import { cleanUpRecipes, recipes, run } from "./runtimes.ts";
import { OVER, SAFE, scripted, type Step } from "./scripted.ts";

// Eight other programs may be busy on this machine.
vi.setConfig({ testTimeout: 120_000 });
afterAll(cleanUpRecipes);

const page = readFileSync(new URL("../../examples/README.md", import.meta.url), "utf8");

test("every recipe has its line in examples/README.md", () => {
  expect(recipes.length).toBeGreaterThan(5);
  for (const { file } of recipes) expect(page).toContain(`](${file})`);
});

test("what no test has ever run is marked so", () => {
  const marked = page.split("\n").filter((line) => line.includes("not run"));
  expect(marked.map((line) => /\]\(([^)]+)\)/.exec(line)?.[1])).toEqual(["powershell/payment.ps1"]);
});

/** What a simulated recorder truly does with a conversation now. */
async function heardBy(origin: string, target: string): Promise<string | undefined> {
  const journal = (await (await fetch(`${origin}/_sim/journal`)).json()) as readonly {
    readonly target: string;
    readonly status: string;
  }[];
  return journal.findLast((line) => line.target === target)?.status;
}

const lines = (out: string): readonly string[] => out.split(/\r?\n/).filter((line) => line !== "");

for (const { command, file, language } of recipes) {
  describe.skipIf(command === undefined)(`${language}: examples/${file}`, () => {
    const payment = (
      url: string,
      env: Readonly<Record<string, string>> = {},
      heard?: (out: string) => void,
      [callId, windowId] = ["call-1", "pay-1"],
      key = "key-1",
    ) =>
      run(
        command ?? [],
        [callId, windowId].map(String),
        {
          TACET_URL: url,
          TACET_KEY: key,
          LEASE_MS: "60000",
          TRY_MS: "4000",
          WORK_MS: "300",
          ...env,
        },
        heard,
      );

    describe("against the sandbox", () => {
      let sandbox: Sandbox;
      let folder: string;
      const callId = "call-example";
      const [talk] = CONVERSATIONS;
      const truth = () =>
        Promise.all([
          heardBy(sandbox.anywherenow.origin, talk.correlationId),
          heardBy(sandbox.vslogger.origin, talk.channel),
        ]);
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), "tacet-example-"));
        sandbox = await startSandbox({ folder, port: 0, logger: nodeLogger("error") });
        const registered = await asking(sandbox.service.api.url, sandbox.keys.payment)(
          "PUT",
          `/v1/calls/${callId}`,
          {
            agentId: "a-204",
            targets: {
              "anywherenow-demo": { uccName: UCC, correlationId: talk.correlationId },
              "vslogger-demo": { channel: Number(talk.channel) },
            },
          },
        );
        expect(registered.status).toBe(201);
      });
      afterAll(async () => {
        await sandbox.stop("the test is over");
        rmSync(folder, { recursive: true, force: true });
      });
      const here = (windowId: string, env: Record<string, string>, heard?: (out: string) => void) =>
        payment(sandbox.service.api.url, env, heard, [callId, windowId], sandbox.keys.payment);
      const auditor = () => asking(sandbox.service.api.url, sandbox.keys.auditor);

      test("says safe only while every recorder is silent, outlives its lease by renewing, and has them record again", async () => {
        let atSafe: ReturnType<typeof truth> | undefined;
        // Long enough for a busy machine, and longer than the lease.
        const env = { LEASE_MS: "6000", TRY_MS: "20000", WORK_MS: "8000" };
        const ran = await here("pay-good", env, (out) => {
          if (out.includes("safe")) atSafe ??= truth();
        });
        expect({ ...ran, out: lines(ran.out) }).toEqual({
          code: 0,
          err: "",
          out: ["safe", "closed"],
        });
        expect(await atSafe).toEqual(["paused", "paused"]);
        await vi.waitFor(
          async () => expect(await truth()).toEqual(["recording", "recording"]),
          20_000,
        );
        const entries = await entriesOf(auditor(), "&windowId=pay-good");
        expect(entries.filter(({ type }) => type === "WindowOpened")).toHaveLength(1);
        expect(entries.map(({ type }) => type)).toContain("WindowRenewed");
        expect(entries.map(({ type }) => type)).toContain("WindowClosed");
      });

      test("a recorder that says yes and goes on recording makes it say not safe, fail, and close its window", async () => {
        const faults = `${sandbox.anywherenow.origin}/_sim/faults`;
        await asking(faults)("POST", "", { name: "ack-and-ignore" });
        const ran = await here("pay-bad", { TRY_MS: "2500" });
        await asking(faults)("DELETE", "");
        expect(ran.code).toBe(1);
        expect(lines(ran.out)).toEqual(["not safe: 424", "closed"]);
        const entries = await entriesOf(auditor(), "&windowId=pay-bad");
        expect(entries.filter(({ type }) => type === "WindowOpened")).toHaveLength(1);
      });
    });

    const against = async (
      pause: readonly Step[],
      renew: readonly Step[],
      resume: readonly Step[],
      env: Readonly<Record<string, string>> = {},
    ) => {
      const service = await scripted({ pause, renew, resume });
      try {
        const ran = await payment(service.url, env, undefined, ["a call/1", "pay 1"]);
        return { ...ran, said: lines(ran.out), heard: service.heard };
      } finally {
        await service.close();
      }
    };

    test.concurrent("503, a broken connection and 424 are asked about again, after Retry-After, by the same window id", async () => {
      const no = { status: 424, body: { safeToCollect: false }, retryAfter: 1 };
      const busy = { status: 503, body: { code: "busy" }, retryAfter: 2 };
      const ran = await against([busy, "cut", no, SAFE], [SAFE], [busy, OVER], { TRY_MS: "20000" });
      expect(ran).toMatchObject({ code: 0, err: "", said: ["safe", "closed"] });
      const pauses = ran.heard.filter(({ what }) => what === "pause");
      const resumes = ran.heard.filter(({ what }) => what === "resume");
      expect(resumes).toHaveLength(2);
      // A client may ask anew by itself where a connection broke.
      expect(pauses.length).toBeGreaterThanOrEqual(4);
      expect((pauses[1]?.at ?? 0) - (pauses[0]?.at ?? 0)).toBeGreaterThan(1_900);
      for (const { body, key, path } of [...pauses, ...resumes]) {
        expect([body["windowId"], key]).toEqual(["pay 1", "Bearer key-1"]);
        expect(path).toMatch(/^\/v1\/calls\/a%20call%2F1\//);
      }
      for (const { path } of ran.heard.filter(({ what }) => what === "renew"))
        expect(path).toBe("/v1/windows/pay%201/renew");
    });

    test.concurrent("nothing but a 200 whose boolean is true, for a time, is taken for safe", async () => {
      const retryAfter = 0;
      const untrue: readonly Step[] = [
        { status: 200, retryAfter, body: { safeToCollect: false, collectForMs: 60_000 } },
        { status: 200, retryAfter, body: { safeToCollect: "true", collectForMs: 60_000 } },
        { status: 200, retryAfter, body: { collectForMs: 60_000 } },
        { status: 200, retryAfter, body: { safeToCollect: true, collectForMs: 0 } },
        { status: 200, retryAfter, body: { safeToCollect: true } },
        {
          status: 200,
          retryAfter,
          body: '{"note":"\\"safeToCollect\\":true","collectForMs":9000}',
        },
        { status: 200, retryAfter, body: "<!doctype html><title>Sign in</title>" },
        { status: 200, retryAfter, body: "" },
        { status: 424, retryAfter, body: { safeToCollect: true, collectForMs: 60_000 } },
        { status: 503, retryAfter, body: { safeToCollect: true, collectForMs: 60_000 } },
        { status: 409, body: { code: "window_closed", safeToCollect: false } },
      ];
      const ran = await against(untrue, [SAFE], [OVER], { TRY_MS: "60000" });
      expect(ran).toMatchObject({ code: 1, said: ["not safe: 409", "closed"] });
      expect(ran.heard.map(({ what }) => what)).toEqual([...untrue.map(() => "pause"), "resume"]);
    });

    test.concurrent("a renewal that says no ends it at once, whatever was promised", async () => {
      const ran = await against([SAFE], [{ status: 424, body: { safeToCollect: false } }], [OVER], {
        WORK_MS: "60000",
      });
      expect(ran).toMatchObject({ code: 1, said: ["safe", "lost: stop collecting", "closed"] });
      expect(ran.heard.map(({ what }) => what)).toEqual(["pause", "renew", "resume"]);
    });

    test.concurrent("where nothing answers any more, the last yes holds for as long as it promised and no longer", async () => {
      const short = { status: 200, body: { safeToCollect: true, collectForMs: 4_000 } };
      const ran = await against([short], ["cut"], [{ status: 500, body: "", retryAfter: 0 }], {
        WORK_MS: "60000",
      });
      expect(ran).toMatchObject({ code: 1 });
      expect(ran.said).toEqual(["safe", "lost: stop collecting", "left to its lease"]);
      expect(ran.heard.filter(({ what }) => what === "renew").length).toBeGreaterThan(1);
      // Long before the pretended payment was done.
      const given = ran.heard.find(({ what }) => what === "resume")?.at ?? Infinity;
      expect(given - (ran.heard[0]?.at ?? 0)).toBeLessThan(30_000);
    });

    test("without its arguments it says how it is used", async () => {
      const ran = await run(command ?? [], [], { TACET_URL: "", TACET_KEY: "" });
      expect(ran).toMatchObject({ code: 2, out: "" });
      expect(ran.err).toContain("usage:");
    });
  });
}
