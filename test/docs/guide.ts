/**
 * Runs a guide as its reader would: its configuration is served, against simulators of the vendors'
 * recorders where its example addresses point, and its commands are pasted into one shell.
 *
 * In a guide, ```yaml serve is the configuration, ```sh run is run, ```json said and ```text said
 * are what the run before printed (its last JSON object has these members; each line is in it), and
 * ```sh by hand is for the reader alone. What only a person can do stands in a run as the comment
 * `# The caller hangs up.`, and is done here on the simulators.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { makeApiKey } from "../../src/http/apiKeys.ts";
import { listenSimulator } from "../../src/runtime/node/listenSimulator.ts";
import { anywherenowSimulator } from "../../src/sandbox/anywherenow/index.ts";
import { classicPath, hubName } from "../../src/sandbox/anywherenow/hub.ts";
import { amiSimulator } from "../../src/sandbox/asterisk/ami.ts";
import { ariSimulator } from "../../src/sandbox/asterisk/ari.ts";
import { fonoucSimulator } from "../../src/sandbox/fonouc/index.ts";
import { noojeeSimulator } from "../../src/sandbox/noojee/index.ts";
import { demoAccount, revcordSimulator } from "../../src/sandbox/revcord/index.ts";
import { vsloggerSimulator } from "../../src/sandbox/vslogger/index.ts";
import { serveLines } from "../adapters/lineServer.ts";
import { pasted, startTacet } from "../service/process.ts";
import { written } from "../service/acme.ts";

const GUIDES = new URL("../../docs/guides/", import.meta.url);
const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

export interface Block {
  readonly info: string;
  readonly text: string;
}

export function blocksOf(guide: string): readonly Block[] {
  const page = readFileSync(new URL(guide, GUIDES), "utf8");
  return [...page.matchAll(/^ *```([^\n]*)\n([^]*?)^ *```$/gm)].map(([, info = "", text = ""]) => ({
    info,
    text,
  }));
}

export interface World {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const SECRETS = {
  VSLOGGER_SALT: "guide-salt",
  ARI_PASSWORD: "guide-ari",
  AMI_SECRET: "guide-ami",
  FONOUC_PASSWORD: "guide-portal",
  NOOJEE_API_KEY: "guide-noojee",
  REVCORD_KEY: "guide-revcord",
  ANYWHERENOW_PASSWORD: "guide-anywherenow",
};

const PAY = ["calls:write", "targets:write", "windows:write", "events:read", "tickets:issue"];
const AUDIT = ["log:read", "log:export", "evidence:write", "incidents:write", "events:read"];

/** The sandbox, as `npm start -- --origin http://127.0.0.1:3000`. */
export async function sandboxWorld(place: string): Promise<World> {
  const more = ["--origin", "http://127.0.0.1:3000"];
  const running = startTacet(["sandbox", "--port", "0", "--folder", place, ...more]);
  await running.said(/Ctrl-C stops it/);
  const found = (pattern: RegExp) => pattern.exec(running.out())?.[1] ?? "";
  const env = {
    TACET_URL: found(/API +(\S+)/),
    TACET_KEY: found(/Bearer (tacet_sandbox-payment_[^']+)/),
    AUDITOR_KEY: found(/Bearer (tacet_sandbox-auditor_[^']+)/),
    RECORDER: found(/AnywhereNow +(\S+)/),
    FOLDER: join(place, "log"),
  };
  return {
    env,
    async close() {
      await running.stop();
    },
  };
}

/** What the guide's own configuration says, served. */
export async function servedWorld(place: string, configuration: string): Promise<World> {
  const closing: (() => Promise<unknown>)[] = [];
  const hangUps: string[] = [];
  let text = configuration;
  const listen = async (
    example: string,
    simulator: Parameters<typeof listenSimulator>[0],
    ...calls: readonly string[]
  ) => {
    if (!text.includes(example)) return;
    const at = await listenSimulator(simulator);
    closing.push(() => at.close());
    text = text.replaceAll(example, at.origin);
    for (const call of calls)
      hangUps.push(`curl -sS -X DELETE ${at.origin}/_sim/calls/${encodeURIComponent(call)}`);
  };
  const anywherenow = anywherenowSimulator();
  anywherenow.begin("1d6c6a58-6739-4f0c-98ff-0968292c8c30");
  await listen("https://anywherenow.example", anywherenow);
  text = text.replaceAll("/attendantservice/signalr", classicPath).replaceAll("HUB_NAME", hubName);
  const vslogger = vsloggerSimulator({
    version: "5.1.0.0",
    hash: { type: "SHA-256", salt: SECRETS.VSLOGGER_SALT },
  });
  vslogger.begin("5", { extension: "410" });
  vslogger.begin("0gQAAC8WAAA", { channel: "6", hw: "siprec" });
  await listen("https://vslogger.example", vslogger, "5");
  const ari = ariSimulator({ user: { name: "tacet", password: SECRETS.ARI_PASSWORD } });
  ari.begin("calls/7f3a");
  await listen("https://pbx.example:8089", ari);
  const fonouc = fonoucSimulator({
    user: { username: "tacet@example.com", password: SECRETS.FONOUC_PASSWORD, domain: "acme" },
    accountId: "5f1a5a9bd51aac0b21dd2e1f2c0b1c22",
  });
  fonouc.begin("leg-7f3a");
  await listen("https://portal.example:9443", fonouc, "leg-7f3a");
  const uniqueId = "1392271611.238";
  const noojee = noojeeSimulator({ apiKey: SECRETS.NOOJEE_API_KEY });
  noojee.begin("410", { uniqueId });
  await listen("https://noojee.example", noojee, "410");
  const revcord = revcordSimulator({
    timeZone: "Europe/London",
    account: { ...demoAccount, serviceKey: SECRETS.REVCORD_KEY },
  });
  revcord.begin("1003", { callId: "rev-7f3a" });
  await listen("https://logger.example", revcord, "1003");
  const ami = amiSimulator({
    user: { name: "tacet", secret: SECRETS.AMI_SECRET },
    digest: (told) => createHash("md5").update(told).digest("hex"),
  });
  ami.begin("1795337973.8");
  const lines = await serveLines(ami);
  closing.push(() => lines.close());

  const document = parse(text) as Record<string, Record<string, unknown>>;
  for (const { settings } of Object.values(document["recorders"] ?? {}) as {
    settings: Record<string, unknown>;
  }[]) {
    if (settings["host"] === "pbx.example")
      Object.assign(settings, { host: "127.0.0.1", port: lines.port, tls: false });
  }
  const key = (id: string, kind: string, scopes: readonly string[]) => {
    const made = makeApiKey(id);
    return { key: made.key, line: { id, hash: made.hash, tenant: "acme", kind, scopes } };
  };
  const pay = key("pay", "payment", PAY);
  const audit = key("audit", "auditor", AUDIT);
  const whole = {
    ...document,
    listen: { port: 0 },
    ops: { listen: { port: 0 } },
    log: { ...document["log"], folder: join(place, "log"), ballastBytes: 0 },
    auth: { ...document["auth"], apiKeys: [pay.line, audit.line] },
  };
  const path = await written(place, whole);
  const service = startTacet(["serve", "--config", path], { env: SECRETS });
  const [, url = ""] = await service.said(/"url":"([^"]+)"[^\n]*"msg":"tacet serves"/);
  return {
    env: {
      ...SECRETS,
      TACET_URL: url,
      TACET_KEY: pay.key,
      AUDITOR_KEY: audit.key,
      TACET_CONFIG: path,
      FOLDER: join(place, "log"),
      HANG_UP: hangUps.join(" && "),
    },
    async close() {
      await service.stop();
      await Promise.all(closing.map((close) => close()));
    },
  };
}

const MARK = "--- the guide goes on ---";

export interface Said {
  readonly command: string;
  readonly printed: string;
  /** What the guide says of it. */
  readonly expected: readonly Block[];
}

/** Pastes every `run` block, in order, into one shell that stops at the first failure. */
export async function follow(blocks: readonly Block[], world: World): Promise<readonly Said[]> {
  const runs: { command: string; expected: Block[] }[] = [];
  for (const { info, text } of blocks) {
    if (info === "sh run") runs.push({ command: text, expected: [] });
    if (info.endsWith(" said")) runs.at(-1)?.expected.push({ info, text });
  }
  const script = runs
    .flatMap(({ command }) => [`echo '${MARK}'`, command])
    .join("\n")
    .replaceAll("# The caller hangs up.", 'eval "$HANG_UP"');
  const variables = Object.entries(world.env).map(([name, value]) => `export ${name}='${value}'`);
  const line = ["set -euo pipefail", ...variables, "exec 2>&1", script].join("\n");
  const { code, out } = await pasted(line, PROJECT).ended;
  if (code !== 0) throw new Error(`the guide ended with ${code}:\n${out}`);
  const [, ...printed] = out.split(`${MARK}\n`);
  return runs.map((one, at) => ({ ...one, printed: printed[at] ?? "" }));
}
