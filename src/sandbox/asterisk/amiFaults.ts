/**
 * The faults of a simulated Asterisk's manager interface by name.
 *
 * @module
 */

/** What each does, for `POST /_sim/faults`. `target` is a channel's unique id. */
export const amiFaultNames = [
  "ack-and-ignore", // an order is answered Success and not done; no event comes
  "applied-but-lost", // an order is done and its event told; its answer never comes
  "lost-and-not-applied", // an order is heard and not done; nothing comes
  "slow", // everything is done at once and answered after `ms` (60,000)
  "slow-reads", // a read is answered after `ms` (60,000)
  "hung-resume", // an unmute is never answered; with `ms`, it is done only then
  "event-lost", // an order is done and answered; its event never comes
  "malformed-event", // instead of a mute's event comes a frame that is neither event nor reply
  "success-of-nothing", // an order is answered and told of where there is no MixMonitor
  "manual-unpause", // `ms` (100) after a mute was done, somebody undoes it by hand
  "foreign-mute", // a recording begins muted by somebody else
  "nothing-recording", // no MixMonitor is on the channel, as far as it says
  "operation-failed", // Error with words of its own for an order; not done
  "bad-reply", // a reply that is neither Success nor Error; nothing is done
  "oversized", // a frame of `ms` (100,000) characters without an end; nothing is done
  "unreachable", // every connection breaks before anything is read
  "drop", // an event is lost with every connection
  "silent", // connections stand and nothing is answered any more
  "not-ami", // it greets as something else
  "login-refused", // "Authentication failed", whatever the secret
  "not-permitted", // this user may not mute: "Permission denied"
] as const;
