/** What keeps people out who see, hear or point otherwise, as axe finds it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { WIDTHS } from "./chromium.ts";

const SOURCE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

/**
 * Serious and critical findings at a desktop's width and a phone's, with the first place of each;
 * and where the page itself is wider than the screen, written from left to right or right to left.
 */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  const before = page.viewportSize();
  // Put in past the page's own policy, which lets nothing in.
  await page.evaluate(SOURCE);
  const found: string[] = [];
  for (const width of Object.values(WIDTHS)) {
    await page.setViewportSize({ width, height: 900 });
    const told = (await page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
    )) as readonly Finding[];
    found.push(
      ...told
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id} at ${width}: ${nodes[0]?.html ?? ""}`),
    );
    for (const direction of ["rtl", "ltr"]) {
      const tooWide = await page.evaluate((to) => {
        const { documentElement: root } = document;
        const was = root.dir;
        root.dir = to;
        const isWide = root.scrollWidth > root.clientWidth;
        root.dir = was;
        return isWide;
      }, direction);
      if (tooWide) found.push(`wider than the screen at ${width}, ${direction}`);
    }
  }
  if (before !== null) await page.setViewportSize(before);
  return found;
}
