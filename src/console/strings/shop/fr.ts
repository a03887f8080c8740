/**
 * What the sandbox's page says, in French.
 *
 * @module
 */
import type { ShopStrings } from "./en.ts";

export const shopFr: ShopStrings = {
  "shop.name": "Bac à sable",
  "shop.intro":
    "Quelqu'un au téléphone va lire à haute voix un numéro de carte. Trois personnes voient le même appel. Mettez un enregistreur en panne et voyez le formulaire se verrouiller.",
  "shop.newCall": "Nouvel appel",
  "shop.shop": "La page de paiement de la boutique",
  "shop.take": "Encaisser un paiement",
  "shop.card": "Données de la carte",
  "shop.number": "Numéro de carte",
  "shop.until": "Date d'expiration",
  "shop.month": "MM/AA",
  "shop.forgotten": "Tapez ce que vous voulez ; cela ne va nulle part et sera oublié.",
  "shop.pay": "Payer",
  "shop.cancel": "Annuler le paiement",
  "shop.desk": "Le poste de l'agent",
  "shop.recorders": "Les enregistreurs, tels qu'ils sont vraiment",
  "shop.recordersHint":
    "tacet n'apprend rien de ces interrupteurs : il le découvre en interrogeant l'enregistreur, ou quand celui-ci le signale.",

  "shop.locked": "Le formulaire est verrouillé.",
  "shop.lockedWhy": "Le formulaire est verrouillé : {why}",
  "shop.open": "Tous les enregistreurs se taisent. Le formulaire est ouvert.",
  "shop.paid": "Payé.",
  "shop.givenUp": "Annulé.",
  "shop.began": "L'appel {callId} est en cours d'enregistrement.",
  "shop.deskSays": "Le poste dit : {word}",
  "shop.truth": "En réalité :",
  "shop.truthNow": "{recorder}, en réalité : {status}",
  "shop.byHand": "Démarrer à la main",

  "shop.fault.ack-and-ignore": "dit oui et continue",
  "shop.fault.slow": "répond au bout de 4 s",

  "shop.away": "Le bac à sable ne répond pas.",

  "shop.why.offline": "pas de réseau",
  "shop.why.hidden": "la page n'est pas visible",
  "shop.why.no_answer": "pas de réponse assez récente",
  "shop.why.no_ticket": "aucun ticket n'est arrivé",
  "shop.why.window_closed": "la fenêtre est fermée",
  "shop.why.call_gone": "l'appel a disparu",
};
