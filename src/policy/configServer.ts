/**
 * The part of the configuration that says where tacet listens, where its log lives, and how much
 * it takes on.
 *
 * @module
 */
import { z } from "zod";
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
  checkpointFolder: z
    .string()
    .min(1)
    .max(4_096)
    .exactOptional()
    .describe("A second place for the latest signed head, best on another machine's disk."),
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
});

export const loggingSchema = z.strictObject({
  level: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
});

export const limitsSchema = z.strictObject({
  callCountMax: z.int().min(1).max(10_000_000).default(100_000).describe("Calls kept at once."),
  socketCountMax: z.int().min(0).max(1_000_000).default(10_000).describe("Event streams at once."),
});

export const eventsSchema = z.strictObject({
  pingMs: ms(1_000, 120_000).default(20_000).describe("Heartbeat of event streams."),
  authMsMax: ms(100, 60_000)
    .default(5_000)
    .describe("A socket that has not shown its credential by then is closed."),
});

export type ListenConfig = z.output<typeof listenSchema>;
export type LogConfig = z.output<typeof logSchema>;
