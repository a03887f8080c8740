/** One sandbox and one browser for all tests of a file; they are skipped where no browser can be had. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { nodeLogger } from "../../src/runtime/node/logging.ts";
import { CONVERSATIONS, type Sandbox, startSandbox } from "../../src/runtime/node/sandbox.ts";
import { UCC } from "../../src/runtime/node/sandboxConfig.ts";
import { type Answer, asking } from "../service/client.ts";
import { startBrowser } from "./chromium.ts";

interface Sandboxed {
  readonly browser: Browser;
  readonly sandbox: Sandbox;
  /** The sandbox's, removed at the end. */
  readonly folder: string;
}

/** What it gives is there once a test runs. `prepare` is given the folder before the sandbox starts. */
export function sandboxed(prepare?: (folder: string) => Promise<void>): () => Sandboxed {
  let browser: Browser | undefined;
  let sandbox: Sandbox;
  let folder: string;
  beforeAll(async () => {
    browser = await startBrowser();
    folder = mkdtempSync(join(tmpdir(), "tacet-sandboxed-"));
    await prepare?.(folder);
    sandbox = await startSandbox({ folder, port: 0, logger: nodeLogger("error") });
    return async () => {
      await sandbox.stop("the tests are over");
      rmSync(folder, { recursive: true, force: true });
    };
  });
  afterAll(async () => {
    await browser?.close();
  });
  beforeEach(({ skip }) => {
    if (browser === undefined) skip();
  });
  return () => ({ browser: browser as Browser, sandbox, folder });
}

/** Call `c1` of the first conversation, inside window `w1`; what the pause was answered. */
export async function pausedCall(sandbox: Sandbox): Promise<Answer> {
  const pay = asking(sandbox.service.api.url, sandbox.keys.payment);
  const [{ channel, correlationId }] = CONVERSATIONS;
  const targets = {
    "anywherenow-demo": { uccName: UCC, correlationId },
    "vslogger-demo": { channel: Number(channel) },
  };
  await pay("PUT", "/v1/calls/c1", { targets });
  return await pay("POST", "/v1/calls/c1/pause", { windowId: "w1" });
}
