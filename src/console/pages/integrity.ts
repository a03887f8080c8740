/**
 * Integrity: the log's signed head, what its own readers found last, a check in the browser, and how
 * to check all of it without us.
 *
 * @module
 */
import { html } from "hono/html";
import { canonical } from "../../log/canonical.ts";
import { leafLine } from "../../log/ndjson.ts";
import { toBase64 } from "../../log/note.ts";
import { HASH_BYTES } from "../../log/tiles.ts";
import type { PageDeps } from "../deps.ts";
import type { Html, PageDef, Reply, Visit } from "../page.ts";
import { logRead, moment } from "../watch/show.ts";
import { verificationOf } from "../watch/verification.ts";

/** Entries the page's script is given at once. */
const ENTRY_COUNT_MAX = 1_000;
/** Leaves' hashes at once: as many as one tile holds. */
const HASH_COUNT = 256;
const WORDS = [
  "reading",
  "good",
  "goodPruned",
  "badSignature",
  "badEntry",
  "badLeaves",
  "badRoot",
  "badRange",
  "notRead",
  "tooLong",
  "noCrypto",
  "savedUnreadable",
  "savedUnsigned",
  "savedOther",
  "savedAhead",
  "savedGood",
  "savedBad",
] as const;

export function integrityPages(deps: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/integrity",
      action: "read_log",
      nav: "nav.integrity",
      handle: (visit) => shown(deps, visit, false),
    },
    {
      method: "GET",
      path: "/integrity/entries",
      action: "read_log",
      async handle(visit) {
        const { query, session } = visit;
        const { tenant } = session.principal;
        const asked = wholeOf(query, "count") || ENTRY_COUNT_MAX;
        await deps.enter(logRead(visit, "entries", {}));
        const count = Math.min(asked, ENTRY_COUNT_MAX);
        const after = wholeOf(query, "after");
        return {
          kind: "file",
          name: "entries.ndjson",
          contentType: "application/x-ndjson; charset=utf-8",
          body: (await linesAfter(deps.log, tenant, after, count)).join(""),
        };
      },
    },
    {
      method: "GET",
      path: "/integrity/hashes",
      action: "read_log",
      async handle({ query, session }) {
        const { tenant } = session.principal;
        const hashes = await deps.log.hashes(tenant, 0, wholeOf(query, "from"), HASH_COUNT);
        return { kind: "data", status: 200, body: { hashes: toBase64(hashes) } };
      },
    },
    {
      method: "GET",
      path: "/integrity/receipt",
      action: "read_log",
      async handle(visit) {
        const position = wholeOf(visit.query, "position");
        await deps.enter(logRead(visit, "receipts", {}));
        const text = await deps.receipt(visit.session.principal.tenant, position);
        if (text === undefined) return await shown(deps, visit, true);
        const contentType = "text/plain; charset=utf-8";
        return { kind: "file", name: `receipt-${position}.txt`, contentType, body: text };
      },
    },
    {
      method: "GET",
      path: "/integrity/checkpoint",
      action: "read_log",
      async handle(visit) {
        const { tenant } = visit.session.principal;
        await deps.enter(logRead(visit, "checkpoint", {}));
        return {
          kind: "file",
          name: `checkpoint-${tenant}.txt`,
          contentType: "text/plain; charset=utf-8",
          body: await deps.log.checkpoint(tenant),
        };
      },
    },
  ];
}

async function shown(deps: PageDeps, visit: Visit, isUnknown: boolean): Promise<Reply> {
  await deps.enter(logRead(visit, "checkpoint", {}));
  const note = await deps.log.checkpoint(visit.session.principal.tenant);
  const said = isUnknown
    ? html`<p role="alert" class="word bad">${visit.say("integrity.noEntry")}</p>`
    : html``;
  return {
    kind: "page",
    title: visit.say("nav.integrity"),
    script: "integrity.js",
    body: html`${said} ${body(deps, visit, note)} ${receiptForm(deps, visit)}`,
  };
}

function receiptForm({ log }: PageDeps, { say, session }: Visit): Html {
  return html`<h2>${say("integrity.receipts")}</h2>
    <p class="hint">${say("integrity.receiptWhy")}</p>
    <form class="filter" method="get" action="/console/integrity/receipt">
      <label
        >${say("integrity.position")}
        <input
          type="number"
          name="position"
          min="1"
          max="${log.size(session.principal.tenant)}"
          required
      /></label>
      <button type="submit">${say("integrity.receipt")}</button>
    </form>`;
}

/** The bytes that were hashed; of an entry that was pruned, its hash. */
async function linesAfter(
  log: PageDeps["log"],
  tenant: string,
  after: number,
  count: number,
): Promise<readonly string[]> {
  const { entries } = await log.read(tenant, {}, after, count);
  const lines = new Map(entries.map((entry) => [entry.position, `${canonical(entry)}\n`]));
  const prunedTo = Math.min(log.prunedTo(tenant), after + count);
  for (let from = after; from < prunedTo; from += HASH_COUNT) {
    const hashes = await log.hashes(tenant, 0, from, Math.min(HASH_COUNT, prunedTo - from));
    for (let at = 0; at < hashes.length / HASH_BYTES; at += 1) {
      const leaf = hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
      const position = from + at + 1;
      if (!lines.has(position)) lines.set(position, `${leafLine(leaf)}\n`);
    }
  }
  const positions = Array.from({ length: count }, (_, index) => after + index + 1);
  return positions.flatMap((position) => lines.get(position) ?? []);
}

/** A number from the query: 0 where it is none. */
const wholeOf = (query: URLSearchParams, name: string): number =>
  Math.max(0, Math.trunc(Number(query.get(name) ?? 0)) || 0);

function body(deps: PageDeps, visit: Visit, note: string): Html {
  const { say } = visit;
  const key = deps.log.verifierKey;
  return html`${verified(deps, visit)}
    <h2>${say("integrity.head")}</h2>
    <div class="scroll">
      <pre><code>${note}</code></pre>
    </div>
    <p><a href="/console/integrity/checkpoint">${say("integrity.save")}</a></p>
    ${
      key === undefined
        ? html`<p>${say("integrity.noKey")}</p>`
        : html`<h2>${say("integrity.independent")}</h2>
            <p>${say("integrity.independentWhy")}</p>
            <p><code>tacet verify --key ${key}</code></p>
            <p><a href="/console/kit">${say("nav.kit")}</a></p>
            <h2>${say("integrity.here")}</h2>
            <p class="hint">${say("integrity.hereWhy")}</p>
            <noscript><p class="word bad">${say("wall.needsScript")}</p></noscript>
            <div
              id="integrity"
              data-key="${key}"
              data-note="${note}"
              data-words="${JSON.stringify(
                Object.fromEntries(WORDS.map((word) => [word, say(`integrity.${word}`)])),
              )}"
            >
              <p><button id="check" type="button">${say("integrity.check")}</button></p>
              <p>
                <label
                  >${say("integrity.saved")}<br />
                  <textarea id="saved" rows="6" cols="70" spellcheck="false"></textarea>
                </label>
              </p>
              <p><button id="compare" type="button">${say("integrity.compare")}</button></p>
              <p id="result" role="status"></p>
            </div>`
    }`;
}

/** By the service's own reader, which runs while it serves. */
function verified({ custody }: PageDeps, { say, session }: Visit): Html {
  const known = verificationOf(custody(), session.principal.tenant);
  if (known === undefined) return html`<p>${say("overview.notVerified")}</p>`;
  if (known.ok)
    return html`<p class="word ok">
      ${say("overview.verifiedTo", { position: known.position })} ${moment(known.at)}
    </p>`;
  const where =
    known.firstBad === undefined ? "" : say("integrity.firstBad", { position: known.firstBad });
  return html`<p class="word bad" role="alert">${say("overview.broken")} ${where}</p>`;
}
