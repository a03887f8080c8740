/**
 * The faults of a simulated Asterisk's REST interface by name.
 *
 * @module
 */
/** What each does, for `POST /_sim/faults`. `target` is a recording's name. */
export const ariFaultNames = [
  "ack-and-ignore", // an order is answered 204 and not done
  "applied-but-lost", // an order is done; the connection breaks before its answer
  "lost-and-not-applied", // an order is heard and not done; the connection breaks
  "slow", // everything is done at once and answered after `ms` (60,000)
  "slow-reads", // a read is answered after `ms` (60,000)
  "hung-resume", // a DELETE is never answered; with `ms`, it is done only then
  "second-mute-ignored", // a recording's second mute is answered 204 and not done, and then the unmute mutes
  "manual-unpause", // `ms` (100) after an order to be silent was done, somebody undoes it by hand
  "foreign-mute", // a recording begins paused by somebody else
  "nothing-recording", // 404 for a recording that there is
  "not-in-session", // 409: the recording is queued as long as this lasts
  "operation-failed", // 500 with Asterisk's own words for an order; not done
  "html-instead-of-json", // HTTP 200 with a proxy's page; nothing is done
  "oversized", // a reply of `ms` (1,000,000) bytes; nothing is done
  "redirect", // HTTP 302 to /elsewhere; nothing is done
  "unreachable", // every connection breaks before anything is read
  "not-permitted", // the user is read_only: 403 for whatever would change something
  "unauthorized", // HTTP 401 whatever the password
] as const;
