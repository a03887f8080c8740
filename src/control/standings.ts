/**
 * The claims that stand on one target, of whichever calls, and since when each does.
 *
 * @module
 */
import type { Target } from "./call.ts";
import type { Claim } from "./owed.ts";
import type { Want } from "./plan.ts";
import { wanted } from "./plan.ts";
import type { RecorderContext } from "./ports.ts";
import type { Standing } from "./sightings.ts";

export class Standings {
  readonly #standing = new Map<string, Standing>();

  /** True where this call did not claim the target before. A claim renewed is as old as it was. */
  set(callKey: string, claim: Claim, seq: number): boolean {
    const key = `${callKey}\n${claim.tapId}`;
    const known = this.#standing.get(key);
    const same = known?.claim.want === claim.want && known.claim.turn === claim.turn;
    this.#standing.set(key, { callKey, claim, since: same ? known.since : seq });
    return known === undefined;
  }

  drop(callKey: string, tapId: string): void {
    this.#standing.delete(`${callKey}\n${tapId}`);
  }

  of(want?: Want): readonly Standing[] {
    const all = [...this.#standing.values()];
    return want === undefined ? all : all.filter((one) => one.claim.want === want);
  }

  /** What they come to together. */
  want(): Want | undefined {
    return wanted(this.of().map(({ claim }) => claim.want));
  }

  /** Some claim came after that moment, and waits to be told what this read is for. */
  isUntold(want: Want, seq: number): boolean {
    const isReadFor = (one: Want) => one === want || one !== "recording";
    return this.of().some(({ claim, since }) => since > seq && isReadFor(claim.want));
  }

  /** Somebody asks for its silence, or what it is. */
  isAsking(): boolean {
    return this.of().some(({ claim }) => claim.want !== "recording");
  }

  /** The same, but for baselines of calls that nobody has asked to be silent. */
  isAskingInWindow(): boolean {
    return this.of().some(({ claim: { want, windowId } }) =>
      want === "baseline" ? windowId !== undefined : want !== "recording",
    );
  }

  target(want: Want | undefined): Target | undefined {
    return this.of(want).at(-1)?.claim.target;
  }

  context(): Pick<RecorderContext, "silenced" | "windowId"> {
    const { windowId } = this.of("paused").find((one) => one.claim.windowId)?.claim ?? {};
    const silenced = this.of().some((one) => one.claim.touched);
    return { silenced, ...(windowId === undefined ? {} : { windowId }) };
  }
}
