/**
 * What the report of a period, and opening a recording, say, in Dutch.
 *
 * @module
 */
import type { reportEn } from "./en.ts";

export const reportNl: Readonly<Record<keyof typeof reportEn, string>> = {
  "nav.report": "Rapport",
  "report.of": "{tenant}, van {from} tot en met {to}, hele dagen, in UTC.",
  "report.made": "Gemaakt op",
  "report.from": "Van",
  "report.to": "Tot en met",
  "report.show": "Tonen",
  "report.print":
    "Druk deze pagina af of bewaar haar als PDF. De cijfers zijn uit het controlelogboek berekend; de kop aan het eind ondertekent elke regel waarop ze rusten.",
  "report.bad":
    "De periode is niet begrepen, of langer dan {count} dagen: dit zijn de laatste zeven.",
  "report.counts": "Vensters naar afloop",
  "report.exceptions": "Uitzonderingen naar soort",
  "report.kind": "Soort",
  "report.count": "Aantal",
  "report.days": "Dag voor dag",
  "report.review": "Nagezien door",
  "report.notReviewed": "niemand",
  "report.changed": "{who}, aantallen sindsdien veranderd",
  "report.sum": "Samen",
  "report.list": "Elke uitzondering",
  "report.listed": "De eerste {shown} van {count}.",
  "report.none": "Er waren er geen.",
  "report.entry": "Regel",
  "report.when": "Wanneer",
  "report.call": "Gesprek",
  "report.windows": "Vensters",
  "report.recorders": "Recorders",
  "report.verify": "Hoe u dit zonder ons nagaat",
  "report.verifyHow":
    "Bewaar deze kop. Wie de map van het logboek of een export heeft, voert de eerste opdracht uit; de tweede laat zien dat het logboek nog begint met wat deze kop ondertekende.",
  "recording.open": "Openen in {recorder}",
  "recording.title": "Opname {recordingId}",
  "recording.leaves":
    "Dit leidt van tacet naar de eigen pagina van de recorder. Dat u erom vroeg staat in het logboek; het adres niet.",
  "recording.away": "De recorder gaf er nu geen pagina voor.",
};
