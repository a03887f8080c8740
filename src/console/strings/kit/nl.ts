/**
 * What the page of the auditor's kit says, in Dutch.
 *
 * @module
 */
import type { kitEn } from "./en.ts";

export const kitNl: Readonly<Record<keyof typeof kitEn, string>> = {
  "nav.kit": "Auditorpakket",
  "kit.what":
    "Eén ZIP-bestand met regels van dit logboek, de ondertekende kop en een pagina die ze controleert, op elke computer en zonder verbinding. Het reikt tot de nieuwste ondertekende kop, hooguit een minuut oud.",
  "kit.how":
    "Pak het uit, open index.html in een browser en kies daar de uitgepakte map. Geef de auditor deze controlesleutel ook langs een andere weg:",
  "kit.period":
    "Beide dagen heel, in UTC. Regels komen in bundels van 256, dus er komen er enkele van ervoor en erna mee. Laat beide leeg voor het hele logboek.",
  "kit.logged": "Dat u het haalde, en van welke dagen, komt in het logboek.",
  "kit.make": "Pakket downloaden",
  "kit.bad": "De periode is niet begrepen.",
  "kit.nothing": "In deze periode ligt geen ondertekende regel.",
  "kit.too_many":
    "Een pakket heeft hooguit {count} regels: meer controleert een browser niet. Kies een kortere periode.",
  "kit.too_large": "Deze regels zijn groter dan één pakket mag zijn. Kies een kortere periode.",
  "kit.unsigned":
    "Van dit logboek is nog geen kop ondertekend. Probeer het over een minuut opnieuw.",
  "kit.changed":
    "Er is geen pakket: dit logboek is niet wat is ondertekend. tacet verify zegt waar.",
  "kit.busy": "Er wordt al een pakket gemaakt. Probeer het opnieuw als dat gedownload is.",
  "kit.failed": "Het pakket kon niet worden gemaakt.",
};
