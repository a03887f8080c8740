/**
 * The simulated VSLogger's faults by name, and what they do instead of, or beside, an answer.
 *
 * @module
 */
import type { Context } from "hono";
import { cutConnection } from "../simulator.ts";
import type { Faults } from "../simulator.ts";

/** What each does, for `POST /_sim/faults`. `target` is a channel number or a SIP call id. */
export const faultNames = [
  "ack-and-ignore", // a command is answered yes and not done
  "applied-but-lost", // a command is done; the connection breaks before its answer
  "lost-and-not-applied", // a command is heard and not done; the connection breaks
  "slow", // a command is done at once and answered after `ms` (60,000)
  "slow-reads", // a read is answered after `ms` (60,000)
  "hung-resume", // a resume is never answered; with `ms`, it is done only then
  "error-in-200", // HTTP 200 with status -1 for a command; not done
  "already-paused-is-error", // status -1 for a command that would change nothing
  "html-instead-of-json", // HTTP 200 with a web server's page; nothing is done
  "oversized", // a reply of `ms` (2,000,000) bytes; nothing is done
  "redirect", // HTTP 302 to /elsewhere; nothing is done
  "cached", // an old answer out of a proxy's cache, with its age
  "unreachable", // every connection breaks before anything is read
  "cut", // every request is heard and not done; the connection breaks
  "hash-refused", // status -4 whatever the hash
  "session-lost", // status -2
  "not-permitted", // status -3 for commands
  "second-mute-ignored", // the first mute works, the next is answered yes and not done, and then unmute mutes
  "manual-unpause", // `ms` (100) after a mute was done, somebody lets it record by hand
  "foreign-mute", // a call begins muted by somebody else
  "nothing-recording", // reads say that no call is on, commands are answered yes and not done
  "wrong-draw", // a search's draw is another one's
  "never-closes", // a finished recording is told as not closed
  "modified", // a recording is told as modified
  "second-page-fails", // status -1 for every page of a search but the first
  "page-beyond-the-end", // every page but the first is empty, whatever totalcount says
  "list-moves", // every page but the first tells another totalcount
  "malformed-record", // the last recording of a page tells no start
  "no-rec-hash", // a search tells no rec_ss and no rec_hh
  "search-fails", // status -1 for searches, downloads and record updates
  "search-not-permitted", // status -3 for those
  "rate-limited", // HTTP 429 with retry-after for those
  "record-write-lost", // a record's update is heard and not done; the connection breaks
  "records-through-mute", // the file holds sound where the channel said it was muted
  "channel-reuse", // a mute outlives its call and silences the next one on the channel
] as const;

export const fault = {
  /** What any request may get instead of being looked at. `salt`: some errors quote too much. */
  instead(c: Context, faults: Faults, target: string | undefined, salt: string) {
    if (faults.take("html-instead-of-json", target)) {
      return c.html(`<!doctype html><title>Login</title><p>Please sign in. ${salt}</p>`);
    }
    if (faults.take("redirect", target)) return c.redirect("/elsewhere", 302);
    const oversized = faults.take("oversized", target);
    if (oversized !== undefined) {
      const data = " ".repeat(oversized.ms ?? 2_000_000);
      return c.json({ status: 0, data, errmessage: "" });
    }
    if (faults.take("cached", target)) {
      return c.json({ status: 0, data: "", errmessage: "" }, 200, { age: "17" });
    }
    if (faults.take("cut", target)) return cutConnection("heard");
    if (faults.take("hash-refused", target)) {
      return c.json({ status: -4, data: "", errmessage: `HASH error, expected salt ${salt}` });
    }
    if (faults.take("session-lost", target)) {
      return c.json({ status: -2, data: "", errmessage: "session timeout" });
    }
    return undefined;
  },
};
