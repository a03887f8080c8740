/**
 * Certificates for TLS tests, made while they run: a small X.509 writer over Node's own keys.
 *
 * @module
 */
import { generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority that issues certificates for 127.0.0.1 and localhost. */
export function authority(name: string) {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = certificate({
    subject: name,
    keys,
    issuer: name,
    issuerKey: keys.privateKey,
    ca: true,
  });
  return {
    cert,
    /** A certificate for these host names; for loopback where none are given. */
    issue(subject: string, hosts?: readonly string[]): Identity {
      const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
      return {
        cert: certificate({
          subject,
          keys: own,
          issuer: name,
          issuerKey: keys.privateKey,
          ca: false,
          ...(hosts === undefined ? {} : { hosts }),
        }),
        key: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}

interface Wanted {
  readonly subject: string;
  readonly keys: { readonly publicKey: KeyObject };
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly ca: boolean;
  readonly hosts?: readonly string[];
}

let serial = 0;

function certificate({ subject, keys, issuer, issuerKey, ca, hosts }: Wanted): string {
  serial += 1;
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(0x01, serial)),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("491231235959Z"))),
    nameOf(subject),
    keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension("551d13", sequence(...(ca ? [isTrue] : []))), altNames(hosts))),
  );
  const signature = sign("sha256", signed, issuerKey);
  const whole = sequence(signed, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.of(tag, ...size), body]);
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const isTrue = der(0x01, Buffer.of(0xff));
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), der(0x04, value));
const nameOf = (text: string): Buffer =>
  sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(text)))));
const loopback = [der(0x82, Buffer.from("localhost")), der(0x87, Buffer.of(127, 0, 0, 1))];
const altNames = (hosts?: readonly string[]): Buffer =>
  extension(
    "551d11",
    sequence(...(hosts?.map((host) => der(0x82, Buffer.from(host))) ?? loopback)),
  );
