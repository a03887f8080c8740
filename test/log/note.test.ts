import { describe, expect, test } from "vitest";
import {
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  readCheckpoint,
  signCheckpoint,
  splitNotes,
} from "../../src/log/checkpoint.ts";
import {
  formatSeed,
  formatVerifier,
  fromHex,
  isKeyName,
  openNote,
  parseNote,
  parseSeed,
  parseVerifier,
  signNote,
  signerOf,
  toHex,
  verifierOf,
} from "../../src/log/note.ts";
import { emptyTree, grow, leafHash, rootOf } from "../../src/log/tree.ts";

/** RFC 8032 section 7.1: seed, public key, message, signature. */
const RFC8032 = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "r",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
] as const;

/** The example of golang.org/x/mod/sumdb/note. */
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SEED = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_NOTE = `${PETER_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
/** The example of the C2SP signed-note specification. */
const FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const FOO_NOTE =
  "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
/** The example of the C2SP tlog-checkpoint specification. */
const SOFA =
  "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

test.each(RFC8032)(
  "Ed25519 is RFC 8032's: seed %s",
  async (seed, publicKey, message, signature) => {
    const signer = await signerOf("x", fromHex(seed));
    expect(toHex(signer.publicKey)).toBe(publicKey);
    expect(toHex(await signer.sign(message))).toBe(signature);
  },
);

describe("notes are C2SP's and Go's", () => {
  test("a published seed makes the published key and the published note", async () => {
    const { name, seed } = parseSeed(PETER_SEED);
    const signer = await signerOf(name, seed);
    expect(formatVerifier(signer)).toBe(PETER);
    expect(formatSeed(name, signer.keyId, seed)).toBe(PETER_SEED);
    expect(await signNote(PETER_TEXT, [signer])).toBe(PETER_NOTE);
  });

  test.each([
    [PETER, PETER_NOTE],
    [FOO, FOO_NOTE],
  ])("a published note opens under its published key %s", async (vkey, note) => {
    const key = parseVerifier(vkey);
    const opened = await openNote(note, [key]);
    expect(opened.signedBy).toEqual([key]);
    expect(formatVerifier(key)).toBe(vkey);
  });

  test("signatures of unknown keys are ignored; none known is an error", async () => {
    const me = await signerOf("me.example", new Uint8Array(32).fill(1));
    const both = await signNote(PETER_TEXT, [me]);
    const line = PETER_NOTE.slice(PETER_NOTE.indexOf("— "));
    const opened = await openNote(both + line, [parseVerifier(PETER)]);
    expect(opened.signedBy.map(({ name }) => name)).toEqual(["PeterNeumann"]);
    await expect(openNote(both, [parseVerifier(PETER)])).rejects.toThrow("no known key");
  });

  test("every flipped character of a signed note is refused", async () => {
    const key = parseVerifier(FOO);
    for (let at = 0; at < FOO_NOTE.length; at += 1) {
      const code = FOO_NOTE.charCodeAt(at) ^ 1;
      const note = FOO_NOTE.slice(0, at) + String.fromCharCode(code) + FOO_NOTE.slice(at + 1);
      await expect(openNote(note, [key]), `character ${at}`).rejects.toThrow();
    }
  });

  test.each(["no newline", "tab\there\n", "return\r\n", "lone \ud800\n"])(
    "text that no note may have: %j",
    async (text) => {
      const signer = await signerOf("me.example", new Uint8Array(32));
      await expect(signNote(text, [signer])).rejects.toThrow("controls");
    },
  );

  test("malformed keys and notes are refused", () => {
    expect(() => parseVerifier(PETER.replace("c74f20a3", "c74f20a4"))).toThrow("not its own");
    expect(() => parseVerifier("nothing")).toThrow("name+keyid+base64");
    expect(() => parseSeed("PRIVATE+KEY+x+00000000+AA==")).toThrow("signing key");
    expect(() => parseNote("text\n")).toThrow("a note has");
    expect(() => parseNote("text\n\n— name !!!\n")).toThrow("signature line");
    expect(["a b", "a+b", "", "a\u00a0b", "a\u2003b"].filter(isKeyName)).toEqual([]);
  });
});

describe("checkpoints are C2SP's", () => {
  test("the published body", () => {
    const checkpoint = parseCheckpoint(SOFA);
    expect(checkpoint.size).toBe(20852163);
    expect(checkpoint.origin).toBe("example.com/behind-the-sofa");
    expect(formatCheckpoint(checkpoint)).toBe(SOFA);
    expect(parseCheckpoint(`${SOFA}ext 1\n`).extensions).toEqual(["ext 1"]);
  });

  test.each([
    SOFA.replace("20852163", "020852163"),
    SOFA.replace("20852163", "-1"),
    SOFA.replace("CsUY", "CsU"),
    SOFA.replace("2I=", "2J="),
    `${SOFA}\n`,
    SOFA.slice(0, -1),
    "x\n0\n",
  ])("a malformed body is refused: %j", (body) => {
    expect(() => parseCheckpoint(body)).toThrow();
  });

  test("one key pair signs each tenant's origin under that origin's own name", async () => {
    const seed = new Uint8Array(32).fill(9);
    const signer = await signerOf("tacet.example/acme", seed);
    const tree = grow(emptyTree, leafHash(Uint8Array.of(1)));
    const note = await signCheckpoint({ size: 1, root: rootOf(tree) }, signer);
    const base = verifierOf("tacet.example", signer.publicKey);
    for (const key of [base, verifierOf("tacet.example/acme", signer.publicKey)]) {
      expect((await openCheckpoint(note, key)).root).toEqual(rootOf(tree));
    }
    for (const name of ["tacet.example/ac", "other.example", "tacet.example/acme/x"]) {
      const other = verifierOf(name, signer.publicKey);
      await expect(openCheckpoint(note, other)).rejects.toThrow("another log");
    }
    const stranger = await signerOf("tacet.example", new Uint8Array(32).fill(8));
    await expect(openCheckpoint(note, stranger)).rejects.toThrow("no known key");
    expect(readCheckpoint(note).size).toBe(1);
    expect(splitNotes(`${note}\n${note}${note}`)).toEqual([note, note, note]);
    expect(splitNotes("")).toEqual([]);
  });
});
