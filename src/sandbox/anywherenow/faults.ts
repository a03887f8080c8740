/**
 * The simulated AnywhereNow's faults by name.
 *
 * @module
 */
import { hubFaultNames } from "../hub.ts";

/** What each does, for `POST /_sim/faults`. `target` is a correlation id. */
export const faultNames = [
  "ack-and-ignore", // an order is answered yes and not done
  "applied-but-lost", // an order is done; the connection breaks before its answer
  "lost-and-not-applied", // an order is heard and not done; the connection breaks
  "slow", // everything is done at once and answered after `ms` (60,000)
  "slow-reads", // a read is answered after `ms` (60,000)
  "hung-resume", // a Start is never answered; with `ms`, it is done only then
  "second-mute-ignored", // the first Pause works, the next is answered yes and not done, and then Start pauses
  "manual-unpause", // `ms` (100) after a Pause was done, somebody starts the recorder by hand
  "foreign-mute", // a conversation begins paused by somebody else
  "nothing-recording", // "No Audio session …" for a conversation that is being recorded
  "error-in-200", // HTTP 200 with an ErrorMessage for an order; not done
  "already-paused-is-error", // an order that changes nothing is answered with an ErrorMessage
  "not-found-is-404", // "No Audio session …" comes with status 404
  "html-instead-of-json", // HTTP 200 with a web server's page; nothing is done
  "oversized", // a reply of `ms` (1,000,000) bytes; nothing is done
  "redirect", // HTTP 302 to /elsewhere; nothing is done
  "unreachable", // every connection breaks before anything is read
  "not-permitted", // AgentCanEditRecordings is false and orders are refused
  "unauthorized", // HTTP 401 whatever the token
  ...hubFaultNames,
] as const;
