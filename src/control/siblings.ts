/**
 * Targets of one recorder that are named in different ways and come to the same audio: an extension
 * and the channel it is on. What one asks for binds the others.
 *
 * @module
 */
import type { EpochMs } from "./call.ts";
import type { Commanding } from "./commanding.ts";
import type { KinOf } from "./kin.ts";
import type { Abandoned, Standing } from "./sightings.ts";
import { latest } from "./sightings.ts";
import type { Standings } from "./standings.ts";

export interface Sibling {
  readonly standing: Standings;
  readonly commanding: Commanding;
  /** Closes the connection of the command in flight; it may land all the same. */
  giveUp(): void;
  /** Does the next thing it needs. */
  step(): void;
}

export class Siblings {
  readonly #self: Sibling;
  readonly #kin: KinOf;

  constructor(self: Sibling, kin: KinOf) {
    this.#self = self;
    this.#kin = kin;
  }

  #all(): readonly Sibling[] {
    return this.#others(this.#kin.same());
  }

  #others(kin: Iterable<Sibling>): readonly Sibling[] {
    return [...kin].filter((one) => one !== this.#self);
  }

  /** The claims on this audio, under any name. */
  claims(): readonly Standing[] {
    return [this.#self, ...this.#all()].flatMap((one) => one.standing.of());
  }

  /**
   * Under another name somebody asks for silence, or what it is: nothing of it is resumed. Where it
   * is not known what a name leads to, its own or another's, it may be this one; and so it may where
   * either led nowhere before this one was wanted to record, at `since`.
   */
  keepSilent(since: EpochMs): boolean {
    const isAsking = (one: Sibling) => one.standing.isAsking();
    if (!this.#kin.isRead()) return this.#others(this.#kin.all()).some(isAsking);
    if (this.#all().some(isAsking)) return true;
    // Calls are registered all the time; only those with a window are waited for.
    const nowhere = this.#kin.nowhere(since);
    const mayBe = nowhere.includes(this.#self)
      ? this.#kin.all()
      : [...this.#kin.unread(), ...nowhere];
    return this.#others(mayBe).some((one) => one.standing.isAskingInWindow());
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
