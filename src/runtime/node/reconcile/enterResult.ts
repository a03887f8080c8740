/**
 * Enters what a reconciliation came to: at the service that is running, or in the log itself where
 * nobody serves it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { isAllSecured, type Reconciled, reconciledDetail } from "../../../evidence/reconciled.ts";
import { metaOf, openForReading } from "../log/database.ts";
import { folderAt } from "../log/folder.ts";
import { openLog } from "../log/openLog.ts";
import { messageOf } from "../output.ts";

export type Entered =
  | { readonly kind: "entered"; readonly sentence: string }
  /** Nothing was asked for that could be done: said, and no failure. */
  | { readonly kind: "not_entered"; readonly sentence: string }
  | { readonly kind: "failed"; readonly sentence: string };

const HOW = "To enter it, give --url with the service's address and a credential.";
const ASK_MS_MAX = 30_000;

export interface EnterOptions {
  /** The service's address, where it is known. */
  readonly url?: string;
  readonly token?: string;
  readonly place: string;
  readonly tenant: string;
  readonly now: () => number;
}

export async function enterResult(result: Reconciled, options: EnterOptions): Promise<Entered> {
  const { place, url } = options;
  if (url !== undefined) return await post(result, url, options.token);
  if (!existsSync(folderAt(place).database)) {
    return { kind: "not_entered", sentence: `Not entered: this is no service's own log. ${HOW}` };
  }
  return await enterDirectly(result, options);
}

async function post(result: Reconciled, url: string, token: string | undefined): Promise<Entered> {
  const address = `${url.replace(/\/+$/, "")}/v1/reconciliations`;
  const reply = await fetch(address, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(result),
    redirect: "error",
    signal: AbortSignal.timeout(ASK_MS_MAX),
  }).catch(() => undefined);
  if (reply === undefined) return failed("the service does not answer");
  if (reply.status !== 201) {
    await reply.body?.cancel();
    return failed(`the service answered ${reply.status}`);
  }
  const { origin, position } = (await reply.json()) as { origin?: unknown; position?: unknown };
  return said(Number(position), String(origin));
}

const failed = (why: string): Entered => ({ kind: "failed", sentence: `Not entered: ${why}.` });
const said = (position: number, origin: string): Entered => ({
  kind: "entered",
  sentence: `Entered: PaymentsReconciled, entry ${position} of ${origin}.`,
});

/** A copy without its signing key is nobody's to write to, and is left as it is. */
async function enterDirectly(result: Reconciled, options: EnterOptions): Promise<Entered> {
  const { now, place, tenant } = options;
  const folder = folderAt(place);
  const not = (why: string): Entered => ({
    kind: "not_entered",
    sentence: `Not entered: ${why}. ${HOW}`,
  });
  if (!existsSync(folder.signingKey)) return not("the log's signing key is not in its folder");
  const db = openForReading(folder.database);
  const originBase = metaOf(db, "origin");
  db.close();
  if (originBase === undefined) return not("the folder does not say whose log it is");
  let log: Awaited<ReturnType<typeof openLog>>;
  try {
    log = await openLog({ folder: place, originBase, now });
  } catch (error) {
    return not(sentenceOf(error));
  }
  try {
    const entered = await log.enter([
      {
        at: now(),
        tenant,
        type: "PaymentsReconciled",
        actor: { id: `os:${userInfo().username}`, kind: "operator" },
        origin: { component: "command" },
        outcome: isAllSecured(result) ? "success" : "failure",
        detail: reconciledDetail(result),
      },
    ]);
    const [position] = entered.kind === "entered" ? entered.positions : [];
    return position === undefined
      ? failed("the log took nothing")
      : said(position, log.origin(tenant));
  } finally {
    await log.close();
  }
}

const sentenceOf = (error: unknown): string =>
  (error as { code?: unknown }).code === "log_locked"
    ? "a service has this log open"
    : messageOf(error).replace(/\.$/, "");
