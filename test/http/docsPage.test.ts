import { expect, test } from "vitest";
import { docsPage, docsPolicy } from "../../src/http/docsPage.ts";
import type { ApiDocument } from "../../src/http/openapi.ts";
import golden from "../golden/openapi.json" with { type: "json" };

const document = golden as unknown as ApiDocument;

test("the page's style is the one its policy allows, and nothing else is", async () => {
  const page = await docsPage(document, false);
  const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  expect(await docsPolicy()).toContain(`'sha256-${Buffer.from(digest).toString("base64")}'`);
  expect(page).not.toMatch(/<script|style=|https?:\/\/(?!www\.w3\.org)/);
});

test("the sandbox's page says so, and no other does", async () => {
  expect(await docsPage(document, true)).toContain("SANDBOX");
  expect(await docsPage(document, false)).not.toContain("SANDBOX");
});
