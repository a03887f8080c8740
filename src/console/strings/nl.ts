/**
 * What the console says, in Dutch.
 *
 * @module
 */
import { reportNl } from "./report/nl.ts";
import { kitNl } from "./kit/nl.ts";
import { retentionNl } from "./retention/nl.ts";
import { shopNl } from "./shop/nl.ts";
import { callsNl } from "./calls/nl.ts";
import { entriesNl } from "./entries/nl.ts";
import type { Strings } from "./en.ts";
import { nl as watch } from "./watch/nl.ts";

export const nl: Strings = {
  ...reportNl,
  ...kitNl,
  ...retentionNl,
  ...shopNl,
  ...watch,
  ...callsNl,
  ...entriesNl,

  "app.title": "tacet",
  "app.sandbox": "Proefomgeving: nagebootste recorders, niets hier is bewijs.",
  "app.skip": "Naar de inhoud",
  "app.signOut": "Afmelden",
  "app.signedInAs": "{name}, {kind}",
  "app.language": "Taal",

  "nav.overview": "Overzicht",
  "nav.calls": "Gesprekken",
  "nav.exceptions": "Uitzonderingen",
  "nav.incidents": "Incidenten",
  "nav.wall": "Live wand",
  "nav.integrity": "Integriteit",

  "signIn.title": "Aanmelden",
  "signIn.button": "Aanmelden",
  "signIn.again": "Uw sessie is voorbij. Meld u opnieuw aan.",
  "signIn.denied":
    "De aanmelddienst kent u, maar hier staat niet wat u mag zien. Vraag het de beheerder van tacet: {detail}",
  "signIn.failed": "Het aanmelden is niet gelukt. Probeer het opnieuw.",
  "signIn.unavailable": "De aanmelddienst is nu niet bereikbaar. Probeer het straks opnieuw.",
  "signIn.tooMany":
    "Vanaf waar u bent proberen te velen zich aan te melden. Probeer het over {seconds} s opnieuw.",

  "error.notFound": "Op dit adres staat niets.",
  "error.forbidden": "U mag dit niet zien. Hiervoor is {scope} nodig.",
  "error.csrf":
    "Dit formulier is niet meer geldig. Ga terug, laad de pagina opnieuw en probeer het nog eens.",
  "error.failed": "tacet kon deze pagina niet maken.",
  "error.unavailable": "Het logboek is nu niet leesbaar. Probeer het straks opnieuw.",

  "protection.recording": "Opname loopt",
  "protection.securing": "Wordt gepauzeerd",
  "protection.secured": "Beveiligd",
  "protection.unsecured": "Niet beveiligd",
  "protection.resuming": "Wordt hervat",
  "protection.stalled": "Opname niet hervat",
  "protection.ended": "Beëindigd",
};
