/**
 * What the report of a period, and opening a recording, say, in German.
 *
 * @module
 */
import type { reportEn } from "./en.ts";

export const reportDe: Readonly<Record<keyof typeof reportEn, string>> = {
  "nav.report": "Bericht",
  "report.of": "{tenant}, vom {from} bis zum {to}, ganze Tage, in UTC.",
  "report.made": "Erstellt am",
  "report.from": "Von",
  "report.to": "Bis",
  "report.show": "Anzeigen",
  "report.print":
    "Drucken Sie diese Seite oder sichern Sie sie als PDF. Die Zahlen sind aus dem Kontrollprotokoll errechnet; der Kopf am Ende unterschreibt jeden Eintrag, auf dem sie ruhen.",
  "report.bad":
    "Der Zeitraum wurde nicht verstanden oder ist länger als {count} Tage: dies sind die letzten sieben.",
  "report.counts": "Fenster nach Ausgang",
  "report.exceptions": "Ausnahmen nach Art",
  "report.kind": "Art",
  "report.count": "Anzahl",
  "report.days": "Tag für Tag",
  "report.review": "Durchgesehen von",
  "report.notReviewed": "niemand",
  "report.changed": "{who}, Zahlen seither geändert",
  "report.sum": "Zusammen",
  "report.list": "Jede Ausnahme",
  "report.listed": "Die ersten {shown} von {count}.",
  "report.none": "Es gab keine.",
  "report.entry": "Eintrag",
  "report.when": "Wann",
  "report.call": "Gespräch",
  "report.windows": "Fenster",
  "report.recorders": "Rekorder",
  "report.verify": "Wie Sie dies ohne uns prüfen",
  "report.verifyHow":
    "Bewahren Sie diesen Kopf auf. Wer den Ordner des Protokolls oder einen Export hat, führt den ersten Befehl aus; der zweite zeigt, dass das Protokoll noch mit dem beginnt, was dieser Kopf unterschrieb.",
  "recording.open": "In {recorder} öffnen",
  "recording.title": "Aufnahme {recordingId}",
  "recording.leaves":
    "Dies führt von tacet zur eigenen Seite des Rekorders. Dass Sie danach fragten, steht im Protokoll; die Adresse nicht.",
  "recording.away": "Der Rekorder gab jetzt keine Seite dafür.",
};
