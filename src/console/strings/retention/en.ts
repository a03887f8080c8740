/**
 * What the page of retention says, in English.
 *
 * @module
 */
export const retentionEn = {
  "nav.retention": "Retention",
  "retention.forever": "No retention is configured: nothing is pruned.",
  "retention.months":
    "Entries are kept for {months} months. Of older ones only the hashes stay, so that all that was ever signed can still be checked.",
  "retention.none": "Nothing was pruned yet.",
  "retention.pruned": "Entries 1 to {position} were pruned.",
  "retention.keptFrom": "Entries are kept from",
  "retention.stopped": "Older entries are still kept, because:",
  "retention.stop_legal_hold": "legal hold {id} stands",
  "retention.stop_open_incident": "incident {id} is open",
  "retention.stop_copy": "the copy {id} does not have them yet",
  "retention.stop_call": "call {id} is not over, or was in use since",
  "retention.stop_reading":
    "an auditor's kit or an export is being made of them; half an hour at most",
  "retention.stop_log": "the log could not be read or written; it is tried again",
  "retention.holds": "Legal holds",
  "retention.noHolds": "No legal hold stands.",
  "retention.why":
    "While a legal hold stands, nothing is pruned from the first entry that it names on. It brings back nothing that was pruned before.",
  "retention.placedAt": "Placed",
  "retention.by": "By",
  "retention.reason": "Reason",
  "retention.keeps": "Keeps",
  "retention.keepsCall": "call {callId} and what came after, from entry {position}",
  "retention.keepsFrom": "everything from entry {position}",
  "retention.end": "End it",
  "retention.lift": "Lift",
  "retention.liftReason": "Why it ends",
  "retention.place": "Place a legal hold",
  "retention.callId": "Call (leave both empty to keep everything there is)",
  "retention.since": "And everything since this day, UTC",
  "retention.placeNow": "Place the hold",
  "retention.notYou": "Placing and lifting legal holds needs the scope retention:write.",
  "retention.said_empty": "Say why.",
  "retention.said_long": "That is too long.",
  "retention.said_card": "That looks like a card number. Nothing was kept of it.",
  "retention.said_day": "The day was not understood.",
  "retention.said_call_unknown": "The log knows no such call. No hold was placed.",
  "retention.said_full": "As many legal holds stand as may. Lift some, or place one on everything.",
  "retention.said_unknown": "This hold stands no more.",
  "retention.said_log_failed": "The log did not take it. Nothing is promised: try again.",
  "integrity.goodPruned":
    "Every entry is what was signed: {size} entries hash to the signed root. Up to {position} of them were pruned, and their hashes alone were there to check.",
  "retention.gone":
    "Entries from before {moment} were pruned: of such days this page shows nothing.",
} as const;
