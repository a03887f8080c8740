/** Where the log may be copied to, and what of it is never told. */
import { expect, test } from "vitest";
import { parseConfig } from "../../src/policy/config.ts";
import { good, vendors } from "./vendors.ts";

const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const syslog = (more: object = {}) => ({
  id: "siem",
  kind: "syslog",
  host: "siem.example",
  ...more,
});
const webhook = (more: object = {}) => ({
  id: "archive",
  kind: "webhook",
  url: "https://archive.example/marked-path",
  secrets: [SECRET],
  ...more,
});
const parsed = (...copies: readonly object[]) => parseConfig({ ...good(), copies }, vendors);
function pathsOf(...copies: readonly object[]): readonly string[] {
  const result = parsed(...copies);
  return result.ok ? [] : result.problems.map(({ path }) => path);
}

test("a syslog receiver and a webhook are taken, with their defaults", () => {
  expect(parsed(syslog(), webhook())).toMatchObject({
    ok: true,
    config: {
      copies: [
        {
          port: 6_514,
          security: "tls",
          facility: 13,
          format: "json",
          enterpriseNumber: 32_473,
          confirmMs: 15_000,
          behindMs: 300_000,
        },
        { batchCountMax: 100, sendMsMax: 10_000, format: "json" },
      ],
    },
  });
});

test("the log is copied in the clear on this machine only", () => {
  expect(pathsOf(syslog({ security: "none" }))).toEqual(["copies[0].security"]);
  expect(pathsOf(syslog({ security: "none", host: "127.0.0.1" }))).toEqual([]);
  expect(pathsOf(webhook({ url: "http://archive.example/" }))).toEqual(["copies[0].url"]);
  expect(pathsOf(webhook({ url: "http://localhost:8080/" }))).toEqual([]);
  expect(pathsOf(webhook({ plainHttp: true }))).toHaveLength(1);
});

test.each([
  ["two of one id", [syslog(), webhook({ id: "siem" })], "copies[1].id"],
  ["a tenant there is not", [syslog({ tenants: ["acmee"] })], "copies[0].tenants[0]"],
  ["a certificate without its key", [syslog({ tls: { cert: "x" } })], "copies[0].tls.key"],
  ["a key without its certificate", [syslog({ tls: { key: "x" } })], "copies[0].tls.cert"],
  [
    "behind before it may be",
    [syslog({ confirmMs: 60_000, behindMs: 100_000 })],
    "copies[0].behindMs",
  ],
  ["a password in an address", [webhook({ url: "https://a:b@archive.example/" })], "copies[0].url"],
  ["one secret twice", [webhook({ secrets: [SECRET, SECRET] })], "copies[0].secrets"],
  ["a kind there is not", [{ ...syslog(), kind: "carrier-pigeon" }], "copies[0].kind"],
  ["a member of the other kind", [syslog({ url: "https://archive.example/" })], "copies[0].url"],
])("%s is refused", (_, copies, path) => {
  expect(pathsOf(...copies)).toContain(path);
});

test("the system's own log may be named beside tenants", () => {
  expect(pathsOf(syslog({ tenants: ["acme", "system"] }))).toEqual([]);
});

test("what is kept of the configuration has neither key, secret nor a webhook's address", () => {
  const key = "-----BEGIN PRIVATE KEY-----marked";
  const result = parsed(syslog({ tls: { cert: "x", key } }), webhook());
  const told = JSON.stringify(result.ok ? result.config.document : {});
  expect(told).toContain("siem.example");
  for (const secret of [key, SECRET, "marked-path"]) expect(told).not.toContain(secret);
});
