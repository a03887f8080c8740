/**
 * Two made-up vendors, so that policy's tests know no real one.
 *
 * @module
 */
import { z } from "zod";
import type { Vendors } from "../../src/policy/config.ts";

const acmeSettings = z.strictObject({
  url: z.url().describe("Where it answers."),
  password: z.string().min(1).meta({ secret: true }).optional(),
  by: z.enum(["mute", "record"]).default("mute"),
});
const witnessSettings = z.strictObject({ url: z.url() });

const urlOf = (settings: unknown): readonly string[] => [(settings as { url: string }).url];

export const vendors: Vendors = new Map([
  [
    "acme",
    {
      settings: acmeSettings,
      variants: [
        { capabilities: { control: "mute" as const } },
        { capabilities: { control: "stop" as const } },
      ],
      origins: urlOf,
    },
  ],
  [
    "witness",
    {
      settings: witnessSettings,
      variants: [{ capabilities: { control: "none" as const } }],
      origins: urlOf,
    },
  ],
]);

/** A small configuration that holds together, to break in one place at a time. */
export const good = () => ({
  log: { folder: "/var/lib/tacet", origin: "tacet.example" },
  recorders: {
    hq: { vendor: "acme", settings: { url: "https://recorder.example" } },
    archive: { vendor: "witness", settings: { url: "https://archive.example" } },
  },
  tenants: {
    acme: {
      atLeaseEnd: "resume",
      routes: [
        {
          when: { queue: "payments" },
          recorders: [
            { recorder: "hq", control: "mute" },
            { recorder: "archive", required: false },
          ],
        },
        { recorders: [{ recorder: "hq" }] },
      ],
      agents: { "a-204": { extension: "204" } },
    },
  },
  auth: {
    apiKeys: [
      {
        id: "pay-1",
        hash: `sha256:${"0".repeat(64)}`,
        tenant: "acme",
        kind: "payment",
        scopes: ["windows:write"],
      },
    ],
  },
});
