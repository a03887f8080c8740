/**
 * What the page of the auditor's kit says, in German.
 *
 * @module
 */
import type { kitEn } from "./en.ts";

export const kitDe: Readonly<Record<keyof typeof kitEn, string>> = {
  "nav.kit": "Prüferpaket",
  "kit.what":
    "Eine ZIP-Datei mit Einträgen dieses Protokolls, seinem signierten Kopf und einer Seite, die sie prüft, auf jedem Rechner und ohne Verbindung. Sie reicht bis zum neuesten signierten Kopf, der höchstens eine Minute alt ist.",
  "kit.how":
    "Entpacken Sie sie, öffnen Sie index.html in einem Browser und wählen Sie dort den entpackten Ordner. Geben Sie dem Prüfer diesen Prüfschlüssel auch auf einem anderen Weg:",
  "kit.period":
    "Beide Tage ganz, in UTC. Einträge kommen in Bündeln zu 256, einige von davor und danach sind also dabei. Lassen Sie beides leer für das ganze Protokoll.",
  "kit.logged": "Dass Sie es geholt haben, und von welchen Tagen, wird ins Protokoll eingetragen.",
  "kit.make": "Paket herunterladen",
  "kit.bad": "Der Zeitraum wurde nicht verstanden.",
  "kit.nothing": "In diesem Zeitraum liegt kein signierter Eintrag.",
  "kit.too_many":
    "Ein Paket hat höchstens {count} Einträge: mehr prüft ein Browser nicht. Wählen Sie einen kürzeren Zeitraum.",
  "kit.too_large":
    "Diese Einträge sind größer, als ein Paket sein darf. Wählen Sie einen kürzeren Zeitraum.",
  "kit.unsigned":
    "Noch wurde kein Kopf dieses Protokolls signiert. Versuchen Sie es in einer Minute noch einmal.",
  "kit.changed":
    "Es gibt kein Paket: dieses Protokoll ist nicht das, was signiert wurde. tacet verify sagt, wo.",
  "kit.busy":
    "Es wird schon ein Paket gemacht. Versuchen Sie es noch einmal, wenn es heruntergeladen ist.",
  "kit.failed": "Das Paket konnte nicht gemacht werden.",
};
