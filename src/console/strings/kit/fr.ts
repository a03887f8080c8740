/**
 * What the page of the auditor's kit says, in French.
 *
 * @module
 */
import type { kitEn } from "./en.ts";

export const kitFr: Readonly<Record<keyof typeof kitEn, string>> = {
  "nav.kit": "Kit de l'auditeur",
  "kit.what":
    "Un fichier ZIP avec des entrées de ce journal, sa tête signée et une page qui les vérifie, sur tout ordinateur et sans connexion. Il va jusqu'à la tête signée la plus récente, d'une minute au plus.",
  "kit.how":
    "Décompressez-le, ouvrez index.html dans un navigateur et choisissez-y le dossier décompressé. Donnez aussi cette clé de vérification à l'auditeur par une autre voie :",
  "kit.period":
    "Les deux jours entiers, en UTC. Les entrées vont par lots de 256 : quelques-unes d'avant et d'après s'y trouvent aussi. Laissez les deux vides pour tout le journal.",
  "kit.logged": "Que vous l'avez pris, et de quels jours, est inscrit au journal.",
  "kit.make": "Télécharger le kit",
  "kit.bad": "La période n'a pas été comprise.",
  "kit.nothing": "Aucune entrée signée dans cette période.",
  "kit.too_many":
    "Un kit a au plus {count} entrées : un navigateur n'en vérifie pas davantage. Choisissez une période plus courte.",
  "kit.too_large": "Ces entrées dépassent la taille d'un kit. Choisissez une période plus courte.",
  "kit.unsigned": "Aucune tête de ce journal n'a encore été signée. Réessayez dans une minute.",
  "kit.changed":
    "Il n'y a pas de kit : ce journal n'est pas ce qui a été signé. tacet verify dit où.",
  "kit.busy": "Un kit est déjà en préparation. Réessayez quand il aura été téléchargé.",
  "kit.failed": "Le kit n'a pas pu être préparé.",
};
