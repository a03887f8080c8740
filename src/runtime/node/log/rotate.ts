/**
 * Hands a log on to another signing key: an entry in every tenant's log names it, and heads that both
 * keys signed cover that entry. Cut short anywhere, it is finished by running it again.
 *
 * @module
 */
import { existsSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { EpochMs } from "../../../control/call.ts";
import { rotationDetail } from "../../../log/keyChain.ts";
import { parseVerifier, toHex } from "../../../log/note.ts";
import { SYSTEM_TENANT } from "../../../log/store.ts";
import { folderAt, keepUnder, readIfThere, replaceFile, syncFolder } from "./folder.ts";
import { createLogKey, nextKeyPath, readLogKey } from "./key.ts";
import { LogRefused } from "./knownHeads.ts";
import { openOwnLog } from "./openLog.ts";

export interface RotateOptions {
  readonly folder: string;
  readonly signingKeyPath?: string;
  readonly by: string;
  readonly reason: string;
  readonly now: () => EpochMs;
}

export interface RotatedKey {
  readonly from: string;
  readonly to: string;
  /** Where the old key lies now. */
  readonly retired: string;
}

/** Throws `LogRefused`, and what opening the log throws. The service is stopped. */
export async function rotateLogKey(options: RotateOptions): Promise<RotatedKey> {
  const folder = folderAt(options.folder);
  const line = readIfThere(folder.publicKey)?.trim();
  if (line === undefined) throw new LogRefused(`There is no log in ${folder.path}.`);
  const { name } = parseVerifier(line);
  const path = options.signingKeyPath ?? folder.signingKey;
  const next = nextKeyPath(path);
  if (!existsSync(path)) throw new LogRefused(`There is no key ${path}.`);
  if (!existsSync(next)) await createLogKey(next, name);
  const nextKey = await readLogKey(next, name);
  if (nextKey === undefined) throw new LogRefused(`The key ${next} was made and is gone again.`);
  const log = await openOwnLog({
    folder: folder.path,
    originBase: name,
    signingKeyPath: path,
    nextKey,
    now: options.now,
  });
  const { verifierKey: from } = log;
  try {
    const known = await log.read(SYSTEM_TENANT, { type: "KeyRotated" }, 0, 1_000);
    const isEntered = known.entries.some(({ detail }) => detail?.["to"] === nextKey.verifierKey);
    const drafts = [...new Set([SYSTEM_TENANT, ...log.tenants()])].map((tenant) => ({
      at: options.now(),
      tenant,
      type: "KeyRotated",
      actor: { id: options.by, kind: "operator" as const },
      origin: { component: "runtime" },
      outcome: "success",
      reason: options.reason,
      detail: rotationDetail(from, nextKey.verifierKey),
    }));
    const [entered] = isEntered ? [] : log.writeNow([{ kind: "facts", drafts }]);
    if (entered !== undefined && entered.kind !== "written") {
      throw new LogRefused("The log could not be written.");
    }
  } finally {
    // Signs the heads, by both keys.
    await log.close();
  }
  const keys = (readIfThere(folder.publicKeys) ?? "").split("\n").filter((one) => one !== "");
  const all = [...new Set([...keys, from, nextKey.verifierKey])];
  replaceFile(folder.publicKeys, all.map((key) => `${key}\n`).join(""), 0o644);
  const retired = `${path}.retired-${toHex(parseVerifier(from).keyId)}`;
  if (!existsSync(retired)) keepUnder(path, retired);
  renameSync(next, path);
  syncFolder(dirname(path));
  replaceFile(folder.publicKey, `${nextKey.verifierKey}\n`, 0o644);
  return { from, to: nextKey.verifierKey, retired };
}
