/** A browser without a window: keeps cookies, follows redirects, fills in forms. */
export interface Visitor {
  readonly cookies: ReadonlyMap<string, string>;
  /** The last answer, its address, and its text. */
  get(url: string): Promise<Seen>;
  post(url: string, form: Readonly<Record<string, string>>, headers?: object): Promise<Seen>;
}
export interface Seen {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The redirects on the way, as addresses. */
  readonly way: readonly string[];
}

const REDIRECT_COUNT_MAX = 20;

export function visitor(
  own: (request: Request) => Response | Promise<Response>,
  origin: string,
): Visitor {
  const jars = new Map<string, Map<string, string>>();
  const jar = (url: URL) => {
    const kept = jars.get(url.host) ?? new Map<string, string>();
    jars.set(url.host, kept);
    return kept;
  };

  async function ask(first: string, init: RequestInit): Promise<Seen> {
    let url = new URL(first, origin);
    let how = init;
    const way: string[] = [];
    for (let count = 0; count < REDIRECT_COUNT_MAX; count += 1) {
      const headers = new Headers(how.headers);
      const kept = [...jar(url)].map(([name, value]) => `${name}=${value}`).join("; ");
      if (kept !== "") headers.set("cookie", kept);
      const request = new Request(url, { ...how, headers, redirect: "manual" });
      const answer = url.origin === origin ? await own(request) : await fetch(request);
      for (const line of answer.headers.getSetCookie()) take(url, line);
      const to = answer.headers.get("location");
      if (to === null || answer.status < 300 || answer.status > 399) {
        const text = await answer.text();
        return { url: url.href, status: answer.status, headers: answer.headers, text, way };
      }
      url = new URL(to, url);
      way.push(url.href);
      how = {};
    }
    throw new Error("it redirects without end");
  }

  function take(url: URL, line: string): void {
    const [pair = "", ...rest] = line.split(";");
    const at = pair.indexOf("=");
    const isOver = rest.some((one) => /max-age=0/i.test(one) || /expires=.*1970/i.test(one));
    if (isOver) jar(url).delete(pair.slice(0, at));
    else jar(url).set(pair.slice(0, at), pair.slice(at + 1));
  }

  return {
    get cookies() {
      return jar(new URL(origin));
    },
    get: (url) => ask(url, {}),
    post: (url, form, headers = {}) =>
      ask(url, {
        method: "POST",
        body: new URLSearchParams(form).toString(),
        headers: {
          origin: new URL(url, origin).origin,
          "content-type": "application/x-www-form-urlencoded",
          "content-length": String(new URLSearchParams(form).toString().length),
          ...headers,
        },
      }),
  };
}

/** Through the provider's own pages: names somebody, and agrees. */
export async function signInAs(who: Visitor, person: string, start = "/console"): Promise<Seen> {
  let seen = await who.get(start);
  const link = /href="(\/console\/sign-in\/go[^"]*)"/.exec(seen.text)?.[1];
  if (link === undefined) throw new Error(`no way to sign in on ${seen.url}`);
  seen = await who.get(link.replaceAll("&amp;", "&"));
  for (
    let step = 0;
    step < 4 && /<form/.test(seen.text) && seen.url.includes("/interaction/");
    step += 1
  ) {
    const action = /action="([^"]+)"/.exec(seen.text)?.[1] ?? "";
    const prompt = /name="prompt" value="([^"]+)"/.exec(seen.text)?.[1] ?? "login";
    const form = prompt === "login" ? { prompt, login: person, password: "any" } : { prompt };
    seen = await who.post(new URL(action, seen.url).href, form);
  }
  return seen;
}

/** For tests that sign in as often as they like. */
export const unbounded = { begin: () => 0, failed: () => undefined, succeeded: () => "known" };
