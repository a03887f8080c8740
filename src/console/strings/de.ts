/**
 * What the console says, in German.
 *
 * @module
 */
import { reportDe } from "./report/de.ts";
import { kitDe } from "./kit/de.ts";
import { retentionDe } from "./retention/de.ts";
import { shopDe } from "./shop/de.ts";
import { callsDe } from "./calls/de.ts";
import { entriesDe } from "./entries/de.ts";
import type { Strings } from "./en.ts";
import { de as watch } from "./watch/de.ts";

export const de: Strings = {
  ...reportDe,
  ...kitDe,
  ...retentionDe,
  ...shopDe,
  ...watch,
  ...callsDe,
  ...entriesDe,

  "app.title": "tacet",
  "app.sandbox": "Testumgebung: nachgebildete Rekorder, nichts hier ist ein Beleg.",
  "app.skip": "Zum Inhalt",
  "app.signOut": "Abmelden",
  "app.signedInAs": "{name}, {kind}",
  "app.language": "Sprache",

  "nav.overview": "Überblick",
  "nav.calls": "Gespräche",
  "nav.exceptions": "Ausnahmen",
  "nav.incidents": "Vorfälle",
  "nav.wall": "Live-Wand",
  "nav.integrity": "Unversehrtheit",

  "signIn.title": "Anmelden",
  "signIn.button": "Anmelden",
  "signIn.again": "Ihre Sitzung ist zu Ende. Melden Sie sich neu an.",
  "signIn.denied":
    "Der Anmeldedienst kennt Sie, aber hier steht nicht, was Sie sehen dürfen. Fragen Sie, wer tacet betreibt: {detail}",
  "signIn.failed": "Die Anmeldung hat nicht geklappt. Versuchen Sie es noch einmal.",
  "signIn.unavailable":
    "Der Anmeldedienst ist jetzt nicht erreichbar. Versuchen Sie es später noch einmal.",
  "signIn.tooMany":
    "Von dort, wo Sie sind, versuchen sich zu viele anzumelden. Versuchen Sie es in {seconds} s noch einmal.",

  "error.notFound": "Unter dieser Adresse gibt es nichts.",
  "error.forbidden": "Das dürfen Sie nicht sehen. Dafür braucht es {scope}.",
  "error.csrf":
    "Dieses Formular gilt nicht mehr. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.",
  "error.failed": "tacet konnte diese Seite nicht erstellen.",
  "error.unavailable": "Das Protokoll ist jetzt nicht lesbar. Versuchen Sie es später noch einmal.",

  "protection.recording": "Aufnahme läuft",
  "protection.securing": "Wird angehalten",
  "protection.secured": "Gesichert",
  "protection.unsecured": "Nicht gesichert",
  "protection.resuming": "Wird fortgesetzt",
  "protection.stalled": "Aufnahme nicht fortgesetzt",
  "protection.ended": "Beendet",
};
