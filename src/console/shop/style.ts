/**
 * How the sandbox's page looks: in light and dark, from left to right or right to left.
 *
 * @module
 */
export const STYLE = `
:root{color-scheme:light dark;--line:#c9ced6;--soft:#f4f5f7;--ink:#1c2024;--safe:#047857;--alarm:#b91c1c}
@media(prefers-color-scheme:dark){:root{--line:#3a4048;--soft:#1e2126;--ink:#e6e8eb;--safe:#34d399;--alarm:#fca5a5}}
*{box-sizing:border-box}body{margin:0;padding:1rem clamp(1rem,4vw,3rem);font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:Canvas}
h1{margin:0;font-size:1.6rem}h2{margin:0 0 .5rem;font-size:1.1rem}.sandbox{display:inline-block;background:#b45309;color:#fff;border-radius:.3rem;padding:.1em .5em;font-size:.7em;vertical-align:middle}
main{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));margin-top:1rem}
section{border:1px solid var(--line);border-radius:.6rem;padding:1rem;background:var(--soft);min-width:0}
button{font:inherit;padding:.45em .9em;border-radius:.4rem;border:1px solid var(--line);background:Canvas;color:inherit;cursor:pointer}
button:disabled{opacity:.55;cursor:not-allowed}:focus-visible{outline:3px solid Highlight;outline-offset:2px}
fieldset{border:2px solid var(--alarm);border-radius:.4rem;display:grid;gap:.6rem}fieldset:enabled{border-color:var(--safe)}
label{display:grid;gap:.2rem}input{font:inherit;padding:.4em;width:100%;border:1px solid var(--line);border-radius:.3rem;background:Canvas;color:inherit}
label.switch{margin-block-start:.3rem;display:flex;gap:.5rem;align-items:center}label.switch input{width:auto}
.top{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;justify-content:space-between;align-items:baseline}nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1rem;padding:0;list-style:none}nav a{color:inherit}nav a[aria-current]{font-weight:700;text-decoration:none}
.hint{font-size:.9rem;opacity:.85}.truth{font-weight:700}.truth.recording{color:var(--alarm)}.truth.paused{color:var(--safe)}
#state{font-weight:700;color:var(--alarm)}#state.safe{color:var(--safe)}
.recorder{border-top:1px solid var(--line);padding:.6rem 0}ul{margin:0;padding-inline-start:1.2rem;font-size:.9rem}#pay{margin-block-end:.6rem}#said{grid-column:1/-1}.feed{max-height:22rem;overflow:auto}
time{direction:ltr;unicode-bidi:isolate}li{overflow-wrap:anywhere}
`;
