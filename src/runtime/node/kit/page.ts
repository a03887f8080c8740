/**
 * The kit's one page: its scripts put into it, so that it works from a file with nothing beside it and
 * runs nothing but itself.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

const CLIENT = new URL("../../../../client/kit/", import.meta.url);
/** Each after those it imports. */
const MODULES = ["tree.ts", "head.ts", "check.ts", "sample.ts", "page.ts"];

export function kitPage(): string {
  const script = MODULES.map(moduleText).join("\n");
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tacet: auditor's kit</title>
<style>${STYLE}</style>
</head>
${BODY}
<script type="module">${script}</script>
</html>
`;
}

/** One module's text, its imports and exports left out: they all stand in one script. */
function moduleText(name: string): string {
  const text = stripTypeScriptTypes(readFileSync(new URL(name, CLIENT), "utf8"));
  return text
    .replaceAll(/^import\b[^;]*?from\s*"\.\/[\w.]+";\s*$/gm, "")
    .replaceAll(/^export\s+(?=(?:async\s+)?(?:function|const|class)\b)/gm, "");
}

const digestOf = (text: string): string =>
  `sha256-${createHash("sha256").update(text).digest("base64")}`;

const STYLE = `
* { box-sizing: border-box; }
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1rem; }
p { overflow-wrap: anywhere; }
#verdict { border: 0.2rem solid; border-radius: 0.4rem; padding: 0.5rem 1rem; margin: 1rem 0; }
#verdict strong { font-size: 1.3rem; }
#verdict p { margin: 0; overflow-wrap: anywhere; }
#verdict.good { border-color: #16752f; } #verdict.bad { border-color: #b3261e; }
#verdict.unsure { border-color: #8a5a00; } #verdict.waiting { border-style: dashed; }
dt { font-weight: 600; } dd { margin: 0 0 0.4rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; font-weight: 600; padding: 0.3rem 0; }
th, td { text-align: start; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); vertical-align: top; }
td time { white-space: nowrap; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
label { display: block; margin: 0.4rem 0; }
input, select, button { font: inherit; max-width: 100%; }
#key { width: 40rem; }
:focus-visible { outline: 0.2rem solid; outline-offset: 0.1rem; }
@media print { #choose, form { display: none; } body { max-width: none; } }
`;

const ENTRY_HEADS = ["Entry", "When", "Type", "Outcome", "Call", "Who", "Whole"]
  .map((name) => `<th scope="col">${name}</th>`)
  .join("");
const table = (id: string, caption: string, heads: string): string =>
  `<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody id="${id}"></tbody></table></div>`;

const BODY = `<body>
<h1>Auditor's kit of a tacet control log</h1>
<section id="choose">
<p>This page checks the folder it lies in, on this computer and without any connection. Choose that
folder, or drop it here. A browser may call this an upload: nothing is sent anywhere, and this page is not allowed
to connect to anything.</p>
<label>Folder of the kit <input id="folder" type="file" webkitdirectory multiple></label>
<label>Verifier key that you got by another way (name+id+base64; may stay empty)
<input id="key" type="text" autocomplete="off" spellcheck="false"></label>
</section>
<div id="verdict" class="waiting" role="status" aria-live="polite"><strong>Nothing is checked yet</strong></div>
<main id="found" hidden>
<h2>What was checked</h2>
<dl id="facts"></dl>
<h2>Entries by type</h2>
${table("counts", "Entries by type", '<th scope="col">Type</th><th scope="col">Entries</th>')}
<h2>Exceptions</h2>
<p id="exceptions-said"></p>
${table("exceptions", "Exceptions", ENTRY_HEADS)}
<h2>Samples</h2>
<form id="sample">
<label>How many <input id="count" type="number" min="1" max="1000" value="25" required></label>
<label>Of which type <select id="type"></select></label>
<button>Draw samples</button>
</form>
<p id="samples-said"></p>
${table("samples", "Samples", ENTRY_HEADS)}
</main>
<p>What this does not show: that the key's holder told everybody the same, which a head kept elsewhere shows; what happened
but was never entered; and, in a kit of some days, anything of other days.</p>
</body>`;
