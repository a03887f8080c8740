/** Kazoo's metaflow: what is sent, how its envelope is read, and what its yes is worth. */
import { afterEach, describe, expect, test } from "vitest";
import { canControl } from "../../src/adapters/recorder.ts";
import type { AdapterContext } from "../../src/adapters/recorder.ts";
import { fonoucVendor } from "../../src/adapters/fonouc/index.ts";
import { readOrder, readToken } from "../../src/adapters/fonouc/kazooWire.ts";
import { accountId, changesIn, hashOf, kazooAuths, wired as wire } from "./fonouc.rig.ts";
import type { Wired, Wiring } from "./fonouc.rig.ts";

const callId = "dab25c76-7479-4ed2-ba92-6b725d68e351";
const other = "1-32626@178.128.227.190";
const open: Wired[] = [];
afterEach(async () => {
  for (const system of open.splice(0)) await system.close();
});
async function wired(wiring: Wiring = {}): Promise<Wired> {
  const system = await wire({ kazoo: "sha", ...wiring });
  open.push(system);
  for (const id of [callId, other]) system.simulator.begin(id);
  return system;
}
function order(
  system: Wired,
  what: "pause" | "resume",
  over: Partial<AdapterContext> = {},
  id = callId,
) {
  if (!canControl(system.recorder)) throw new Error("it controls nothing");
  return system.recorder[what]({ callId: id }, system.context(over));
}
const orders = ({ simulator }: Wired) =>
  simulator.requests.flatMap((one) => (one.order === undefined ? [] : [one.order]));

describe("what is sent", () => {
  test.each([
    ["api_auth", "/v2/api_auth", { api_key: kazooAuths.api_auth.apiKey }],
    ["md5", "/v2/user_auth", { credentials: hashOf("md5"), account_name: "acme", method: "md5" }],
    ["sha", "/v2/user_auth", { credentials: hashOf("sha1"), account_name: "acme", method: "sha" }],
  ] as const)("%s: a token, then the metaflow with it", async (kazoo, path, data) => {
    const system = await wired({ kazoo });
    await order(system, "pause");
    await order(system, "resume");
    const [login, mask, unmask, ...more] = system.sent.map(({ body, headers, method, url }) => ({
      method,
      url,
      body: JSON.parse(body ?? "null") as unknown,
      token: headers["x-auth-token"],
    }));
    expect(login).toEqual({
      method: "PUT",
      url: `http://127.0.0.1${path}`,
      body: { data },
      token: undefined,
    });
    const metaflow = (action: string) => ({
      method: "PUT",
      url: `http://127.0.0.1/v2/accounts/${accountId}/channels/${callId}`,
      body: { action: "metaflow", data: { module: "record_call", data: { action } } },
      token: system.simulator.given.kazoo[0],
    });
    expect(mask).toEqual(metaflow("mask"));
    expect(unmask).toEqual(metaflow("unmask"));
    expect(more).toEqual([]);
  });

  test("the portal is not asked for a pause, and Kazoo's own account id is taken where one is set", async () => {
    const system = await wired({
      settings: {
        kazoo: {
          baseUrl: "http://127.0.0.1/v2",
          auth: kazooAuths.api_auth,
          accountId: "another",
        },
      },
    });
    // Kazoo knows its account by the portal's id here, so another one is forbidden.
    expect(await order(system, "pause")).toMatchObject({ reason: "not_permitted" });
    expect(system.simulator.requests.map(({ path }) => path)).toEqual([
      "/v2/api_auth",
      `/v2/accounts/another/channels/${callId}`,
    ]);
    expect(system.simulator.heard(callId)).toBe("recording");
  });
});

describe("what a yes is worth", () => {
  test("without Konami Pro a mask is accepted and nothing is done, and nothing could tell", async () => {
    const system = await wired();
    system.simulator.faults.set({ name: "ack-and-ignore" });
    expect(await order(system, "pause")).toEqual({ kind: "acknowledged" });
    expect(system.simulator.heard(callId)).toBe("recording");
    expect(system.recorder.capabilities).toMatchObject({
      control: "mute",
      audio: "silence",
      status: false,
      survey: false,
      watch: false,
    });
  });

  test("of two recordings on a call only the newest is masked: the other goes on hearing", async () => {
    const system = await wired();
    system.simulator.calls.record(callId);
    expect(await order(system, "pause")).toEqual({ kind: "acknowledged" });
    expect(system.simulator.calls.taken.filter((one) => one.isMasked)).toHaveLength(1);
    expect(system.simulator.heard(callId)).toBe("recording");
  });

  test("both traps are said in the recorder table's note and by the preflight", async () => {
    const note = fonoucVendor.variants.find(({ capabilities }) => capabilities.control === "mute");
    expect(note?.note).toMatch(/Konami Pro/);
    expect(note?.note).toMatch(/only the newest recording/);
    expect(note?.confirmedBy).toMatch(/^nothing/);
    const system = await wired();
    const findings = await system.recorder.preflight(system.context());
    expect(findings.map(({ name, ok }) => [name, ok])).toEqual([
      ["cdrs", true],
      ["recordings", true],
      ["kazoo", true],
      ["checklist: Konami Pro", true],
      ["checklist: one recording a call", true],
    ]);
    expect(changesIn(system)).toBe(0);
  });

  test("masking one leg leaves another alone", async () => {
    const system = await wired();
    await order(system, "pause");
    expect([callId, other].map((id) => system.simulator.heard(id))).toEqual([
      "paused",
      "recording",
    ]);
  });
});

describe("a token", () => {
  test("that is turned down is renewed once, and the order is given again", async () => {
    const system = await wired();
    await order(system, "pause");
    await order(system, "resume");
    system.simulator.faults.set({ name: "unauthorized", times: 1 });
    expect(await order(system, "pause")).toEqual({ kind: "acknowledged" });
    expect(system.simulator.heard(callId)).toBe("paused");
    expect(system.simulator.given.kazoo).toHaveLength(2);
  });

  test("that is turned down again ends it: refused, two orders heard, none done", async () => {
    const system = await wired();
    system.simulator.faults.set({ name: "unauthorized" });
    expect(await order(system, "pause")).toEqual({
      kind: "refused",
      reason: "not_authorized",
      detail: "kazoo user_auth: a token just given out was turned away",
    });
    expect(orders(system)).toEqual(["mask", "mask"]);
    expect(system.simulator.heard(callId)).toBe("recording");
  });

  test("is asked for once by orders that come together", async () => {
    const system = await wired();
    await Promise.all([order(system, "pause"), order(system, "pause", {}, other)]);
    expect(system.simulator.given.kazoo).toHaveLength(1);
    expect(system.simulator.heard(other)).toBe("paused");
  });

  test.each([
    ["login-refused", { kind: "refused", reason: "not_authorized" }],
    ["login-fails", { kind: "refused", reason: "vendor_error" }],
    ["unreachable", { kind: "unreachable" }],
  ])(
    "%s: without one nothing is ordered, and the words tell no secret",
    async (fault, expected) => {
      const system = await wired();
      system.simulator.faults.set({ name: fault });
      const outcome = await order(system, "pause");
      expect(outcome).toMatchObject(expected);
      expect(orders(system)).toEqual([]);
      for (const secret of system.secrets()) expect(JSON.stringify(outcome)).not.toContain(secret);
    },
  );

  test("that does not come in time leaves the order unsent, not in doubt", async () => {
    const system = await wired();
    const outcome = await order(system, "pause", {
      signal: AbortSignal.timeout(20),
      send: () => new Promise(() => {}),
    });
    expect(outcome).toMatchObject({ kind: "unreachable" });
  });
});

describe("an order whose answer is lost", () => {
  test.each([
    ["applied-but-lost", "paused"],
    ["lost-and-not-applied", "recording"],
  ])("%s is in doubt, and given once", async (fault, heard) => {
    const system = await wired({ overHttp: true });
    system.simulator.faults.set({ name: fault, times: 1 });
    expect(await order(system, "pause")).toMatchObject({ kind: "in_doubt" });
    expect(orders(system)).toEqual(["mask"]);
    expect(system.simulator.heard(callId)).toBe(heard);
  });
});

describe("Crossbar's envelope", () => {
  const read = (status: number, body: unknown) =>
    readOrder(
      { status, headers: {}, body: typeof body === "string" ? body : JSON.stringify(body) },
      (words) => words,
    );
  const accepted = { status: "accepted", message: "metaflow sent", error: "202" };
  test.each([
    [202, accepted],
    [200, { status: "success", data: {} }],
    [201, { status: "success", data: {} }],
  ])("HTTP %d %j is yes", (status, body) => {
    expect(read(status, body)).toEqual({ kind: "acknowledged" });
  });
  test.each([
    [404, { status: "error", error: "404", message: "bad identifier" }, "target_not_found"],
    [200, { status: "error", error: "404", message: "bad identifier" }, "target_not_found"],
    [400, { status: "error", error: "400", message: "invalid data" }, "vendor_error"],
    [401, { status: "error", error: "401", message: "invalid_credentials" }, "not_authorized"],
    [403, { status: "error", error: "403", message: "forbidden" }, "not_permitted"],
    [200, { status: "error", error: "403", message: "forbidden" }, "not_permitted"],
    [200, { status: "fatal", message: "went wrong" }, "vendor_error"],
    [404, "<h1>nginx</h1>", "bad_reply"],
    [202, "", "bad_reply"],
    [202, { data: "metaflow sent" }, "bad_reply"],
    [202, { status: "queued" }, "bad_reply"],
    [404, accepted, "bad_reply"],
    [302, "", "bad_reply"],
  ])("HTTP %d %j is %s", (status, body, reason) => {
    const outcome = read(status, body);
    expect(outcome).toMatchObject({ kind: "refused", reason });
    const { message } = body as { message?: string };
    if (message !== undefined && reason !== "bad_reply") {
      expect(outcome).toMatchObject({ detail: `HTTP ${status}: ${message}` });
    }
  });
  test.each([500, 502, 503, 504])("HTTP %d is in doubt: it may have been handed on", (status) => {
    for (const body of ["", { status: "error", message: "no" }]) {
      expect(read(status, body)).toMatchObject({ kind: "in_doubt" });
    }
  });
  test.each([
    [201, { status: "success", auth_token: "" }],
    [201, { status: "error", auth_token: "abc" }],
    [200, { auth_token: "abc" }],
    [201, { status: "success", auth_token: "a\nb" }],
  ])("HTTP %d %j gives no token", (status, body) => {
    const reply = { status, headers: {}, body: JSON.stringify(body) };
    expect(readToken(reply)).toMatchObject({ kind: "refused", reason: "bad_reply" });
  });
});

test("a leg nobody knows is refused as not found, over real HTTP", async () => {
  const system = await wired({ overHttp: true });
  expect(await order(system, "pause", {}, "nobody")).toEqual({
    kind: "refused",
    reason: "target_not_found",
    detail: "HTTP 404: bad identifier",
  });
});

test("a call id with any of its signs is one segment of the path", async () => {
  const system = await wired();
  const id = "a%2F..@host:5060;".replace(";", "");
  system.simulator.begin(id);
  expect(await order(system, "pause", {}, id)).toEqual({ kind: "acknowledged" });
  expect(system.simulator.heard(id)).toBe("paused");
});
