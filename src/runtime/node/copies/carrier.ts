/**
 * What the copier asks of a destination, whatever kind it is of.
 *
 * @module
 */
import type { TenantId } from "../../../control/call.ts";
import type { Entry } from "../../../log/entry.ts";

/** One line of a copy. `unreadable`: what stands at these positions is no entry of the log any more. */
export type CopyItem =
  | { readonly kind: "entry"; readonly entry: Entry; readonly text: string }
  | { readonly kind: "unreadable"; readonly position: number; readonly text: string };

/** Of one log, in order. */
export interface Lines {
  readonly kind: "lines";
  readonly tenant: TenantId;
  readonly origin: string;
  readonly items: readonly CopyItem[];
  /** Positions of the first and of the last. */
  readonly from: number;
  readonly to: number;
}

/** A signed head that covers nothing but what was sent before it. */
export interface Head {
  readonly kind: "head";
  readonly tenant: TenantId;
  readonly origin: string;
  readonly size: number;
  /** The signed note in JSON, with what is needed to check it. */
  readonly text: string;
}

export type Parcel = Lines | Head;

/**
 * Where a copy goes. `send` returns once the destination has the parcel, or its connection; only
 * `confirm` says that everything sent before was received. Both throw `CopyFailed`; then nothing is
 * known of what was sent since the last confirmation, and all of it is sent again.
 */
export interface Carrier {
  /** How long parcels may go unconfirmed; 0 where `send` itself is the confirmation. */
  readonly confirmMs: number;
  send(parcel: Parcel): Promise<void>;
  confirm(): Promise<void>;
  /** Lets go of a connection whose state is unknown. */
  drop(): void;
  close(): Promise<void>;
}

interface FailedHow {
  /** Before this it is not tried again. */
  readonly retryAfterMs?: number;
  /** The receiver answered, and will not have this parcel: others may fare better. */
  readonly refused?: boolean;
  readonly tooLarge?: boolean;
}

/** `why`: a word of tacet's own, a system's code or a status; never what was sent or received. */
export class CopyFailed extends Error {
  readonly code = "copy_failed";
  readonly how: FailedHow;

  constructor(why: string, how: FailedHow = {}) {
    super(why);
    this.how = how;
  }
}
