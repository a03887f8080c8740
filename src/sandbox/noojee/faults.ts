/**
 * The faults of a simulated Noojee server by name.
 *
 * @module
 */
/** What each does, for `POST /_sim/faults`. `target` is an extension. */
export const noojeeFaultNames = [
  "ack-and-ignore", // an order is answered Code 0 and not done
  "applied-but-lost", // an order is done; the connection breaks before its answer
  "lost-and-not-applied", // an order is heard and not done; the connection breaks
  "slow", // everything is done at once and answered after `ms` (60,000)
  "unreachable", // every connection breaks before anything is read
  "error-in-200", // HTTP 200 with Code -1, quoting what was asked; nothing is done
  "warning-in-200", // HTTP 200 with Code 1 for an order; nothing is done
  "html-instead-of-json", // HTTP 200 with a proxy's page; nothing is done
  "oversized", // a reply of `ms` (1,000,000) bytes; nothing is done
  "redirect", // HTTP 302 to /elsewhere; nothing is done
  "already-paused-is-error", // a stop of what is not recorded is answered Code -1
  "empty-yes", // an order is done and answered 200 without a body
  "auto-restart", // `ms` (100) after a stop was done, a transition starts a recording by itself
  "expired-timestamp", // a hash is answered "Expired TimeStamp", however new
  "rate-limited", // questions about recordings are answered that they come too often
  "second-list-fails", // of questions about recordings, each second one is answered with an error
  "malformed-record", // a leg among the others has no Start
  "malformed-event", // the next end told by the long poll lacks its CallData
  "poll-cut", // a poll that would wait breaks
  "counts-anew", // the server restarts: its sequence begins again
] as const;
