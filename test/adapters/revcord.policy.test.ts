/** A Revcord logger in a configuration: a witness beside what can be silenced, and never more. */
import { expect, test } from "vitest";
import { vendors } from "../../src/adapters/registry.ts";
import { parseConfig, type Problem } from "../../src/policy/config.ts";

const revcord = {
  vendor: "revcord",
  settings: {
    baseUrl: "https://logger.example/RevcordMMSAPI",
    auth: { level: "tenant", tenantId: "2220", serviceKey: "demo-service-key" },
    email: "support@example.com",
    timeZone: "Europe/London",
  },
};
const vslogger = {
  vendor: "vslogger",
  settings: {
    baseUrl: "https://recorder.example",
    version: "5.1.0.0",
    hash: { type: "sha-256", salt: "demo-salt" },
  },
};

function problemsOf(
  part: object,
  settings: object = {},
  recorders: object = {},
): readonly Problem[] {
  const parsed = parseConfig(
    {
      log: { folder: "/var/lib/tacet", origin: "tacet.example" },
      recorders: {
        ...recorders,
        hq: vslogger,
        logger: { ...revcord, settings: { ...revcord.settings, ...settings } },
      },
      tenants: {
        acme: {
          atLeaseEnd: "resume",
          routes: [{ recorders: [{ recorder: "hq" }, { recorder: "logger", ...part }] }],
        },
      },
    },
    vendors,
  );
  return parsed.ok ? [] : parsed.problems.filter(({ path }) => !path.startsWith("auth"));
}

const at = "tenants.acme.routes[0].recorders[1]";

test("as a witness beside a recorder that can be silenced it is taken", () => {
  expect(problemsOf({ required: false })).toEqual([]);
  expect(problemsOf({ required: false, control: "none" })).toEqual([]);
});

test("two tenants of one logger are two witnesses at one address", () => {
  const auth = { ...revcord.settings.auth, tenantId: "2221" };
  const second = { ...revcord, settings: { ...revcord.settings, auth } };
  expect(problemsOf({ required: false }, {}, { second })).toEqual([]);
});

test.each(["pause", "mute", "stop"])(
  "control: %s is a configuration error that says it cannot be silenced",
  (control) => {
    expect(problemsOf({ required: false, control })).toEqual([
      {
        path: `${at}.control`,
        problem:
          "is asked of a recorder that cannot be silenced: it only tells afterwards what it recorded",
        suggestion: "leave `control` out; what it records has to be kept from it by other means",
      },
    ]);
  },
);

test.each([{}, { required: true }])(
  "required, as with %o, is a configuration error that says it cannot be silenced",
  (part) => {
    expect(problemsOf(part)).toEqual([
      {
        path: `${at}.required`,
        problem:
          "is true for a recorder that cannot be silenced: it only tells afterwards what it recorded",
        suggestion: "set `required: false`, and require one that can be silenced",
      },
    ]);
  },
);

test.each<[string, object, string]>([
  ["a zone there is not", { timeZone: "Mars/Base" }, "timeZone"],
  [
    "a file's address for an origin",
    { playbackOrigins: ["https://x.example/a"] },
    "playbackOrigins[0]",
  ],
  ["a user in an origin", { playbackOrigins: ["https://u:p@x.example"] }, "playbackOrigins[0]"],
  ["a query in the address", { baseUrl: "https://logger.example/x?key=1" }, "baseUrl"],
  [
    "a hub without its event's name",
    { push: { url: "https://logger.example/signalr", hub: "h" } },
    "push.event",
  ],
  [
    "a classic hub without its name",
    { push: { url: "https://logger.example/signalr", event: "E" } },
    "push.hub",
  ],
  ["no service key", { auth: { level: "user", tenantId: "2220" } }, "auth.serviceKey"],
])("%s is refused at its place", (_, settings, path) => {
  expect(problemsOf({ required: false }, settings).map((one) => one.path)).toEqual([
    `recorders.logger.settings.${path}`,
  ]);
});
