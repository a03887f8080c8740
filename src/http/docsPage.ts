/**
 * The API's description as a page a person reads: no scripts, nothing from elsewhere.
 *
 * @module
 */
import { html, raw } from "hono/html";
import type { ApiDocument } from "./openapi.ts";

type Html = ReturnType<typeof html>;
interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly operationId?: string;
  readonly parameters?: readonly { name: string; in: string; description?: string }[];
  readonly requestBody?: { content?: Record<string, { schema?: Schema }> };
  readonly responses?: Record<
    string,
    { description?: string; content?: Record<string, { schema?: Schema }> }
  >;
}
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const STYLE = `
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2024;background:#fff}
h2{margin-top:2.5rem;border-top:1px solid #ddd;padding-top:1rem}code{background:#f3f4f6;padding:.1em .3em;border-radius:3px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #e5e7eb}
.sandbox{background:#b45309;color:#fff;padding:.4rem .8rem;border-radius:4px;font-weight:600}td p{margin:0}.method{font-weight:700}nav a{display:block}
@media(prefers-color-scheme:dark){body{color:#e5e7eb;background:#16181b}code{background:#262a2f}td,th,h2{border-color:#333}a{color:#8ab4f8}}`;

/** Written as it is hashed: a blank more, and the browser would leave it out. */
const STYLE_ELEMENT = `<style>${STYLE}</style>`;

/** The policy the page is to be served with. */
export async function docsPolicy(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

export async function docsPage(document: ApiDocument, sandbox: boolean): Promise<string> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  );
  const schemas = (document.components.schemas ?? {}) as unknown as Record<string, Schema>;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${document.info.title} ${document.info.version}: API</title>
        ${raw(STYLE_ELEMENT)}
      </head>
      <body>
        ${sandbox ? html`<p class="sandbox">SANDBOX: simulated recorders</p>` : ""}
        <h1>${document.info.title} ${document.info.version}</h1>
        <p>${prose(document.info.description)}</p>
        <nav>${operations.map(link)}</nav>
        ${operations.map(section)}
        ${Object.entries(schemas).map(([name, schema]) => schemaSection(name, schema))}
      </body>
    </html>`;
  return String(await page);
}

interface Listed {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

const link = ({ method, operation, path }: Listed): Html =>
  html`<a href="#${operation.operationId}"><code>${method} ${path}</code> ${operation.summary}</a>`;

const section = ({ method, operation, path }: Listed): Html =>
  html` <section id="${operation.operationId}">
    <h2><span class="method">${method}</span> <code>${path}</code></h2>
    <p>${prose(operation.summary ?? "")}. ${prose(operation.description ?? "")}</p>
    ${table([
      ...(operation.parameters ?? []).map((one) => [
        html`<code>${one.name}</code>`,
        html`${one.in}: ${prose(one.description ?? "")}`,
      ]),
      ...contents(operation.requestBody?.content).map((shown) => [html`Body`, shown]),
    ])}
    ${table(
      Object.entries(operation.responses ?? {}).map(([status, response]) => [
        html`<code>${status}</code>`,
        html`${(response.description ?? "").split("\n\n").map((line) => html`<p>${prose(line)}</p>`)}
        ${contents(response.content)}`,
      ]),
    )}
  </section>`;

const schemaSection = (name: string, schema: Schema): Html =>
  html` <section id="schema-${name}">
    <h2>${name}</h2>
    ${table(
      Object.entries(schema.properties ?? {}).map(([member, one]) => [
        html`<code>${member}</code>${schema.required?.includes(member) ? "" : " (optional)"}`,
        html`${typeOf(one)} ${prose(one.description ?? "")}`,
      ]),
    )}
  </section>`;

const table = (rows: readonly (readonly [Html, Html] | Html[])[]): Html | string =>
  rows.length === 0
    ? ""
    : html`<table>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </table>`;

function contents(content: Record<string, { schema?: Schema }> | undefined): Html[] {
  return Object.entries(content ?? {}).map(
    ([media, { schema }]) =>
      html`<code>${media}</code> ${schema === undefined ? "" : typeOf(schema)}`,
  );
}

function typeOf(schema: Schema): Html {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.enum !== undefined) return html`${schema.enum.map(String).join(" | ")}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.items !== undefined) return html`list of ${typeOf(schema.items)}`;
  return html`${[schema.type ?? "any"].flat().join(" or ")}`;
}

/** Text in which `words in backticks` are code. */
const prose = (text: string): Html[] =>
  text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
