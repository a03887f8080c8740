/**
 * Targets of one recorder that are named in different ways and come to the same audio: an extension
 * and the channel it is on. What one asks for binds the others.
 *
 * @module
 */
import type { EpochMs } from "./call.ts";
import type { Commanding } from "./commanding.ts";
import type { Abandoned, Standing } from "./sightings.ts";
import { latest } from "./sightings.ts";
import type { Standings } from "./standings.ts";

export interface Sibling {
  /** What commands to it go to, as last seen. */
  readonly resource: string | undefined;
  readonly standing: Standings;
  readonly commanding: Commanding;
  /** Closes the connection of the command in flight; it may land all the same. */
  giveUp(): void;
  /** Does the next thing it needs. */
  step(): void;
}

export class Siblings {
  readonly #self: Sibling;
  readonly #others: () => readonly Sibling[];

  constructor(self: Sibling, others: () => readonly Sibling[]) {
    this.#self = self;
    this.#others = others;
  }

  #all(): readonly Sibling[] {
    const { resource } = this.#self;
    if (resource === undefined) return [];
    return this.#others().filter((one) => one !== this.#self && one.resource === resource);
  }

  /** The claims on this audio, under any name. */
  claims(): readonly Standing[] {
    return [this.#self, ...this.#all()].flatMap((one) => one.standing.of());
  }

  /**
   * Under another name somebody asks for silence: nothing of it is resumed. A name of which it is
   * not known yet where it leads counts too.
   */
  keepSilent(): boolean {
    const { resource } = this.#self;
    if (resource === undefined) return false;
    return this.#others().some(
      (one) =>
        one !== this.#self &&
        one.standing.isSilencing() &&
        (one.resource === undefined || one.resource === resource),
    );
  }

  /** Whose resume of this audio is in flight, its own first. */
  resuming(): Sibling | undefined {
    return [this.#self, ...this.#all()].find((one) => one.commanding.running === "resume");
  }

  /** When commands to this audio, under any name, were given up: they may land yet. */
  abandoned(now: EpochMs): Abandoned {
    const others = this.#all().map(({ commanding }) =>
      commanding.running === undefined
        ? commanding.abandoned
        : latest(commanding.abandoned, { [commanding.running]: now }),
    );
    return others.reduce(latest, this.#self.commanding.abandoned);
  }
}
