/**
 * The simulated Revcord's faults by name.
 *
 * @module
 */
import { hubFaultNames } from "../hub.ts";

/** What each does, for `POST /_sim/faults`. `target` is a channel. */
export const faultNames = [
  "unreachable", // every connection breaks before anything is read
  "slow", // everything is answered after `ms` (60,000)
  "unauthorized", // a question is answered HTTP 401 whatever the token
  "bad-request", // HTTP 400 with the vendor's form of an error
  "server-error", // HTTP 500 with the vendor's form of an error
  "second-question-fails", // as server-error, for every question but the first from now on
  "rate-limited", // HTTP 429 with Retry-After `ms` / 1,000 (7) seconds
  "error-in-200", // HTTP 200 with an error's body
  "html-instead-of-json", // HTTP 200 with a web server's page
  "oversized", // a reply of `ms` (1,000,000) bytes
  "redirect", // HTTP 302 to /elsewhere
  "malformed-record", // among the calls is one that lacks its CallId
  "clock-wrong", // StartTimeString is an hour off
  "another-call", // a question by CallID is answered with another call
  "playback-elsewhere", // files are said to lie on another origin
  "refresh-refused", // a refresh token is turned down
  "token-down", // the token service answers HTTP 500
  ...hubFaultNames,
] as const;
