/**
 * The same in French.
 *
 * @module
 */
import type { retentionEn } from "./en.ts";

export const retentionFr: Readonly<Record<keyof typeof retentionEn, string>> = {
  "nav.retention": "Conservation",
  "retention.forever": "Aucune durée de conservation n'est configurée : rien n'est effacé.",
  "retention.months":
    "Les entrées sont conservées {months} mois. Des plus anciennes seules restent les empreintes, pour que tout ce qui fut signé puisse encore être vérifié.",
  "retention.none": "Rien n'a encore été effacé.",
  "retention.pruned": "Les entrées 1 à {position} ont été effacées.",
  "retention.keptFrom": "Les entrées sont conservées depuis",
  "retention.stopped": "Des entrées plus anciennes sont encore là, car :",
  "retention.stop_legal_hold": "la conservation légale {id} est en vigueur",
  "retention.stop_open_incident": "l'incident {id} est ouvert",
  "retention.stop_copy": "la copie {id} ne les a pas encore",
  "retention.stop_call": "l'appel {id} n'est pas terminé, ou a resservi depuis",
  "retention.stop_reading":
    "un dossier d'audit ou un export est en cours de création ; une demi-heure au plus",
  "retention.stop_log": "le journal n'a pu être lu ou écrit ; un nouvel essai suivra",
  "retention.holds": "Conservations légales",
  "retention.noHolds": "Aucune conservation légale n'est en vigueur.",
  "retention.why":
    "Tant qu'une conservation légale est en vigueur, rien n'est effacé à partir de la première entrée qu'elle désigne. Elle ne ramène rien de ce qui fut effacé avant.",
  "retention.placedAt": "Ordonnée",
  "retention.by": "Par",
  "retention.reason": "Motif",
  "retention.keeps": "Conserve",
  "retention.keepsCall": "l'appel {callId} et la suite, depuis l'entrée {position}",
  "retention.keepsFrom": "tout depuis l'entrée {position}",
  "retention.end": "Y mettre fin",
  "retention.lift": "Lever",
  "retention.liftReason": "Pourquoi elle prend fin",
  "retention.place": "Ordonner une conservation légale",
  "retention.callId": "Appel (laisser les deux vides pour tout conserver)",
  "retention.since": "Et tout depuis ce jour, UTC",
  "retention.placeNow": "Ordonner",
  "retention.notYou": "Ordonner et lever demande le droit retention:write.",
  "retention.said_empty": "Dites pourquoi.",
  "retention.said_long": "C'est trop long.",
  "retention.said_card": "Cela ressemble à un numéro de carte. Rien n'en a été gardé.",
  "retention.said_day": "Le jour n'a pas été compris.",
  "retention.said_call_unknown": "Le journal ne connaît pas cet appel. Rien n'a été ordonné.",
  "retention.said_full":
    "Il y a autant de conservations qu'il peut y en avoir. Levez-en, ou ordonnez-en une sur tout.",
  "retention.said_unknown": "Cette conservation n'est plus en vigueur.",
  "retention.said_log_failed": "Le journal ne l'a pas pris. Rien n'est promis : essayez encore.",
  "integrity.goodPruned":
    "Chaque entrée est ce qui fut signé : {size} entrées donnent la racine signée. Jusqu'à {position} des entrées ont été effacées ; seules leurs empreintes étaient là.",
  "retention.gone":
    "Les entrées d'avant {moment} ont été effacées : de ces jours cette page ne montre rien.",
};
