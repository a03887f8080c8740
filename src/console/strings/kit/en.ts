/**
 * What the page of the auditor's kit says, in English.
 *
 * @module
 */
export const kitEn = {
  "nav.kit": "Auditor's kit",
  "kit.what":
    "One ZIP file with entries of this log, its signed head, and a page that checks them on any computer, without a connection. It reaches to the newest signed head, a minute old at most.",
  "kit.how":
    "Unpack it, open index.html in a browser, and choose the unpacked folder there. Give the auditor this verifier key by another way too:",
  "kit.period":
    "Both days whole, in UTC. Entries come in bundles of 256, so some from before and after come along. Leave both empty for the whole log.",
  "kit.logged": "That you took it, and of which days, is entered in the log.",
  "kit.make": "Download the kit",
  "kit.bad": "The period was not understood.",
  "kit.nothing": "No signed entry lies in this period.",
  "kit.too_many":
    "A kit has at most {count} entries: a browser checks no more. Choose a shorter period.",
  "kit.too_large": "These entries are larger than one kit may be. Choose a shorter period.",
  "kit.unsigned": "No head of this log was signed yet. Try again in a minute.",
  "kit.changed": "There is no kit: this log is not what was signed. tacet verify says where.",
  "kit.busy": "A kit is being made already. Try again once it has been downloaded.",
  "kit.failed": "The kit could not be made.",
} as const;
