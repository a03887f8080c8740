/**
 * What the sandbox's page says, in Dutch.
 *
 * @module
 */
import type { ShopStrings } from "./en.ts";

export const shopNl: ShopStrings = {
  "shop.name": "Proefomgeving",
  "shop.intro":
    "Een beller gaat zo een kaartnummer voorlezen. Drie mensen kijken naar hetzelfde gesprek. Laat een recorder falen en zie hoe het formulier op slot gaat.",
  "shop.newCall": "Nieuw gesprek",
  "shop.shop": "De betaalpagina van de winkel",
  "shop.take": "Een betaling aannemen",
  "shop.card": "Kaartgegevens",
  "shop.number": "Kaartnummer",
  "shop.until": "Geldig tot",
  "shop.month": "MM/JJ",
  "shop.forgotten": "Typ wat u wilt; het gaat nergens heen en wordt vergeten.",
  "shop.pay": "Betalen",
  "shop.cancel": "De betaling afbreken",
  "shop.desk": "De werkplek van de medewerker",
  "shop.recorders": "De recorders, zoals ze werkelijk zijn",
  "shop.recordersHint":
    "tacet krijgt van deze schakelaars niets te horen: het komt erachter door het de recorder te vragen, of doordat die het zelf meldt.",

  "shop.locked": "Het formulier is op slot.",
  "shop.lockedWhy": "Het formulier is op slot: {why}",
  "shop.open": "Elke recorder zwijgt. Het formulier is open.",
  "shop.paid": "Betaald.",
  "shop.givenUp": "Afgebroken.",
  "shop.began": "Gesprek {callId} wordt opgenomen.",
  "shop.deskSays": "De werkplek zegt: {word}",
  "shop.truth": "In werkelijkheid:",
  "shop.truthNow": "{recorder}, in werkelijkheid: {status}",
  "shop.byHand": "Met de hand starten",

  "shop.fault.ack-and-ignore": "zegt ja en gaat door",
  "shop.fault.slow": "antwoordt na 4 s",

  "shop.away": "De proefomgeving antwoordt niet.",

  "shop.why.offline": "geen netwerk",
  "shop.why.hidden": "de pagina is niet in beeld",
  "shop.why.no_answer": "geen antwoord dat jong genoeg is",
  "shop.why.no_ticket": "er kwam geen ticket",
  "shop.why.window_closed": "het venster is gesloten",
  "shop.why.call_gone": "het gesprek is weg",
};
