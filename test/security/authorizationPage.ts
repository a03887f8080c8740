/** Prints `docs/authorization.md` from the tables that are tested. */
import {
  MESSAGE_ROWS,
  OPS_ROWS,
  outcomesOf,
  PRINCIPALS,
  ROWS,
  type PrincipalName,
} from "./policy.ts";

const INTRODUCTION = `# Who may do what

Every endpoint and every message of the event stream, asked by everybody, of what is theirs, another's, another tenant's, and nowhere. The tables are written by hand as what should be; \`test/security/authorization.test.ts\` and \`test/security/authorization.service.test.ts\` ask the app each line, fail where an endpoint or a message has none, and keep this page in step with them (\`UPDATE_GOLDEN=1 npx vitest run test/security/authorization.test.ts\` prints it anew).

**Who.** \`payment\`, \`agent\`, \`supervisor\`, \`cti\`, \`auditor\` and \`operator\` are the kinds of a key or a token. Here each has every scope that the configuration lets that kind have, so that these tables show what the kind alone decides; the table of [scopes](#scopes) shows the rest. An agent never names targets. A *call ticket* was issued by the payment system for one call; a *lapsed* one is past its time, and its window is still open. A *desk ticket* is an events ticket for one agent, a *wall ticket* one for nobody in particular. *nobody* has no credential, or a wrong one.

**Of what.** *Theirs*: a call registered to the agent or named by the ticket; a window that the asker opened (a ticket's windows are its issuer's). *Another's*: the same tenant's, but another agent's call, or a window that somebody else opened.

**What comes of it.** \`yes\`: done, or told. \`no\`: answered, with nothing of it inside. A number: refused with that status. What is another tenant's is answered to the letter like what is nowhere: its existence is not told.
`;

const SCOPES_TEXT = `## Scopes

What a key needs for each, whatever its kind. Any of several is enough where they are separated by *or*. A key with any one other scope is answered 403.
`;

const REST = `## What else is decided

- A kind other than \`agent\` takes nothing away and gives one thing: a supervisor closes anybody's window of the tenant. Give each key the scopes it needs and no more; \`tacet key create\` asks for them.
- \`log:read\` and \`log:export\` are for a tenant's whole log. An agent's key should have neither.
- A ticket has at most the scopes of who issued it, ends with the last key of that principal or with its issuer, and is known to no other service. A call ticket opens windows until its time is over, and serves the window it opened until that closes.
- An events ticket opens one socket. Which were used is remembered in memory: after a restart, one that was used less than \`auth.tickets.eventsMs\` before could be used once more.
- Tokens end when they expire, when the key that signed them leaves the issuer's set (noticed within \`jwksCacheMsMax\`), or when the issuer could not be asked for \`jwksStaleMsMax\`: 503 then, because whether a token is good cannot be told.
- Wrong credentials beyond twenty at once and twenty a minute from one address (a /64 in IPv6), or a hundred for one key, are answered 429, a second later. Right ones are served all the while, from the same address too.
- \`/metrics\` and \`/docs\` are served to whoever reaches \`ops.listen\`, loopback by default, and nowhere else.
`;

export function authorizationPage(): string {
  const parts = [INTRODUCTION, "## Endpoints\n"];
  parts.push(
    table(
      ["endpoint", "of what", ...PRINCIPALS],
      ROWS.map(({ endpoint, outcomes, what }) => [`\`${endpoint}\``, what, ...words(outcomes)]),
    ),
  );
  parts.push("## The operators' listener\n");
  parts.push(
    table(
      ["endpoint", "where", "anybody"],
      OPS_ROWS.map(({ endpoint, outcomes, what }) => [
        `\`${endpoint}\``,
        what,
        outcomesOf(outcomes).nobody,
      ]),
    ),
  );
  parts.push("## Messages on a socket\n");
  parts.push(
    "A number is the status of the refused connection; in a browser, which is not told it, the socket closes with 4403 or 4401. What is `no` is not answered at all.\n",
  );
  const messages = Object.entries(MESSAGE_ROWS).flatMap(([type, rows]) =>
    rows.map(({ outcomes, what }) => [`\`${type}\``, what, ...words(outcomes)]),
  );
  parts.push(table(["message", "of what", ...PRINCIPALS], messages));
  parts.push(SCOPES_TEXT);
  const scoped = ROWS.filter(isScoped).map(({ endpoint, scopes = [], what }) => [
    `\`${endpoint}\``,
    what,
    scopes
      .map((set) =>
        set
          .split("+")
          .map((one) => `\`${one}\``)
          .join(" and "),
      )
      .join(" or "),
  ]);
  parts.push(table(["endpoint", "for what", "scopes"], scoped));
  parts.push(REST);
  return parts.join("\n");
}

/** Where the payment system may, so that scopes alone decide. */
export const isScoped = (row: (typeof ROWS)[number]): boolean =>
  (row.scopes ?? []).length > 0 &&
  ["own", "none", "unknown"].includes(row.subject) &&
  outcomesOf(row.outcomes).payment === "yes";

const words = (outcomes: string): string[] => {
  const each = outcomesOf(outcomes);
  return PRINCIPALS.map((name: PrincipalName) => each[name]);
};

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |\n`).join("");
