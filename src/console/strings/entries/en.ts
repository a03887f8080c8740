/**
 * A sentence for each entry of the control log, in English.
 *
 * @module
 */
export const entriesEn = {
  "entry.unknown": "{type}",
  "entry.counted": "{sentence} {count} times more.",
  "entry.CallRegistered": "The call became known.",
  "entry.CallMoved": "The call has another agent or other attributes.",
  "entry.TapAdded": "{recorder} joined the call ({target}).",
  "entry.TapLeaving":
    "The call moved away from {recorder}; it is kept silent until the others are.",
  "entry.TapReleased": "Another call keeps {recorder} silent there; this one lets go.",
  "entry.TapReleased.never_silenced":
    "Every command to silence {recorder} was refused or did not arrive: there is nothing to undo.",
  "entry.TapBaselined": "Before tacet did anything, {recorder} was: {status}.",
  "entry.WindowOpened": "Sensitive data began: window {window}.",
  "entry.WindowRenewed": "Window {window} was prolonged.",
  "entry.WindowClosed": "Sensitive data ended: window {window} was closed.",
  "entry.WindowForestalled": "Window {window} was closed before it was opened; it will not open.",
  "entry.WindowExpired": "The lease of window {window} ran out.",
  "entry.WindowExpired.kept":
    "The lease of window {window} ran out; the silence is kept until a person acts.",
  "entry.WindowReleased": "The silence of window {window} ended.",
  "entry.RecorderReported.silent": "{recorder} confirmed that it is silent ({how}).",
  "entry.RecorderReported.recording": "{recorder} confirmed that it records ({how}).",
  "entry.RecorderReported.drift": "{recorder} records although it should be silent ({how}).",
  "entry.RecorderReported.stillPaused": "{recorder} is still paused ({how}).",
  "entry.RecorderReported.absent": "{recorder} records nothing there ({how}).",
  "entry.RecorderReported.unknown": "{recorder} could not say what it does ({how}).",
  "entry.RecorderReported.other": "{recorder} has another conversation there by now.",
  "entry.RecorderFailed.refused": "{recorder} refused a command.",
  "entry.RecorderFailed.unreachable": "{recorder} could not be reached.",
  "entry.RecorderFailed.in_doubt":
    "{recorder} did not answer a command; whether it did it is not known.",
  "entry.ConfirmationOverdue.paused":
    "The time allowed ran out: not all recorders are confirmed silent.",
  "entry.ConfirmationOverdue.recording":
    "The time allowed ran out: not all recorders are confirmed recording again.",
  "entry.ConfirmationLapsed.started": "tacet started anew: no confirmation is young enough.",
  "entry.ConfirmationLapsed.silent":
    "A recorder gave no word for too long: no confirmation is young enough.",
  "entry.CallEnding.asked": "The call is ending.",
  "entry.CallEnding.idle": "The call is ending, because nothing had happened to it for long.",
  "entry.CallEnded": "The call ended.",
  "entry.CallEnded.outstanding": "The call ended while recorders were still owed a resume.",
  "entry.LogStarted": "The service started.",
  "entry.LogStopped": "The service stopped.",
  "entry.ConfigurationChanged": "The configuration changed.",
  "entry.RecorderWentDown": "{recorder} is down.",
  "entry.RecorderRecovered": "{recorder} is healthy again.",
  "entry.AlertGivenUp": "An alert was not taken by its receiver in time.",
  "entry.KeyCreated": "A key was made.",
  "entry.KeyRotated": "The signing key was handed on.",
  "entry.EntriesPruned": "Old entries were pruned: their hashes stay.",
  "entry.LegalHoldPlaced": "A legal hold was placed: {reason}",
  "entry.LegalHoldLifted": "A legal hold was lifted: {reason}",
  "entry.LogRestored": "This log took the place of one that could not go on.",
  "entry.LogVerified": "The whole log was read again and is as it was written.",
  "entry.LogVerificationFailed": "The log was read again and is not as it was written.",
  "entry.CheckpointShippingFailed": "Signed heads do not reach where they are kept.",
  "entry.CheckpointShippingRecovered": "Signed heads reach where they are kept again.",
  "entry.ClockStateChanged": "What is known of the clock changed.",
  "entry.AccessDenied": "Somebody was turned away: {reason}.",
  "entry.CardholderDataRefused":
    "A request held a card number and was refused. The number was not kept.",
  "entry.RecordingTestified": "{recorder} told of its recording {recording}.",
  "entry.WindowJudged":
    "Window {window} was judged against the recording of {recorder}: {verdict}.",
  "entry.WitnessUnreachable": "{recorder} did not say what it recorded.",
  "entry.WitnessUnreachable.givenUp":
    "{recorder} did not say what it recorded and is not asked any more.",
  "entry.EvidenceGathered": "All recorders of the call were asked what they recorded.",
  "entry.EvidenceGathered.unanswered":
    "The recorders of the call were asked what they recorded; not all answered.",
  "entry.EvidenceGathered.tooLong":
    "The call has more entries than are looked at: no recorder is asked, and its windows are not judged.",
  "entry.WitnessesAsked": "Somebody had the recorders asked what they recorded.",
  "entry.SoundHeard": "A recording of {recorder} was heard.",
  "entry.IncidentOpened": "An incident was opened for a recording of {recorder}: {incident}.",
  "entry.IncidentGrew": "More was found for incident {incident}.",
  "entry.IncidentNoted": "A note was added to incident {incident}.",
  "entry.IncidentClosed": "Incident {incident} was closed.",
  "entry.RecordingOpened": "Somebody opened the recording at {recorder}.",
  "entry.RecordingFlagged": "The suspect recording was marked in {recorder}.",
  "entry.RecordingFlagged.not": "The suspect recording could not be marked in {recorder} yet.",
  "entry.PaymentsReconciled": "Payments were compared with the log.",
  "entry.LogRead": "Somebody read the log: {reason}.",
  "entry.DesktopShown": "The agent's desktop showed: {protection}.",
  "entry.SpooledFact": "A fact from a time when the log could not be written.",
  "entry.ConformanceBegan": "A conformance run on a test call began.",
  "entry.ConformanceEnded": "A conformance run ended.",
  "entry.OrderIntended": "A conformance run is about to give {recorder} an order.",
  "entry.OrderAnswered": "{recorder} answered an order of a conformance run.",
  "entry.CheckConcluded": "A check of a conformance run came to its end.",
  "entry.DailyReviewSigned": "The daily review was signed.",
  "entry.LogPruned": "Old entries were let go.",
  "entry.SignedIn": "Somebody signed in.",
  "entry.SignedOut": "Somebody signed out.",
  "entry.SignInRefused": "Somebody could not sign in: {reason}.",
} as const;
export type EntriesStrings = Readonly<Record<keyof typeof entriesEn, string>>;
