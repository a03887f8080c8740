/** A real Asterisk in a folder of its own, on loopback, and calls on it without any telephone. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import type { Program } from "./program.ts";
import { RAMP } from "./sound.ts";

export const USER = "tacet";
export const SECRET = "asterisk-secret-Hk3";
const APP = "tacet-test";

export interface Pbx {
  readonly ariPort: number;
  readonly amiPort: number;
  readonly version: string;
  /** A call whose one end plays the ramp and whose other end is ARI's to record. Its channel. */
  callForAri(): Promise<{ readonly channel: string; readonly rampAt: number }>;
  record(channel: string, name: string): Promise<{ readonly at: number }>;
  ari(method: string, path: string): Promise<Response>;
  /**
   * A call recorded by MixMonitor, `late` after two seconds only, `twice` by two of them; the
   * channel it is recorded on.
   */
  callForAmi(how?: "at_once" | "late" | "twice"): Promise<string>;
  monitoredAt(channel: string): Promise<number>;
  monitored(channel: string, which?: "first" | "second"): Promise<Buffer>;
  /** Somebody else mutes or unmutes. */
  mute(channel: string, muted: boolean): Promise<void>;
  hangUp(channel: string): Promise<void>;
  close(): Promise<void>;
}

interface AriEvent {
  readonly type: string;
  readonly timestamp: string;
  readonly dialplan_app?: string;
  readonly channel?: { readonly id: string; readonly name: string };
  readonly recording?: { readonly name: string };
}

export async function startPbx(program: Program): Promise<Pbx> {
  const folder = await mkdtemp(join(tmpdir(), "tacet-asterisk-"));
  const [ariPort, amiPort] = [await freePort(), await freePort()];
  await configure(folder, program, ariPort, amiPort);
  const child = spawn(program.command, ["-f", "-C", join(folder, "etc/asterisk.conf")], {
    env: { ...process.env, ...program.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  child.stderr.on("data", (data: Buffer) => (said += data.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let isOver = false;
  void ended.then(() => (isOver = true));
  const base = `http://127.0.0.1:${ariPort}/ari`;
  const authorization = `Basic ${btoa(`${USER}:${SECRET}`)}`;
  const ari = (method: string, path: string) =>
    fetch(base + path, { method, headers: { authorization } });
  const socketUrl = `${base.replace("http", "ws")}/events?app=${APP}&subscribeAll=true`;

  const close = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    let version = "";
    for (const until = Date.now() + 60_000; version === "";) {
      if (isOver || Date.now() > until) throw new Error(`asterisk did not start:\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const answer = await ari("GET", "/asterisk/info?only=system").catch(() => undefined);
      if (answer?.status !== 200 || !(await canConnect(amiPort))) continue;
      version = ((await answer.json()) as { system: { version: string } }).system.version;
    }
    const events: AriEvent[] = [];
    const socket = new WebSocket(socketUrl, { headers: { authorization } });
    socket.on("message", (data: Buffer) => events.push(JSON.parse(data.toString()) as AriEvent));
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const event = async (is: (one: AriEvent) => boolean): Promise<AriEvent> => {
      for (const until = Date.now() + 20_000; Date.now() < until;) {
        const found = events.find(is);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error("asterisk told of no such event");
    };
    const originate = async (path: string): Promise<string> => {
      const answer = await ari("POST", path);
      if (answer.status !== 200) throw new Error(`no call: ${await answer.text()}`);
      return ((await answer.json()) as { name: string }).name;
    };
    return {
      ariPort,
      amiPort,
      version,
      ari,
      async callForAri() {
        const name = await originate(`/channels?endpoint=Local/200@test&app=${APP}`);
        const is = (one: AriEvent) => one.type === "StasisStart" && one.channel?.name === name;
        const other = name.replace(/;1$/, ";2");
        // Playtones ends at once and leaves the ramp behind: what follows it is told of.
        const plays = await event(
          (one) => one.channel?.name === other && one.dialplan_app === "Wait",
        );
        const channel = (await event(is)).channel?.id ?? "";
        return { channel, rampAt: Date.parse(plays.timestamp) };
      },
      async record(channel, name) {
        const query = `name=${encodeURIComponent(name)}&format=wav`;
        const answer = await ari("POST", `/channels/${channel}/record?${query}`);
        if (answer.status !== 201) throw new Error(`no recording: ${await answer.text()}`);
        const begun = await event(
          (one) => one.type === "RecordingStarted" && one.recording?.name === name,
        );
        return { at: Date.parse(begun.timestamp) };
      },
      async callForAmi(how = "at_once") {
        const extension = { at_once: "300", late: "310", twice: "320" }[how];
        const name = await originate(
          `/channels?endpoint=Local/${extension}@test&extension=400&context=test&priority=1`,
        );
        const other = name.replace(/;1$/, ";2");
        const found = await event(
          (one) => one.channel?.name === other && one.type === "ChannelDialplan",
        );
        return found.channel?.id ?? "";
      },
      async monitoredAt(channel) {
        const begun = await event(
          (one) => one.channel?.id === channel && one.dialplan_app === "MixMonitor",
        );
        return Date.parse(begun.timestamp);
      },
      monitored: (channel, which = "first") => {
        const file = which === "first" ? `${channel}.wav` : `${channel}-second.wav`;
        return readFile(join(folder, "var/spool/monitor", file));
      },
      mute: (channel, muted) => muteByHand(amiPort, channel, muted),
      async hangUp(channel) {
        await ari("DELETE", `/channels/${channel}`);
        await event((one) => one.type === "ChannelDestroyed" && one.channel?.id === channel);
        // MixMonitor closes its file from a thread of its own.
        await new Promise((resolve) => setTimeout(resolve, 300));
      },
      async close() {
        socket.terminate();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });

/** Another manager's session, which is not tacet's. */
const muteByHand = (port: number, channel: string, muted: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let heard = "";
    socket.once("error", reject);
    socket.on("data", (data) => {
      heard += data.toString();
      if (!/ActionID: hand\r\n/.test(heard)) return;
      socket.destroy();
      if (/Response: Success\r\nActionID: hand/.test(heard)) resolve();
      else reject(new Error(heard));
    });
    const lines = [
      ["Action: Login", `Username: ${USER}`, `Secret: ${SECRET}`, "Events: off"],
      [
        "Action: MixMonitorMute",
        "ActionID: hand",
        `Channel: ${channel}`,
        "Direction: both",
        `State: ${muted ? 1 : 0}`,
      ],
    ];
    socket.write(lines.map((one) => `${one.join("\r\n")}\r\n\r\n`).join(""));
  });

async function configure(folder: string, program: Program, ariPort: number, amiPort: number) {
  const [etc, own] = [join(folder, "etc"), join(folder, "var")];
  const folders = ["db", "keys", "agi", "run", "log", "spool/monitor", "spool/recording"];
  await Promise.all(
    [etc, ...folders.map((one) => join(own, one))].map((one) => mkdir(one, { recursive: true })),
  );
  const tones = RAMP.steps.map((hz) => `${hz}/${RAMP.stepMs}`).join(",");
  const monitor = `MixMonitor(${own}/spool/monitor/\${UNIQUEID}.wav)`;
  const files: Readonly<Record<string, readonly string[]>> = {
    asterisk: [
      "[directories]",
      `astetcdir => ${etc}`,
      `astmoddir => ${program.modules}`,
      `astvarlibdir => ${program.varlib}`,
      `astdatadir => ${program.data}`,
      `astdbdir => ${own}/db`,
      `astkeydir => ${own}/keys`,
      `astagidir => ${own}/agi`,
      `astspooldir => ${own}/spool`,
      `astrundir => ${own}/run`,
      `astlogdir => ${own}/log`,
    ],
    ari: [
      "[general]",
      "enabled=yes",
      `[${USER}]`,
      "type=user",
      `password=${SECRET}`,
      "read_only=no",
    ],
    http: ["[general]", "enabled=yes", "bindaddr=127.0.0.1", `bindport=${ariPort}`],
    manager: [
      "[general]",
      "enabled=yes",
      "bindaddr=127.0.0.1",
      `port=${amiPort}`,
      `[${USER}]`,
      `secret=${SECRET}`,
      "read=call",
      "write=call,reporting",
    ],
    logger: ["[general]", "[logfiles]", "messages => warning,error"],
    extensions: [
      "[test]",
      `exten => 200,1,Answer()`,
      ` same => n,Playtones(${tones})`,
      " same => n,Wait(120)",
      `exten => 300,1,Answer()`,
      ` same => n,${monitor}`,
      ` same => n,Playtones(${tones})`,
      " same => n,Wait(120)",
      `exten => 310,1,Answer()`,
      ` same => n,Playtones(${tones})`,
      " same => n,Wait(2)",
      ` same => n,${monitor}`,
      " same => n,Wait(120)",
      // Two at once.
      "exten => 320,1,Answer()",
      ` same => n,${monitor}`,
      ` same => n,${monitor.replace(".wav", "-second.wav")}`,
      ` same => n,Playtones(${tones})`,
      " same => n,Wait(120)",
      "exten => 400,1,Answer()",
      " same => n,Wait(120)",
    ],
    modules: [
      "[modules]",
      "autoload=yes",
      ...[
        ...["chan_sip", "chan_iax2", "chan_skinny", "chan_unistim", "chan_mgcp", "chan_dahdi"],
        ...[
          "chan_pjsip",
          "res_pjsip",
          "chan_motif",
          "res_xmpp",
          "pbx_dundi",
          "res_snmp",
          "res_hep",
        ],
        ...["res_corosync", "res_config_ldap", "res_config_odbc", "res_odbc"],
      ].map((name) => `noload=${name}.so`),
    ],
    indications: ["[general]", "country=us", "[us]", "description=us", "ringcadence=2000,4000"],
  };
  for (const name of ["acl", "ccss", "cdr", "cel", "codecs", "features", "stasis", "udptl"]) {
    await writeFile(join(etc, `${name}.conf`), "");
  }
  for (const [name, lines] of Object.entries(files)) {
    await writeFile(join(etc, `${name}.conf`), `${lines.join("\n")}\n`);
  }
}
