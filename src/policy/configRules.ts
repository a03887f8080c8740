/**
 * What has to hold between the members of a configuration. Each rule looks only at parts that are
 * well formed by themselves, so that one mistake does not hide another.
 *
 * @module
 */
import { alertProblems } from "./configAlerts.ts";
import { custodyProblems } from "./configCustody.ts";
import { retentionProblems } from "./configRetention.ts";
import { authProblems } from "./configAuthRules.ts";
import { consoleProblems } from "./configConsole.ts";
import { copyProblems } from "./configCopies.ts";
import { evidenceProblems } from "./configEvidence.ts";
import { isLoopback, isPlainBeyondLoopback } from "./configParts.ts";
import { controlsOf, type RecorderConfig, type Vendors } from "./configRecorders.ts";
import { listenSchema, logSchema, opsSchema } from "./configServer.ts";
import { tenantProblems } from "./configTenantRules.ts";
import { membersOf, valid, type Members, type Say } from "./crossRule.ts";
import { pathText, type Path } from "./path.ts";
import type { Problem } from "./problems.ts";

/** Problems between members. `recorders` are those whose settings their vendor accepted. */
export function crossProblems(
  document: unknown,
  recorders: Readonly<Record<string, RecorderConfig>>,
  vendors: Vendors,
  sandboxAllowed: boolean,
): readonly Problem[] {
  const problems: Problem[] = [];
  const say: Say = (path, problem, suggestion) => {
    problems.push({ path: pathText(path), problem, suggestion });
  };
  const root = membersOf(document);
  const sandbox = root["sandbox"] === true && sandboxAllowed;
  if (root["sandbox"] === true && !sandboxAllowed) {
    say(
      ["sandbox"],
      "is for the built-in sandbox alone",
      "remove it; `tacet sandbox` needs no file",
    );
  }
  listenRules(root, sandbox, say);
  logRules(root, sandbox, say);
  recorderRules(recorders, vendors, say);
  tenantProblems(root, recorders, vendors, sandbox, say);
  authProblems(root, sandbox, say);
  alertProblems(root, say);
  custodyProblems(root, say);
  retentionProblems(root, say);
  copyProblems(root, say);
  evidenceProblems(root, say);
  consoleProblems(root, sandbox, say);
  return problems;
}

function listenRules(root: Members, sandbox: boolean, say: Say): void {
  const ops = valid(opsSchema, root["ops"] ?? {});
  if (sandbox && ops !== undefined && !isLoopback(ops.listen.host)) {
    say(["ops", "listen", "host"], "leaves this machine", "the sandbox listens on loopback only");
  }
  const listen = valid(listenSchema, root["listen"] ?? {});
  if (listen === undefined) return;
  if (sandbox && !isLoopback(listen.host)) {
    say(["listen", "host"], "leaves this machine", "the sandbox listens on loopback only");
  }
  listen.trustedProxies.forEach((network, index) => {
    if (!/\/0+$/.test(network)) return;
    say(
      ["listen", "trustedProxies", index],
      "is every address there is, so anybody could say who they are",
      "name your proxies' own addresses or networks",
    );
  });
  if (listen.tls === undefined) {
    if (!isLoopback(listen.host) && !listen.plainHttp) {
      say(
        ["listen", "tls"],
        "is missing, and plain HTTP would leave this machine",
        "give `listen.tls`, listen on 127.0.0.1, or set `listen.plainHttp: true` behind a proxy that ends TLS",
      );
    }
    return;
  }
  const { cert, key, pfx } = listen.tls;
  const path = ["listen", "tls"];
  if (pfx === undefined && cert === undefined) {
    say(path, "has no certificate", "give `cert` and `key`, or `pfx`");
  }
  certificateRules({ cert, key, pfx }, path, say);
}

/** The addresses in its settings, path and all: two ids of one recorder share them. */
function addressOf({ settings, vendor }: RecorderConfig): string | undefined {
  const urls = Object.values(settings).filter(
    (value): value is string => typeof value === "string" && /^https?:/i.test(value),
  );
  if (urls.length === 0) return undefined;
  return [vendor, ...urls.map((url) => new URL(url).href.replace(/\/+$/, ""))].join(" ");
}

function certificateRules(
  { cert, key, pfx }: Readonly<Record<"cert" | "key" | "pfx", string | undefined>>,
  path: Path,
  say: Say,
): void {
  if (pfx !== undefined && (cert !== undefined || key !== undefined)) {
    say([...path, "pfx"], "stands beside `cert` or `key`", "keep one of the two forms");
  }
  if (cert !== undefined && key === undefined) {
    say([...path, "key"], "is missing beside `cert`", "add it: the private key, PEM");
  }
  if (key !== undefined && cert === undefined) {
    say([...path, "cert"], "is missing beside `key`", "add it: the certificate chain, PEM");
  }
}

function logRules(root: Members, sandbox: boolean, say: Say): void {
  const log = valid(logSchema, root["log"]);
  if (log === undefined) return;
  const named = log.origin === "sandbox" || log.origin.startsWith("sandbox.");
  if (named && !sandbox) {
    say(["log", "origin"], "is the sandbox's", "give a host name you own, such as tacet.example");
  }
  if (!named && sandbox) say(["log", "origin"], "does not say sandbox", "begin it with `sandbox.`");
}

function recorderRules(
  recorders: Readonly<Record<string, RecorderConfig>>,
  vendors: Vendors,
  say: Say,
): void {
  const addresses = new Map<string, string>();
  for (const [id, recorder] of Object.entries(recorders)) {
    const { desk, tls } = recorder;
    // What only testifies has no silence to undo: one logger may hold many tenants.
    const isOrdered = controlsOf(id, recorder, vendors)?.some((control) => control !== "none");
    const address = isOrdered === false ? undefined : addressOf(recorder);
    const other = address === undefined ? undefined : addresses.get(address);
    if (address !== undefined && other === undefined) addresses.set(address, id);
    if (other !== undefined) {
      say(
        ["recorders", id],
        `is at the address of ${other}, and two that order one recorder undo each other's silence`,
        `keep one of them, and name it wherever it takes part`,
      );
    }
    const path = ["recorders", id];
    if (tls !== undefined) {
      certificateRules({ cert: tls.cert, key: tls.key, pfx: tls.pfx }, [...path, "tls"], say);
    }
    if (desk.retryMsMin > desk.retryMsMax) {
      say([...path, "desk", "retryMsMin"], "is more than retryMsMax", "make it the smaller one");
    }
    const origins = vendors.get(recorder.vendor)?.origins(recorder.settings) ?? [];
    if (!recorder.plainHttp && origins.some(isPlainBeyondLoopback)) {
      say(
        [...path, "plainHttp"],
        "is not set, and the settings lead to plain http: beyond this machine",
        "use https:, or set `plainHttp: true` knowing that commands and secrets can be read on the way",
      );
    }
  }
}
