/** `tacet conform` against a real Asterisk: what is shown there, of the controls and of the file. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, conform, notShownOf, recorderBench, tidy } from "../conform/kit.ts";
import { type Pbx, SECRET, startPbx, USER } from "./pbx.ts";
import { findAsterisk } from "./program.ts";

const program = await findAsterisk();
const ARGS = ["--yes", "--rounds", "5", "--hang-up"];

let pbx: Pbx;
let count = 0;

describe.skipIf(typeof program === "string")("conformance of a real Asterisk", () => {
  beforeAll(async () => {
    if (typeof program !== "string") pbx = await startPbx(program);
  });
  afterAll(async () => {
    try {
      await tidy();
    } finally {
      await pbx?.close();
    }
  });

  /** Says everything, for docs/conformance.md. */
  const told = (out: string) => process.env["SHOW"] !== undefined && process.stderr.write(out);

  test.concurrent("ari: every control is shown, and that the file has a gap", async () => {
    const { channel } = await pbx.callForAri();
    const name = `calls/conform-${(count += 1)}`;
    const { at } = await pbx.record(channel, name);
    const on: Bench = await recorderBench(
      "asterisk-ari",
      { username: USER, baseUrl: `http://127.0.0.1:${pbx.ariPort}/ari`, password: SECRET },
      [`name=${name}`],
    );
    const stop = `/recordings/live/${encodeURIComponent(name)}/stop`;
    const ran = await conform(on, {
      args: [...ARGS, "--began", new Date(at).toISOString()],
      heard: (line) => {
        if (line.includes("NOW: hang up")) void pbx.ari("POST", stop);
      },
    });
    told(ran.out + ran.err);
    expect(notShownOf(ran), ran.out).toEqual([]);
    expect(ran.verdicts).toMatchObject({
      pause_confirmed: "shown",
      pause_stays: "shown",
      pause_again: "shown",
      resume_confirmed: "shown",
      second_pause: "shown",
      pauses_at_once: "shown",
      rounds: "shown",
      ended: "shown",
      file: "shown",
      file_as_told: "shown",
    });
    expect(ran.what("file")).toContain("WAV (pcm16), 8000 Hz, mono");
    expect(ran.what("file_as_told")).toContain("a gap:");
  });

  test.concurrent("ami: every control is shown, every change is pushed, and the file has silence", async () => {
    const uniqueId = await pbx.callForAmi();
    const at = await pbx.monitoredAt(uniqueId);
    const on: Bench = await recorderBench(
      "asterisk-ami",
      { username: USER, host: "127.0.0.1", port: pbx.amiPort, tls: false, secret: SECRET },
      [`uniqueId=${uniqueId}`],
    );
    const filePath = join(on.place, "copy.wav");
    const copy = async () => writeFile(filePath, await pbx.monitored(uniqueId));
    const ran = await conform(on, {
      args: [...ARGS, "--as-recording", "--began", new Date(at).toISOString(), "--file", filePath],
      heard: (line) => {
        if (line.includes("NOW: hang up")) void pbx.hangUp(uniqueId);
        if (line.includes("NOW: put a copy")) void copy();
      },
    });
    told(ran.out + ran.err);
    expect(notShownOf(ran), ran.out).toEqual([]);
    expect(ran.verdicts).toMatchObject({
      pause_confirmed: "shown",
      second_pause: "shown",
      rounds: "shown",
      pushed: "shown",
      ended: "shown",
      file: "shown",
      file_as_told: "shown",
    });
    expect(ran.what("file_as_told")).toContain("silence: nothing is heard in");
  });
});
