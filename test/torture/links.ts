/**
 * The wires of the torture, as a process: between service and recorders, and between clients and
 * service. A wire can be cut, or go silent with its connections open and deliver later.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { argsOf, serveParent, watchOneself, writer } from "./processes.ts";

export interface LinksArgs {
  readonly names: readonly string[];
  readonly story: string;
}

export type Mode = "pass" | "cut" | "hole";

interface Link {
  to: number;
  mode: Mode;
  readonly sockets: Set<Socket>;
  readonly port: number;
}

const links = new Map<string, Link>();
const { names, story } = argsOf() as LinksArgs;
for (const name of names) links.set(name, await listen());
const ports = Object.fromEntries([...links].map(([name, { port }]) => [name, port]));

const write = writer(story);
watchOneself((from, until) => write({ kind: "trouble", what: "delay", from, until }));
serveParent(ports, {
  to({ name, port }: { name: string; port: number }) {
    const link = links.get(name);
    if (link !== undefined) link.to = port;
  },
  mode({ name, mode }: { name: string; mode: Mode }) {
    const link = links.get(name);
    if (link === undefined) return;
    link.mode = mode;
    for (const socket of link.sockets) {
      if (mode === "cut") socket.destroy();
      else if (mode === "hole") socket.pause();
      else socket.resume();
    }
  },
});

async function listen(): Promise<Link> {
  const server = createServer((near) => {
    if (link.mode === "cut") return void near.destroy();
    const far = connect(link.to, "127.0.0.1");
    carry(link, near, far);
    carry(link, far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const link: Link = { to: 0, mode: "pass", sockets: new Set(), port };
  return link;
}

function carry(link: Link, from: Socket, to: Socket): void {
  link.sockets.add(from);
  from.setNoDelay(true);
  from.on("data", (bytes) => void to.write(bytes));
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
  from.on("close", () => {
    link.sockets.delete(from);
    to.destroySoon();
  });
  if (link.mode === "hole") from.pause();
}
