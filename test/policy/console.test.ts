/** What the console's part of the configuration may not be. */
import { expect, test } from "vitest";
import { parseConfig } from "../../src/policy/config.ts";
import { good, vendors } from "./vendors.ts";

function pathsOf(more: object, issuer = "https://idp.example"): readonly string[] {
  const auth = {
    issuers: [{ issuer, audience: ["tacet"], tenants: ["acme"], jwksUrl: "https://idp.example/k" }],
  };
  const console = { url: "https://tacet.example", issuer, clientId: "tacet", ...more };
  const result = parseConfig({ ...good(), auth, console }, vendors);
  return result.ok ? [] : result.problems.map(({ path }) => path);
}

test("the provider is asked in the clear on this machine only", () => {
  const plain = "http://idp.example";
  expect(pathsOf({})).toEqual([]);
  expect(pathsOf({ discoveryUrl: plain })).toEqual(["console.discoveryUrl"]);
  expect(pathsOf({}, plain)).toEqual(["console.issuer"]);
  expect(pathsOf({ discoveryUrl: "https://idp.example" }, plain)).toEqual([]);
  expect(pathsOf({ discoveryUrl: "http://127.0.0.1:8080" })).toEqual([]);
  expect(pathsOf({}, "http://localhost:8080")).toEqual([]);
});

test("sessions are carried in the clear on this machine only, and have no path", () => {
  expect(pathsOf({ url: "http://tacet.example" })).toEqual(["console.url"]);
  expect(pathsOf({ url: "https://tacet.example/there" })).toEqual(["console.url"]);
});
