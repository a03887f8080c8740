/** The pages of what is still to be heard: all of it is on one, and none is larger than may be. */
import { expect, test } from "vitest";
import type { UnheardPage } from "../../src/evidence/desk.ts";
import { unheardCalls, type UnheardCalls } from "../../src/runtime/node/evidence/unheard.ts";

const files = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    recorderId: "main",
    tapId: "main:a",
    recordingId: `rec-${index}`,
  }));

function pagesOf(unheard: UnheardCalls, limit: number): readonly UnheardPage[] {
  const pages: UnheardPage[] = [];
  for (let after: number | undefined = 0; after !== undefined && pages.length < 20;) {
    const page: UnheardPage = unheard.page("t", { after, limit });
    pages.push(page);
    after = page.next;
  }
  return pages;
}
const callsOf = (pages: readonly UnheardPage[]) =>
  pages.map(({ calls }) => calls.map(({ callId }) => callId));

test("each call is on one page, in order, whatever other tenants have to be heard", () => {
  const unheard = unheardCalls();
  for (let count = 0; count < 7; count += 1) {
    unheard.put("t", `c${count}`, files(1));
    unheard.put("other", `o${count}`, files(1));
  }
  expect(callsOf(pagesOf(unheard, 3))).toEqual([["c0", "c1", "c2"], ["c3", "c4", "c5"], ["c6"]]);
  expect(callsOf(pagesOf(unheard, 7))).toEqual([["c0", "c1", "c2", "c3", "c4", "c5", "c6"]]);
});

test("a page goes on where the one before ended, though calls before it were heard or told of again", () => {
  const unheard = unheardCalls();
  for (const callId of ["c0", "c1", "c2", "c3"]) unheard.put("t", callId, files(2));
  const { next = 0 } = unheard.page("t", { after: 0, limit: 2 });
  unheard.put("t", "c1", []);
  unheard.put("t", "c0", files(1));
  unheard.put("t", "c4", files(1));
  expect(callsOf([unheard.page("t", { after: next, limit: 9 })])).toEqual([["c2", "c3", "c4"]]);
  expect(callsOf(pagesOf(unheard, 9))).toEqual([["c0", "c2", "c3", "c4"]]);
});

test("a page ends early behind so many recordings, and one call of more is a page by itself", () => {
  const unheard = unheardCalls();
  unheard.put("t", "c0", files(1_500));
  unheard.put("t", "c1", files(500));
  unheard.put("t", "c2", files(1));
  unheard.put("t", "c3", files(2_001));
  unheard.put("t", "c4", files(1));
  expect(callsOf(pagesOf(unheard, 200))).toEqual([["c0", "c1"], ["c2"], ["c3"], ["c4"]]);
});
