/**
 * Listening to AnywhereNow's SignalR hub: each event it pushes, as a change for the desk.
 *
 * @module
 */
import { hubListening } from "../listening.ts";
import type { TokenSource } from "../tokens.ts";
import { readPushed } from "./push.ts";
import type { AnywhereNowSettings } from "./settings.ts";

type Push = NonNullable<AnywhereNowSettings["push"]>;
type KeyOf = Parameters<typeof readPushed>[1];

export function pushesOf(push: Push, keyOf: KeyOf, tokens: TokenSource | undefined) {
  const address = { url: push.url, kind: push.kind, hub: push.hub ?? "", event: push.event };
  return hubListening(address, {
    read(args, on) {
      const pushed = readPushed(args, keyOf);
      if (pushed.kind === "change") on.change(pushed.change);
      return pushed.kind === "unreadable" ? 1 : 0;
    },
    meanwhile: "states are only read until it is back",
    tokens,
  });
}
