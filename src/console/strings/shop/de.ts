/**
 * What the sandbox's page says, in German.
 *
 * @module
 */
import type { ShopStrings } from "./en.ts";

export const shopDe: ShopStrings = {
  "shop.name": "Testumgebung",
  "shop.intro":
    "Jemand am Telefon will gleich eine Kartennummer vorlesen. Drei Leute sehen dasselbe Gespräch. Lassen Sie einen Rekorder versagen und sehen Sie, wie das Formular gesperrt wird.",
  "shop.newCall": "Neues Gespräch",
  "shop.shop": "Die Bezahlseite des Shops",
  "shop.take": "Zahlung annehmen",
  "shop.card": "Kartendaten",
  "shop.number": "Kartennummer",
  "shop.until": "Gültig bis",
  "shop.month": "MM/JJ",
  "shop.forgotten": "Tippen Sie irgendetwas ein; es geht nirgendwohin und wird vergessen.",
  "shop.pay": "Bezahlen",
  "shop.cancel": "Zahlung abbrechen",
  "shop.desk": "Der Arbeitsplatz des Agenten",
  "shop.recorders": "Die Rekorder, wie sie wirklich sind",
  "shop.recordersHint":
    "Von diesen Schaltern erfährt tacet nichts: es kommt dahinter, indem es den Rekorder fragt oder indem der es selbst meldet.",

  "shop.locked": "Das Formular ist gesperrt.",
  "shop.lockedWhy": "Das Formular ist gesperrt: {why}",
  "shop.open": "Alle Rekorder schweigen. Das Formular ist offen.",
  "shop.paid": "Bezahlt.",
  "shop.givenUp": "Abgebrochen.",
  "shop.began": "Gespräch {callId} wird aufgezeichnet.",
  "shop.deskSays": "Der Arbeitsplatz sagt: {word}",
  "shop.truth": "In Wirklichkeit:",
  "shop.truthNow": "{recorder}, in Wirklichkeit: {status}",
  "shop.byHand": "Von Hand starten",

  "shop.fault.ack-and-ignore": "sagt ja und macht weiter",
  "shop.fault.slow": "antwortet nach 4 s",

  "shop.away": "Die Testumgebung antwortet nicht.",

  "shop.why.offline": "kein Netz",
  "shop.why.hidden": "die Seite ist nicht zu sehen",
  "shop.why.no_answer": "keine Antwort, die jung genug ist",
  "shop.why.no_ticket": "es kam kein Ticket",
  "shop.why.window_closed": "das Fenster ist geschlossen",
  "shop.why.call_gone": "das Gespräch ist weg",
};
