/**
 * Copies by syslog over one TLS connection. Syslog acknowledges nothing, and what was written to a
 * connection is not received: it may lie in a buffer of a receiver that will never read it. So from
 * time to time the connection is ended, and only what the receiver's own end answers counts: it
 * reads our end behind everything before it, where a receiver that dies resets what it had not read.
 *
 * @module
 */
import { hostname } from "node:os";
import type { SecureContext } from "node:tls";
import type { Clock } from "../../../control/ports.ts";
import { within } from "../../../control/within.ts";
import {
  type SyslogMessage,
  type SyslogSender,
  syslogFrame,
  syslogSeverity,
} from "../../../log/syslog.ts";
import type { SyslogCopyConfig } from "../../../policy/configCopies.ts";
import { secureContextOf } from "../send.ts";
import { type Carrier, CopyFailed, type CopyItem, type Parcel } from "./carrier.ts";
import { type SyslogLink, connectSyslog } from "./syslogLink.ts";

/** A receiver that takes no byte for so long stands still. */
const STILL_MS_MAX = 30_000;
/** How long a receiver may take to read what lies in buffers, and to end. */
const END_MS_MAX = 60_000;
/** Longer than a way there and back: an end that was on its way already is not taken for an answer. */
const SETTLE_MS = 500;

export interface SyslogCarrierOptions {
  readonly clock: Clock;
  readonly stillMsMax?: number;
  readonly endMsMax?: number;
  readonly settleMs?: number;
}

export function syslogCarrier(config: SyslogCopyConfig, options: SyslogCarrierOptions): Carrier {
  const { clock, stillMsMax = STILL_MS_MAX, endMsMax = END_MS_MAX } = options;
  const sender: SyslogSender = {
    facility: config.facility,
    hostname: hostname(),
    processId: process.pid,
    enterpriseNumber: config.enterpriseNumber,
  };
  // Made once: it takes every authority the system trusts, and connections are many.
  let context: SecureContext | undefined;
  let link: SyslogLink | undefined;
  let isClosed = false;

  async function linked(): Promise<SyslogLink> {
    // Nothing unconfirmed was on it: receivers may close what is idle.
    if (link?.wrote === false && link.lost() !== undefined) drop();
    if (link === undefined) {
      const made = await connectSyslog(config, () => (context ??= secureContextOf(config.tls)));
      if (isClosed) {
        made.destroy();
        throw new CopyFailed("stopping");
      }
      link = made;
    }
    return link;
  }

  function drop(): void {
    link?.destroy();
    link = undefined;
  }

  /** In time, or the connection is given up. */
  async function orGivenUp(work: Promise<void>, ms: number, why: string): Promise<void> {
    const done = await within(clock, ms, work);
    if (done.kind === "in_time") return;
    drop();
    throw done.kind === "late" ? new CopyFailed(why) : done.error;
  }

  return {
    confirmMs: config.confirmMs,
    async send(parcel) {
      const bytes = Buffer.concat(messagesOf(parcel).map((one) => syslogFrame(one, sender)));
      const to = await linked();
      await orGivenUp(to.write(bytes), stillMsMax, "stands_still");
    },
    async confirm() {
      if (link === undefined) throw new CopyFailed("not_connected");
      await new Promise<void>((resolve) => clock.after(options.settleMs ?? SETTLE_MS, resolve));
      await orGivenUp(link.end(), endMsMax, "no_end");
      link = undefined;
      // Whoever died just now ended as well: it has to be there still.
      await linked();
    },
    drop,
    close() {
      isClosed = true;
      drop();
      return Promise.resolve();
    },
  };
}

function messagesOf(parcel: Parcel): SyslogMessage[] {
  const { origin, tenant } = parcel;
  switch (parcel.kind) {
    case "head": {
      const data = { origin, tenant, size: parcel.size };
      const { text } = parcel;
      return [{ at: Date.now(), severity: 6, type: "log.checkpoint", data, text }];
    }
    case "lines":
      return parcel.items.map((item) => messageOf(item, origin, tenant));
  }
}

function messageOf(item: CopyItem, origin: string, tenant: string): SyslogMessage {
  const { text } = item;
  if (item.kind === "unreadable") {
    const data = { origin, tenant, position: item.position };
    return { at: Date.now(), severity: 2, type: "log.unreadable", data, text };
  }
  const { at, clock, position, type } = item.entry;
  const data = { origin, tenant, position };
  return { at, severity: syslogSeverity(item.entry), type, data, clock, text };
}
