/**
 * Integrity: the log's signed head as it is now, what signs it, and how to check both without us.
 *
 * @module
 */
import { html } from "hono/html";
import type { PageDeps } from "../deps.ts";
import type { PageDef } from "../page.ts";

export function integrityPages({ enter, log }: PageDeps): readonly PageDef[] {
  return [
    {
      method: "GET",
      path: "/",
      action: "read_log",
      nav: "nav.integrity",
      async handle({ say, session }) {
        const { principal } = session;
        await enter({
          tenant: principal.tenant,
          type: "LogRead",
          actor: { id: principal.id, kind: principal.kind },
          origin: { component: "console" },
          outcome: "read",
          reason: "checkpoint",
        });
        const note = await log.checkpoint(principal.tenant);
        return {
          kind: "page",
          title: say("nav.integrity"),
          body: html`<div class="scroll">
              <pre><code>${note}</code></pre>
            </div>
            <p class="hint">
              <code>tacet verify --key ${log.verifierKey ?? ""}</code>
            </p>`,
        };
      },
    },
  ];
}
