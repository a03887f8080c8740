/** Signing in through a real provider, staying signed in, and what a stranger or another site gets. */
import { html } from "hono/html";
import { afterAll, beforeAll, expect, test } from "vitest";
import { consoleApp } from "../../src/console/app.ts";
import type { ConsoleFact, ConsoleOptions } from "../../src/console/options.ts";
import type { PageDef } from "../../src/console/page.ts";
import { sessions } from "../../src/console/session.ts";
import { openIdSignIn } from "../../src/console/signIn.ts";
import { issuerSchema } from "../../src/policy/configAuth.ts";
import { consoleSchema } from "../../src/policy/configConsole.ts";
import { type RunningProvider, startProvider } from "./provider.ts";
import { signInAs, unbounded, visitor } from "./visitor.ts";

const ORIGIN = "http://tacet.example";
let provider: RunningProvider;
beforeAll(async () => {
  provider = await startProvider(
    {
      ann: { name: "Ann Auditor", claims: { groups: ["auditors"], tacet_tenant: "acme" } },
      sue: { name: "Sue", claims: { groups: ["supervisors"], tacet_tenant: "acme" } },
      eve: { name: "Eve", claims: { groups: ["cooks"], tacet_tenant: "acme" } },
      far: { name: "Far", claims: { groups: ["auditors"], tacet_tenant: "elsewhere" } },
    },
    [`${ORIGIN}/console/signed-in`],
  );
});
afterAll(async () => {
  await provider.close();
});

const changed: string[] = [];
const pages: readonly PageDef[] = [
  {
    method: "GET",
    path: "/",
    action: "read_log",
    nav: "nav.overview",
    handle: async ({ say, session }) => ({
      kind: "page",
      title: say("nav.overview"),
      body: html`<p>for ${session.principal.id} of ${session.principal.tenant}</p>`,
    }),
  },
  {
    method: "POST",
    path: "/note",
    action: "read_log",
    async handle({ form }) {
      changed.push(form.get("text") ?? "");
      return { kind: "redirect", to: "/console" };
    },
  },
];

const ids = () => crypto.randomUUID();
const noTimer = () => () => undefined;

function opened(limits: { readonly idleMsMax?: number } = {}) {
  const facts: (ConsoleFact & { readonly ip?: string | undefined })[] = [];
  const time = { now: Date.now() };
  const clock = () => time.now;
  const config = consoleSchema.parse({
    url: ORIGIN,
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
  });
  const rules = issuerSchema.parse({
    issuer: provider.issuer,
    audience: ["tacet"],
    tenants: ["acme", "elsewhere"],
    jwks: { keys: [{}] },
    claims: { tenant: "tacet_tenant", kind: "groups", scopes: "groups" },
    kindOf: { auditors: "auditor", supervisors: "supervisor" },
    scopesOf: { auditors: ["log:read", "log:export"], supervisors: ["events:read"] },
  });
  const app = consoleApp({
    url: ORIGIN,
    signIn: openIdSignIn(config, rules),
    pages,
    module: () => undefined,
    clock,
    ids,
    signIns: unbounded,
    sessions: sessions({ clock, after: noTimer, ids, ...config, ...limits }),
    sandbox: false,
    tenants: () => ["acme"],
    enter: async (fact, ip) => void facts.push({ ...fact, ip }),
    clientAddress: () => "192.0.2.7",
    onError: () => undefined,
  });
  return { who: visitor((request) => app.fetch(request), ORIGIN), facts, time };
}

test("whoever is not signed in sees nothing but the way to sign in", async () => {
  const { who } = opened();
  const seen = await who.get("/console?day=1");
  expect(seen.url).toContain("/console/sign-in?why=again&back=%2Fconsole%3Fday%3D1");
  expect(seen.text).not.toContain("for ");
  expect(seen.status).toBe(200);
});

test("the provider's claims say who somebody is, and it is entered", async () => {
  const { facts, who } = opened();
  const seen = await signInAs(who, "ann", "/console?day=1");
  expect(seen.url).toBe(`${ORIGIN}/console?day=1`);
  expect(seen.text).toContain("for ann of acme");
  expect(seen.text).toContain("Ann Auditor, auditor");
  expect(facts).toMatchObject([
    {
      type: "SignedIn",
      principal: { id: "ann", kind: "auditor", tenant: "acme" },
      ip: "192.0.2.7",
    },
  ]);
});

test("what a role may not see is not shown, and the asking is entered", async () => {
  const { facts, who } = opened();
  const seen = await signInAs(who, "sue");
  expect(seen.status).toBe(403);
  expect(seen.text).not.toContain("for sue");
  expect(facts.at(-1)).toMatchObject({
    type: "AccessDenied",
    action: "read_log",
    ip: "192.0.2.7",
  });
});

test("somebody without a role, or of a tenant that is not served, is not signed in", async () => {
  for (const person of ["eve", "far"]) {
    const { facts, who } = opened();
    const seen = await signInAs(who, person);
    expect(seen.status).toBe(403);
    expect(facts).toMatchObject([{ type: "SignInRefused", why: "denied", ip: "192.0.2.7" }]);
    expect((await who.get("/console")).url).toContain("/console/sign-in");
  }
});

test("a return that nobody began, twice, or with another's answer signs nobody in", async () => {
  const { who } = opened();
  expect((await who.get("/console/signed-in?code=x&state=y")).url).toContain("why=failed");
  const seen = await signInAs(who, "ann");
  const back = seen.way.find((url) => url.includes("/console/signed-in?")) ?? "";
  expect(back).not.toBe("");
  const other = opened().who;
  expect((await other.get(back)).url).toContain("why=failed");
});

test("the session ends by the clock, by idleness and by signing out", async () => {
  for (const idle of [31 * 60_000, 9 * 3_600_000]) {
    const { time, who } = opened(idle > 3_600_000 ? { idleMsMax: 24 * 3_600_000 } : {});
    await signInAs(who, "ann");
    time.now += idle;
    expect((await who.get("/console")).url).toContain("/console/sign-in");
  }
  const { facts, who } = opened();
  const seen = await signInAs(who, "ann");
  const csrf = /name="csrf" value="([^"]+)"/.exec(seen.text)?.[1] ?? "";
  await who.post("/console/sign-out", { csrf });
  expect((await who.get("/console")).url).toContain("/console/sign-in");
  expect(facts.at(-1)).toMatchObject({ type: "SignedOut", ip: "192.0.2.7" });
});

test("no cookie can be read by a script, sent by another site's form or over a plain wire", async () => {
  const app = consoleApp({ ...base(), url: "https://tacet.example" });
  const answer = await app.fetch(new Request("https://tacet.example/console/link/good"));
  const lines = answer.headers.getSetCookie();
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^__Host-tacet-session=\S+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const kept = /^__Host-tacet-browser=\S+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/;
  expect(lines[1]).toMatch(kept);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
});

function base(): ConsoleOptions {
  const principal = {
    tenant: "acme",
    id: "dev",
    kind: "auditor",
    owner: "dev",
    scopes: new Set(["log:read"] as const),
    credential: "jwt",
  } as const;
  return {
    url: ORIGIN,
    signIn: {
      begin: () => Promise.reject(new Error("the provider is away")),
      finish: () => Promise.resolve({ ok: false, why: "failed", detail: "" }),
    },
    link: (token) => (token === "good" ? { ok: true, principal, name: "Dev" } : undefined),
    pages,
    module: () => undefined,
    clock: Date.now,
    ids,
    signIns: unbounded,
    sessions: sessions({
      clock: Date.now,
      after: noTimer,
      ids,
      sessionMsMax: 3_600_000,
      idleMsMax: 600_000,
    }),
    sandbox: true,
    tenants: () => ["acme"],
    enter: () => Promise.resolve(),
    onError: () => undefined,
  };
}

test("a form is taken only from our own page, with what only that page knows", async () => {
  const app = consoleApp(base());
  const who = visitor((request) => app.fetch(request), ORIGIN);
  const seen = await who.get("/console/link/good");
  const csrf = /name="csrf" value="([^"]+)"/.exec(seen.text)?.[1] ?? "";
  changed.length = 0;
  expect((await who.post("/console/note", { text: "x" })).status).toBe(403);
  expect((await who.post("/console/note", { csrf: "guess", text: "x" })).status).toBe(403);
  const elsewhere = { origin: "https://elsewhere.example" };
  expect((await who.post("/console/note", { csrf, text: "x" }, elsewhere)).status).toBe(403);
  expect(changed).toEqual([]);
  expect((await who.post("/console/note", { csrf, text: "mine" })).url).toBe(`${ORIGIN}/console`);
  expect(changed).toEqual(["mine"]);
});

test("a provider that is away is said so, and a wrong link signs nobody in", async () => {
  const app = consoleApp(base());
  const who = visitor((request) => app.fetch(request), ORIGIN);
  expect((await who.get("/console/sign-in/go")).url).toContain("why=unavailable");
  expect((await who.get("/console/link/wrong")).url).toContain("why=failed");
});

test("nobody is sent to another site after signing in", async () => {
  for (const back of ["https://elsewhere.example", "//elsewhere.example", "/console\\..", "/x"]) {
    const { who } = opened();
    const seen = await signInAs(who, "ann", `/console/sign-in?back=${encodeURIComponent(back)}`);
    expect(seen.url).toBe(`${ORIGIN}/console`);
  }
});

test("every page is in the language that was asked for, or chosen", async () => {
  const app = consoleApp(base());
  const who = visitor((request) => {
    request.headers.set("accept-language", "fr-CH, de;q=0.9");
    return app.fetch(request);
  }, ORIGIN);
  expect((await who.get("/console/sign-in")).text).toContain("Se connecter");
  expect((await who.get("/console/sign-in?lang=nl")).text).toContain("Aanmelden");
  expect((await who.get("/console/sign-in")).text).toContain('<html lang="nl"');
  expect((await who.get("/console/sign-in?lang=xx")).text).toContain('<html lang="nl"');
});
