/**
 * A sentence for each entry of the control log, in French.
 *
 * @module
 */
import type { EntriesStrings } from "./en.ts";

export const entriesFr: EntriesStrings = {
  "entry.unknown": "{type}",
  "entry.counted": "{sentence} {count} fois encore.",
  "entry.CallRegistered": "L'appel est devenu connu.",
  "entry.CallMoved": "L'appel a un autre agent ou d'autres attributs.",
  "entry.TapAdded": "{recorder} a rejoint l'appel ({target}).",
  "entry.TapLeaving":
    "L'appel a quitté {recorder} ; il reste muet jusqu'à ce que les autres le soient.",
  "entry.TapReleased": "Un autre appel garde {recorder} muet là ; celui-ci le lâche.",
  "entry.TapReleased.never_silenced":
    "Chaque ordre de rendre {recorder} muet a été refusé ou n’est pas arrivé : il n’y a rien à défaire.",
  "entry.TapBaselined": "Avant que tacet ne fasse quoi que ce soit, {recorder} était : {status}.",
  "entry.WindowOpened": "Des données sensibles ont commencé : fenêtre {window}.",
  "entry.WindowRenewed": "La fenêtre {window} a été prolongée.",
  "entry.WindowClosed": "Les données sensibles ont fini : la fenêtre {window} a été fermée.",
  "entry.WindowForestalled":
    "La fenêtre {window} a été fermée avant d'être ouverte ; elle ne s'ouvrira pas.",
  "entry.WindowExpired": "Le délai de la fenêtre {window} a expiré.",
  "entry.WindowExpired.kept":
    "Le délai de la fenêtre {window} a expiré ; le silence est gardé jusqu'à ce que quelqu'un agisse.",
  "entry.WindowReleased": "Le silence de la fenêtre {window} a fini.",
  "entry.RecorderReported.silent": "{recorder} a confirmé qu'il est muet ({how}).",
  "entry.RecorderReported.recording": "{recorder} a confirmé qu'il enregistre ({how}).",
  "entry.RecorderReported.drift": "{recorder} enregistre alors qu'il doit être muet ({how}).",
  "entry.RecorderReported.stillPaused": "{recorder} est encore en pause ({how}).",
  "entry.RecorderReported.absent": "{recorder} n'enregistre rien là ({how}).",
  "entry.RecorderReported.unknown": "{recorder} n'a pas pu dire ce qu'il fait ({how}).",
  "entry.RecorderReported.other": "{recorder} a maintenant une autre conversation là.",
  "entry.RecorderFailed.refused": "{recorder} a refusé une commande.",
  "entry.RecorderFailed.unreachable": "{recorder} n'a pas pu être joint.",
  "entry.RecorderFailed.in_doubt":
    "{recorder} n'a pas répondu à une commande ; on ne sait pas s'il l'a suivie.",
  "entry.ConfirmationOverdue.paused":
    "Le temps permis est écoulé : tous les enregistreurs ne sont pas confirmés muets.",
  "entry.ConfirmationOverdue.recording":
    "Le temps permis est écoulé : tous les enregistreurs ne sont pas confirmés enregistrant de nouveau.",
  "entry.ConfirmationLapsed.started":
    "Tacet a redémarré : aucune confirmation n'est assez récente.",
  "entry.ConfirmationLapsed.silent":
    "Un enregistreur n'a rien dit trop longtemps : aucune confirmation n'est assez récente.",
  "entry.CallEnding.asked": "L'appel se termine.",
  "entry.CallEnding.idle": "L'appel se termine, car rien ne lui était arrivé depuis longtemps.",
  "entry.CallEnded": "L'appel est terminé.",
  "entry.CallEnded.outstanding":
    "L'appel s'est terminé alors que des enregistreurs devaient encore reprendre.",
  "entry.LogStarted": "Le service a démarré.",
  "entry.LogStopped": "Le service s'est arrêté.",
  "entry.ConfigurationChanged": "La configuration a changé.",
  "entry.RecorderWentDown": "{recorder} est en panne.",
  "entry.RecorderRecovered": "{recorder} est de nouveau en bonne santé.",
  "entry.AlertGivenUp": "Une alerte n'a pas été prise à temps.",
  "entry.KeyCreated": "Une clé a été faite.",
  "entry.KeyRotated": "La clé de signature a été transmise.",
  "entry.EntriesPruned": "D'anciennes entrées ont été effacées ; leurs empreintes restent.",
  "entry.LegalHoldPlaced": "Une conservation légale a été ordonnée : {reason}",
  "entry.LegalHoldLifted": "Une conservation légale a été levée : {reason}",
  "entry.LogRestored": "Ce journal a pris la place d'un autre qui ne pouvait pas continuer.",
  "entry.LogVerified": "Tout le journal a été relu et il est tel qu'il a été écrit.",
  "entry.LogVerificationFailed": "Le journal a été relu et il n'est pas tel qu'il a été écrit.",
  "entry.CheckpointShippingFailed": "Les têtes signées n'arrivent pas là où elles sont gardées.",
  "entry.CheckpointShippingRecovered":
    "Les têtes signées arrivent de nouveau là où elles sont gardées.",
  "entry.ClockStateChanged": "Ce qu'on sait de l'horloge a changé.",
  "entry.AccessDenied": "Quelqu'un a été écarté : {reason}.",
  "entry.CardholderDataRefused":
    "Une demande contenait un numéro de carte et a été refusée. Le numéro n'a pas été gardé.",
  "entry.RecordingTestified": "{recorder} a parlé de son enregistrement {recording}.",
  "entry.WindowJudged":
    "La fenêtre {window} a été comparée à l'enregistrement de {recorder} : {verdict}.",
  "entry.WitnessUnreachable": "{recorder} n'a pas dit ce qu'il a enregistré.",
  "entry.WitnessUnreachable.givenUp":
    "{recorder} n'a pas dit ce qu'il a enregistré et n'est plus interrogé.",
  "entry.EvidenceGathered":
    "Tous les enregistreurs de l'appel ont été interrogés sur ce qu'ils ont enregistré.",
  "entry.EvidenceGathered.unanswered":
    "Les enregistreurs de l'appel ont été interrogés ; tous n'ont pas répondu.",
  "entry.EvidenceGathered.tooLong":
    "L'appel a plus d'entrées qu'on n'en examine : aucun enregistreur n'est interrogé et ses fenêtres ne sont pas jugées.",
  "entry.WitnessesAsked": "Quelqu'un a fait interroger les enregistreurs.",
  "entry.SoundHeard": "Un enregistrement de {recorder} a été écouté.",
  "entry.IncidentOpened":
    "Un incident a été ouvert pour un enregistrement de {recorder} : {incident}.",
  "entry.IncidentGrew": "Plus a été trouvé pour l'incident {incident}.",
  "entry.IncidentNoted": "Une note a été ajoutée à l'incident {incident}.",
  "entry.IncidentClosed": "L'incident {incident} a été clos.",
  "entry.RecordingOpened": "Quelqu'un a ouvert l'enregistrement dans {recorder}.",
  "entry.RecordingFlagged": "L'enregistrement suspect a été marqué dans {recorder}.",
  "entry.RecordingFlagged.not":
    "L'enregistrement suspect n'a pas encore pu être marqué dans {recorder}.",
  "entry.PaymentsReconciled": "Des paiements ont été comparés au journal.",
  "entry.LogRead": "Quelqu'un a lu le journal : {reason}.",
  "entry.DesktopShown": "L'écran de l'agent a montré : {protection}.",
  "entry.SpooledFact": "Un fait d'un temps où le journal ne pouvait pas être écrit.",
  "entry.ConformanceBegan": "Un essai de conformité sur un appel de test a commencé.",
  "entry.ConformanceEnded": "Un essai de conformité est terminé.",
  "entry.OrderIntended": "Un essai de conformité va donner un ordre à {recorder}.",
  "entry.OrderAnswered": "{recorder} a répondu à un ordre d'un essai de conformité.",
  "entry.CheckConcluded": "Un contrôle d'un essai de conformité est terminé.",
  "entry.DailyReviewSigned": "La revue du jour a été signée.",
  "entry.LogPruned": "D'anciennes entrées ont été lâchées.",
  "entry.SignedIn": "Quelqu'un s'est connecté.",
  "entry.SignedOut": "Quelqu'un s'est déconnecté.",
  "entry.SignInRefused": "Quelqu'un n'a pas pu se connecter : {reason}.",
};
