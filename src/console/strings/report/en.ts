/**
 * What the report of a period, and opening a recording, say, in English.
 *
 * @module
 */

export const reportEn = {
  "nav.report": "Report",
  "report.of": "{tenant}, from {from} to {to}, both days whole, in UTC.",
  "report.made": "Made at",
  "report.from": "From",
  "report.to": "To",
  "report.show": "Show",
  "report.print":
    "Print this page, or save it as PDF. The figures are worked out from the control log; the head at the end signs every entry they rest on.",
  "report.bad":
    "The period was not understood, or is longer than {count} days: these are the last seven.",
  "report.counts": "Windows by outcome",
  "report.exceptions": "Exceptions by kind",
  "report.kind": "Kind",
  "report.count": "Count",
  "report.days": "Day by day",
  "report.review": "Reviewed by",
  "report.notReviewed": "nobody",
  "report.changed": "{who}, counts changed since",
  "report.sum": "Together",
  "report.list": "Every exception",
  "report.listed": "The first {shown} of {count}.",
  "report.none": "There were none.",
  "report.entry": "Entry",
  "report.when": "When",
  "report.call": "Call",
  "report.windows": "Windows",
  "report.recorders": "Recorders",
  "report.verify": "How to check this without us",
  "report.verifyHow":
    "Keep this head. Whoever has the log folder or an export runs the first command; the second shows that the log still begins with what this head signed.",
  "recording.open": "Open in {recorder}",
  "recording.title": "Recording {recordingId}",
  "recording.leaves":
    "This leaves tacet for the recorder's own page. That you asked for it is entered; the address is not.",
  "recording.away": "The recorder gave no page for it now.",
} as const;
