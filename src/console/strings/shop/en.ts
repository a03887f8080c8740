/**
 * What the sandbox's page says, in English.
 *
 * @module
 */
export const shopEn = {
  "shop.name": "Sandbox",
  "shop.intro":
    "A caller is about to read a card number aloud. Three people look at the same call. Make a recorder fail, and see the form lock.",
  "shop.newCall": "New call",
  "shop.shop": "The shop's payment page",
  "shop.take": "Take a payment",
  "shop.card": "Card details",
  "shop.number": "Card number",
  "shop.until": "Valid until",
  "shop.month": "MM/YY",
  "shop.forgotten": "Type anything; it goes nowhere and is forgotten.",
  "shop.pay": "Pay",
  "shop.cancel": "Cancel the payment",
  "shop.desk": "The agent's desktop",
  "shop.recorders": "The recorders, as they truly are",
  "shop.recordersHint":
    "tacet is not told of these switches: it finds out by asking the recorder, or by its push.",

  "shop.locked": "The form is locked.",
  "shop.lockedWhy": "The form is locked: {why}",
  "shop.open": "Every recorder is silent. The form is open.",
  "shop.paid": "Paid.",
  "shop.givenUp": "Given up.",
  "shop.began": "Call {callId} is being recorded.",
  "shop.deskSays": "The desktop says: {word}",
  "shop.truth": "It truly is:",
  "shop.truthNow": "{recorder} truly is: {status}",
  "shop.byHand": "Start it by hand",

  "shop.fault.ack-and-ignore": "says yes and goes on",
  "shop.fault.slow": "answers after 4 s",

  "shop.away": "The sandbox does not answer.",

  "shop.why.offline": "no network",
  "shop.why.hidden": "the page is not seen",
  "shop.why.no_answer": "no answer that is young enough",
  "shop.why.no_ticket": "no ticket came",
  "shop.why.window_closed": "the window is closed",
  "shop.why.call_gone": "the call is gone",
} as const;
export type ShopStrings = Readonly<Record<keyof typeof shopEn, string>>;
