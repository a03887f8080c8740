/**
 * The part of the configuration that says where tacet listens, where its log lives, and how much
 * it takes on.
 *
 * @module
 */
import { z } from "zod";
import { custodyShape } from "./configCustody.ts";
import { retentionShape } from "./configRetention.ts";
import { cidr, host, ms, port, secret, secretBytes } from "./configParts.ts";

export const listenSchema = z.strictObject({
  host: host.default("127.0.0.1").describe("Address to listen on."),
  port: port.default(8443).describe("Port of the API; 0 lets the system choose."),
  tls: z
    .strictObject({
      cert: z.string().min(1).exactOptional().describe("Certificate chain, PEM."),
      key: secret().exactOptional().describe("Private key, PEM."),
      pfx: secretBytes().exactOptional().describe("Certificate and key in one, PKCS #12."),
      passphrase: secret().exactOptional().describe("Opens `key` or `pfx`."),
      clientCa: z
        .string()
        .min(1)
        .exactOptional()
        .describe("Clients must show a certificate issued by one of these (PEM)."),
    })
    .exactOptional()
    .describe("TLS 1.2 or newer. Either `cert` and `key`, or `pfx`."),
  plainHttp: z
    .boolean()
    .default(false)
    .describe(
      "Allows plain HTTP beyond loopback, for a proxy that ends TLS on a network you trust.",
    ),
  trustedProxies: z
    .array(cidr)
    .max(64)
    .default([])
    .describe("Whose forwarded client address is believed."),
  bodyBytesMax: z.int().min(1_024).max(1_048_576).default(65_536),
  headerBytesMax: z.int().min(4_096).max(65_536).default(16_384),
  connectionCountMax: z.int().min(1).max(1_000_000).default(10_000),
  stopMsMax: ms(0, 300_000).default(10_000).describe("How long a stop waits for open requests."),
});

export const opsSchema = z.strictObject({
  listen: z
    .strictObject({ host: host.default("127.0.0.1"), port: port.default(9464) })
    .prefault({})
    .describe("Metrics, documentation and health detail. Asks for no credential: keep it inside."),
});

export const logSchema = z.strictObject({
  folder: z.string().min(1).max(4_096).describe("The control log's folder. One writer at a time."),
  origin: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, "a host name you own, such as tacet.example")
    .describe("Names your logs for good: a tenant's log is `origin/tenant`."),
  checkpointMs: ms(1_000, 86_400_000).default(60_000).describe("How often a head is signed."),
  signingKeyPath: z
    .string()
    .min(1)
    .max(4_096)
    .exactOptional()
    .describe("The key that signs heads, where it is not kept in the folder itself."),
  ballastBytes: z
    .int()
    .min(0)
    .max(1_073_741_824)
    .default(8_388_608)
    .describe("Given up on a full disk, so that what happens then can still be written."),
  writeMsMax: ms(50, 10_000)
    .default(500)
    .describe("A pause goes out without its entry after this long."),
  retryMs: ms(50, 60_000).default(1_000).describe("After a failed write, not sooner than this."),
  cachedCallCountMax: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(20_000)
    .describe("Calls whose state is kept in memory; others are read back from the log."),
  ...custodyShape,
  ...retentionShape,
});

export const loggingSchema = z.strictObject({
  level: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
});

export const eventsSchema = z.strictObject({
  socketCountMax: z.int().min(0).max(1_000_000).default(10_000).describe("Event streams at once."),
  principalSocketCountMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe("Event streams of one principal at once; each agent counts alone."),
  pingMs: ms(1_000, 120_000).default(15_000).describe("Heartbeat of event streams."),
  subscribeMsMax: ms(100, 300_000)
    .default(30_000)
    .describe("A socket that has not subscribed by then is closed."),
});
