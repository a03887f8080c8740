/** What an indicator knows of its call, on a desktop whose clock is whatever it is. */
import { expect, test } from "vitest";
import { follow, type Shown } from "../../client/src/follow.ts";
import { Page } from "./page.ts";

const HOUR_MS = 3_600_000;

/** An indicator of call c-1, whose window is open. */
async function followed(wallMs: number) {
  const page = new Page();
  page.wallMs = wallMs;
  page.windows.set("w-1", "open");
  const shown: Shown[] = [];
  const own = follow(
    {
      url: "https://tacet.example",
      callId: "c-1",
      getTicket: () => Promise.resolve("t"),
      show: (one) => void shown.push(one),
    },
    page.host,
  );
  await page.clock.pass(1_000);
  return { page, own, shown, now: () => page.host.moment().wall + own.aheadMs() };
}

test.each([-HOUR_MS, 0, HOUR_MS])(
  "time goes by tacet's clock once it was told, on a desktop whose clock is %i ms off",
  async (wallMs) => {
    const { now, page, shown } = await followed(wallMs);
    expect(shown.at(-1)).toMatchObject({ kind: "call" });
    page.pings();
    await page.clock.pass(100);
    expect(Math.abs(now() - page.clock.now())).toBeLessThanOrEqual(page.networkMs);
    // A clock that is put right meanwhile is followed at the next ping.
    page.wallMs = 0;
    page.pings();
    await page.clock.pass(100);
    expect(Math.abs(now() - page.clock.now())).toBeLessThanOrEqual(page.networkMs);
  },
);

test("before tacet told the time, what it tells of a call is not in the future", async () => {
  const { now, page } = await followed(-HOUR_MS);
  expect(now()).toBeGreaterThanOrEqual(0);
  expect(now()).toBeLessThanOrEqual(page.clock.now());
});
