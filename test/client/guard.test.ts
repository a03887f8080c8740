/** A payment page's guard: the form is never usable longer than tacet's answers allow. */
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { type Guard, type GuardOptions, type GuardState, guard } from "../../client/src/guard.ts";
import { Page } from "./page.ts";

function opened(page: Page, more: Partial<GuardOptions> = {}): Guard & { seen: GuardState[] } {
  const seen: GuardState[] = [];
  const made = guard(
    {
      url: "https://tacet.example",
      callId: "c-1",
      getTicket: () => Promise.resolve("tkt_1"),
      onChange: (state) => void seen.push(state),
      ...more,
    },
    page.host,
  );
  return Object.assign(Object.create(made) as Guard, { seen });
}
const listening = { getEventsTicket: () => Promise.resolve("tkt_e") };

test("nothing is safe before tacet said so, and then it is", async () => {
  const page = new Page();
  page.secured = false;
  const own = opened(page);
  expect(own.state).toMatchObject({ safe: false, word: "opening" });
  await page.clock.pass(3_000);
  expect(own.state).toMatchObject({ safe: false, word: "locked", why: "unsecured" });
  page.secured = true;
  await page.clock.pass(3_000);
  expect(own.state).toMatchObject({ safe: true, word: "safe", protection: "secured" });
  expect(own.seen.at(-1)).toMatchObject({ safe: true });
});

test("what was promised counts from the asking, not from the answer", async () => {
  const page = new Page();
  page.collectForMs = 3_000;
  page.networkMs = 1_000;
  const own = opened(page);
  await page.clock.pass(2_100);
  expect(own.state.safe).toBe(true);
  page.fails = "network";
  await page.clock.pass(1_000);
  expect(own.state.safe).toBe(false);
});

test("an answer slower than what it promises makes nothing safe", async () => {
  const page = new Page();
  page.collectForMs = 1_500;
  page.networkMs = 1_000;
  const own = opened(page);
  await page.clock.pass(20_000);
  expect(own.seen.filter(({ safe }) => safe)).toEqual([]);
});

test("a recorder that starts again locks the form as soon as the stream tells", async () => {
  const page = new Page();
  const own = opened(page, listening);
  await page.clock.pass(2_000);
  expect(own.state.safe).toBe(true);
  page.become(false);
  await page.clock.pass(11);
  expect(own.state).toMatchObject({ safe: false, why: "unsecured" });
  page.become(true);
  await page.clock.pass(1_000);
  expect(own.state.safe).toBe(true);
});

test("without a stream it is locked at the next question", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.become(false);
  await page.clock.pass(4_100);
  expect(own.state.safe).toBe(false);
});

test("an answer that was asked for before a lock unlocks nothing", async () => {
  const page = new Page();
  const own = opened(page, listening);
  await page.clock.pass(14_000);
  // A renewal is on its way and will be answered safe; the drift overtakes the answer.
  page.networkMs = 400;
  await page.clock.pass(1_600);
  const asked = page.questions.length;
  page.networkMs = 5;
  page.secured = false;
  page.push();
  await page.clock.pass(6);
  expect(own.state.safe).toBe(false);
  await page.clock.pass(1_000);
  expect(page.questions.length).toBeGreaterThan(asked);
  expect(own.state.safe).toBe(false);
});

test("a lost network leaves the window to its lease, and locks when the answer is too old", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.fails = "network";
  await page.clock.pass(13_000);
  expect(own.state).toMatchObject({ safe: false, why: "no_answer" });
  expect(page.questions.some(({ what }) => what === "resume")).toBe(false);
  page.fails = "no";
  await page.clock.pass(5_000);
  expect(own.state.safe).toBe(true);
});

test("offline locks at once, and coming back asks at once", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.happens("offline");
  expect(own.state).toMatchObject({ safe: false, why: "offline" });
  await page.clock.pass(2_000);
  page.happens("online");
  await page.clock.pass(50);
  expect(own.state.safe).toBe(true);
});

test("a hidden tab is locked and still renews; looking at it again asks at once", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.happens("hidden");
  expect(own.state).toMatchObject({ safe: false, why: "hidden" });
  const before = page.questions.length;
  await page.clock.pass(30_000);
  expect(page.questions.length).toBeGreaterThan(before);
  expect(own.state.safe).toBe(false);
  page.happens("visible");
  await page.clock.pass(50);
  expect(own.state.safe).toBe(true);
});

test("a machine that slept has no longer what it was promised, whichever clock stood still", async () => {
  for (const clock of ["monotonic", "wall"] as const) {
    const page = new Page();
    const own = opened(page);
    await page.clock.pass(2_000);
    expect(own.state.safe).toBe(true);
    if (clock === "wall") page.wallMs = 60_000;
    else page.sleptMs = -60_000;
    expect(own.state.safe).toBe(false);
  }
});

test("a clock that is put back makes nothing safe for longer", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.wallMs = -3_600_000;
  page.fails = "network";
  await page.clock.pass(13_000);
  expect(own.state.safe).toBe(false);
});

test("only an explicit close closes: it locks first, and other tabs are told", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  const closing = own.close("success");
  expect(own.state).toMatchObject({ safe: false, word: "closed" });
  expect(page.others).toEqual([{ closing: "w-1" }]);
  await page.clock.pass(100);
  expect(await closing).toBe(true);
  expect(page.windows.get("w-1")).toBe("closed");
  expect(page.storage.size).toBe(0);
});

test("a close that nobody hears is tried again, and then left to the lease", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.fails = "network";
  const closing = own.close("cancel");
  await page.clock.pass(30_000);
  expect(await closing).toBe(false);
  expect(own.state.safe).toBe(false);
});

test("detaching locks and leaves the window open", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  own.detach();
  await page.clock.pass(60_000);
  expect(own.state.safe).toBe(false);
  expect(page.windows.get("w-1")).toBe("open");
  expect(page.questions.some(({ what }) => what === "resume")).toBe(false);
});

test("a reload goes on with the window it had", async () => {
  const page = new Page();
  opened(page);
  await page.clock.pass(2_000);
  const again = opened(page);
  await page.clock.pass(100);
  expect(again.state).toMatchObject({ safe: true, windowId: "w-1" });
});

test("a reload whose window ended meanwhile opens one of its own", async () => {
  const page = new Page();
  const first = opened(page);
  await page.clock.pass(2_000);
  first.detach();
  page.windows.set("w-1", "closed");
  const again = opened(page);
  await page.clock.pass(100);
  expect(again.state).toMatchObject({ safe: true, windowId: "w-2" });
});

test("a window that somebody closed is lost: locked for good, and never opened again", async () => {
  const page = new Page();
  const own = opened(page, listening);
  await page.clock.pass(2_000);
  page.windows.set("w-1", "closed");
  page.push();
  await page.clock.pass(500);
  expect(own.state).toMatchObject({ safe: false, word: "lost", why: "window_closed" });
  const asked = page.questions.length;
  await page.clock.pass(60_000);
  expect(page.questions.length).toBe(asked);
});

test("another tab that closes the same window locks this one before tacet is asked", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.says({ closing: "w-1" });
  expect(own.state.safe).toBe(false);
  page.says({ closing: "w-9" });
  page.says("noise");
});

test("an expired ticket is replaced, and a page without one says so", async () => {
  const page = new Page();
  let issued = 0;
  const own = opened(page, {
    getTicket: () => {
      issued += 1;
      if (issued === 2) page.fails = "no";
      return Promise.resolve(`tkt_${issued}`);
    },
  });
  page.fails = { status: 401, code: "token_expired" };
  await page.clock.pass(500);
  expect(issued).toBe(2);
  expect(own.state.safe).toBe(true);
  const none = opened(new Page(), { getTicket: () => Promise.reject(new Error("no")) });
  expect(none.state.safe).toBe(false);
});

test("tacet in trouble takes back no promise, and makes none", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.fails = { status: 503, code: "log_unavailable" };
  await page.clock.pass(5_000);
  expect(own.state.safe).toBe(true);
  await page.clock.pass(8_000);
  expect(own.state).toMatchObject({ safe: false, why: "log_unavailable" });
  page.fails = { status: 422, code: "target_missing" };
  await page.clock.pass(5_000);
  expect(own.state).toMatchObject({ safe: false, why: "target_missing" });
});

test("a lost stream leaves no more than what holds without one", async () => {
  const page = new Page();
  const own = opened(page, listening);
  await page.clock.pass(20_000);
  page.fails = "network";
  page.cut();
  await page.clock.pass(13_000);
  expect(own.state.safe).toBe(false);
});

const step = fc.oneof(
  fc.constantFrom("secure", "drift", "hidden", "visible", "offline", "online", "restored", "cut"),
  fc.constantFrom("network fails", "busy", "well", "slow", "fast", "short", "long"),
  fc.integer({ min: 1, max: 9_000 }),
);

test("whatever happens, it is safe only by a young answer asked for after everything that locks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.boolean(),
      async (steps, streams) => {
        const page = new Page();
        const own = opened(page, streams ? listening : {});
        let locked = -1;
        const holds = (): void => {
          if (!own.state.safe) return;
          const now = page.clock.now();
          const ageMsMax = streams ? 45_000 : 12_000;
          const grounds = page.questions.some(
            ({ askedAt, collectForMs, safe }) =>
              safe && askedAt >= locked && now - askedAt <= Math.min(collectForMs, ageMsMax),
          );
          expect({ grounds, hidden: page.hidden, online: page.online }).toEqual({
            grounds: true,
            hidden: false,
            online: true,
          });
        };
        for (const one of steps) {
          if (typeof one === "number") {
            for (let passed = 0; passed < one; passed += 250) {
              await page.clock.pass(Math.min(250, one - passed));
              holds();
            }
            continue;
          }
          if (one === "secure" || one === "drift") {
            const told = page.sockets.size > 0;
            page.become(one === "secure");
            await page.clock.pass(page.networkMs);
            if (told && one === "drift") locked = page.clock.now();
          } else if (one === "cut") page.cut();
          else if (one === "network fails") page.fails = "network";
          else if (one === "busy") page.fails = { status: 503, code: "busy" };
          else if (one === "well") page.fails = "no";
          else if (one === "slow") page.networkMs = 700;
          else if (one === "fast") page.networkMs = 10;
          else if (one === "short") page.collectForMs = 1_000;
          else if (one === "long") page.collectForMs = 180_000;
          else {
            page.happens(one);
            if (one !== "visible" && one !== "online") locked = page.clock.now();
          }
          holds();
        }
        page.fails = "no";
        page.networkMs = 10;
        page.collectForMs = 180_000;
        page.happens("visible");
        page.happens("online");
        page.become(true);
        await page.clock.pass(40_000);
        expect(own.state.safe).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test("another tab that closes this window takes it from here too, though tacet hears of it later", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  // The other tab's close is still on its way: asked now, tacet would say that all is well.
  page.says({ closing: "w-1" });
  await page.clock.pass(1_000);
  expect(own.state).toMatchObject({ safe: false, word: "lost", why: "window_closed" });
  await page.clock.pass(20_000);
  expect(own.seen.at(-1)?.safe).toBe(false);
});

test("a form is locked soon after a machine wakes up, though its timers stood still as well", async () => {
  const page = new Page();
  const own = opened(page);
  await page.clock.pass(2_000);
  page.wallMs = 60_000;
  page.fails = "network";
  await page.clock.pass(300);
  expect(own.seen.at(-1)).toMatchObject({ safe: false });
});

test("a drift that the stream tells while the first answer is on its way is not overtaken by it", async () => {
  const page = new Page();
  const own = opened(page, {
    ...listening,
    getTicket: async () => {
      await page.clock.sleep(100);
      return "tkt_1";
    },
  });
  await page.clock.pass(105);
  // The stream is up; the pause is answered with safe, and that answer is slow to arrive.
  page.networkMs = 400;
  await page.clock.pass(10);
  expect(page.questions).toMatchObject([{ what: "pause", safe: true }]);
  page.networkMs = 1;
  page.become(false);
  await page.clock.pass(2_000);
  expect(own.seen.filter(({ safe }) => safe)).toEqual([]);
  page.become(true);
  await page.clock.pass(1_000);
  expect(own.state.safe).toBe(true);
});

test("a stream that tells nothing of this call is not relied on", async () => {
  const page = new Page();
  page.tells = false;
  const own = opened(page, listening);
  await page.clock.pass(20_000);
  page.become(false);
  await page.clock.pass(4_100);
  expect(own.state.safe).toBe(false);
});

test("a page's server that never gives a ticket is asked again", async () => {
  const page = new Page();
  let asked = 0;
  const own = opened(page, {
    getTicket: () => {
      asked += 1;
      return asked === 1 ? new Promise(() => undefined) : Promise.resolve("tkt_2");
    },
  });
  await page.clock.pass(30_000);
  expect(own.state.safe).toBe(true);
});

test("a page that fails at a change has its window renewed and closed all the same", async () => {
  const errors: unknown[] = [];
  const microtasks = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((run) => {
    void Promise.resolve()
      .then(run)
      .catch((error: unknown) => errors.push(error));
  });
  const page = new Page();
  const own = opened(page, {
    onChange() {
      throw new Error("the page's own");
    },
  });
  await page.clock.pass(10_000);
  expect(page.questions.some(({ what }) => what === "renew")).toBe(true);
  const closing = own.close("success");
  await page.clock.pass(100);
  expect(await closing).toBe(true);
  expect(errors).toContainEqual(new Error("the page's own"));
  microtasks.mockRestore();
});
