/**
 * What the report of a period, and opening a recording, say, in French.
 *
 * @module
 */
import type { reportEn } from "./en.ts";

export const reportFr: Readonly<Record<keyof typeof reportEn, string>> = {
  "nav.report": "Rapport",
  "report.of": "{tenant}, du {from} au {to}, jours entiers, en UTC.",
  "report.made": "Établi le",
  "report.from": "Du",
  "report.to": "Au",
  "report.show": "Afficher",
  "report.print":
    "Imprimez cette page ou enregistrez-la en PDF. Les chiffres sont calculés à partir du journal de contrôle ; la tête, à la fin, signe chaque entrée sur laquelle ils reposent.",
  "report.bad":
    "La période n’a pas été comprise, ou dépasse {count} jours : voici les sept derniers.",
  "report.counts": "Fenêtres par issue",
  "report.exceptions": "Exceptions par nature",
  "report.kind": "Nature",
  "report.count": "Nombre",
  "report.days": "Jour par jour",
  "report.review": "Revu par",
  "report.notReviewed": "personne",
  "report.changed": "{who}, nombres changés depuis",
  "report.sum": "Ensemble",
  "report.list": "Chaque exception",
  "report.listed": "Les {shown} premières sur {count}.",
  "report.none": "Il n’y en a pas eu.",
  "report.entry": "Entrée",
  "report.when": "Quand",
  "report.call": "Appel",
  "report.windows": "Fenêtres",
  "report.recorders": "Enregistreurs",
  "report.verify": "Comment vérifier cela sans nous",
  "report.verifyHow":
    "Conservez cette tête. Qui a le dossier du journal ou un export lance la première commande ; la seconde montre que le journal commence toujours par ce que cette tête a signé.",
  "recording.open": "Ouvrir dans {recorder}",
  "recording.title": "Enregistrement {recordingId}",
  "recording.leaves":
    "Ceci quitte tacet pour la page propre à l’enregistreur. Votre demande est inscrite au journal ; l’adresse ne l’est pas.",
  "recording.away": "L’enregistreur n’a pas donné de page pour cela.",
};
