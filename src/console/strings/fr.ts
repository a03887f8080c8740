/**
 * What the console says, in French.
 *
 * @module
 */
import { reportFr } from "./report/fr.ts";
import { kitFr } from "./kit/fr.ts";
import { retentionFr } from "./retention/fr.ts";
import { shopFr } from "./shop/fr.ts";
import { callsFr } from "./calls/fr.ts";
import { entriesFr } from "./entries/fr.ts";
import type { Strings } from "./en.ts";
import { fr as watch } from "./watch/fr.ts";

export const fr: Strings = {
  ...reportFr,
  ...kitFr,
  ...retentionFr,
  ...shopFr,
  ...watch,
  ...callsFr,
  ...entriesFr,

  "app.title": "tacet",
  "app.sandbox": "Bac à sable : enregistreurs simulés, rien ici ne fait foi.",
  "app.skip": "Aller au contenu",
  "app.signOut": "Se déconnecter",
  "app.signedInAs": "{name}, {kind}",
  "app.language": "Langue",

  "nav.overview": "Vue d’ensemble",
  "nav.calls": "Appels",
  "nav.exceptions": "Exceptions",
  "nav.incidents": "Incidents",
  "nav.wall": "Mur en direct",
  "nav.integrity": "Intégrité",

  "signIn.title": "Connexion",
  "signIn.button": "Se connecter",
  "signIn.again": "Votre session est terminée. Connectez-vous de nouveau.",
  "signIn.denied":
    "Le fournisseur vous connaît, mais rien ici ne dit ce que vous pouvez voir. Demandez à qui exploite tacet : {detail}",
  "signIn.failed": "La connexion n’a pas abouti. Réessayez.",
  "signIn.unavailable": "Le fournisseur est injoignable pour le moment. Réessayez plus tard.",
  "signIn.tooMany":
    "Trop de personnes essaient de se connecter depuis votre adresse. Réessayez dans {seconds} s.",

  "error.notFound": "Il n’y a rien à cette adresse.",
  "error.forbidden": "Vous ne pouvez pas voir cela. Il faut {scope}.",
  "error.csrf":
    "Ce formulaire n’est plus valable. Revenez en arrière, rechargez la page et réessayez.",
  "error.failed": "tacet n’a pas pu faire cette page.",
  "error.unavailable": "Le journal est illisible pour le moment. Réessayez plus tard.",

  "protection.recording": "Enregistrement en cours",
  "protection.securing": "Mise en pause",
  "protection.secured": "Protégé",
  "protection.unsecured": "Non protégé",
  "protection.resuming": "Reprise",
  "protection.stalled": "Enregistrement non repris",
  "protection.ended": "Terminé",
};
