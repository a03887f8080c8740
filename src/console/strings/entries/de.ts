/**
 * A sentence for each entry of the control log, in German.
 *
 * @module
 */
import type { EntriesStrings } from "./en.ts";

export const entriesDe: EntriesStrings = {
  "entry.unknown": "{type}",
  "entry.counted": "{sentence} Noch {count} Mal.",
  "entry.CallRegistered": "Das Gespräch wurde bekannt.",
  "entry.CallMoved": "Das Gespräch hat einen anderen Agenten oder andere Merkmale.",
  "entry.TapAdded": "{recorder} kam zum Gespräch ({target}).",
  "entry.TapLeaving":
    "Das Gespräch ging von {recorder} weg; er bleibt still, bis die anderen es sind.",
  "entry.TapReleased": "Ein anderes Gespräch hält {recorder} dort still; dieses lässt los.",
  "entry.TapReleased.never_silenced":
    "Kein Befehl hat {recorder} angehalten: Jeder wurde abgelehnt oder kam nicht an. Es gibt nichts zurückzunehmen.",
  "entry.TapBaselined": "Bevor tacet etwas tat, war {recorder}: {status}.",
  "entry.WindowOpened": "Sensible Daten begannen: Fenster {window}.",
  "entry.WindowRenewed": "Fenster {window} wurde verlängert.",
  "entry.WindowClosed": "Sensible Daten endeten: Fenster {window} wurde geschlossen.",
  "entry.WindowForestalled":
    "Fenster {window} wurde geschlossen, bevor es offen war; es öffnet nicht mehr.",
  "entry.WindowExpired": "Die Frist von Fenster {window} lief ab.",
  "entry.WindowExpired.kept":
    "Die Frist von Fenster {window} lief ab; die Stille bleibt, bis jemand handelt.",
  "entry.WindowReleased": "Die Stille von Fenster {window} endete.",
  "entry.RecorderReported.silent": "{recorder} bestätigte, still zu sein ({how}).",
  "entry.RecorderReported.recording": "{recorder} bestätigte, aufzuzeichnen ({how}).",
  "entry.RecorderReported.drift": "{recorder} zeichnet auf, obwohl er still sein soll ({how}).",
  "entry.RecorderReported.stillPaused": "{recorder} ist noch pausiert ({how}).",
  "entry.RecorderReported.absent": "{recorder} zeichnet dort nichts auf ({how}).",
  "entry.RecorderReported.unknown": "{recorder} konnte nicht sagen, was er tut ({how}).",
  "entry.RecorderReported.other": "{recorder} hat dort inzwischen ein anderes Gespräch.",
  "entry.RecorderFailed.refused": "{recorder} lehnte einen Befehl ab.",
  "entry.RecorderFailed.unreachable": "{recorder} war nicht erreichbar.",
  "entry.RecorderFailed.in_doubt":
    "{recorder} antwortete auf einen Befehl nicht; ob er ihn ausführte, ist nicht bekannt.",
  "entry.ConfirmationOverdue.paused":
    "Die erlaubte Zeit lief ab: nicht alle Rekorder sind als still bestätigt.",
  "entry.ConfirmationOverdue.recording":
    "Die erlaubte Zeit lief ab: nicht alle Rekorder sind wieder als aufzeichnend bestätigt.",
  "entry.ConfirmationLapsed.started": "Tacet startete neu: keine Bestätigung ist jung genug.",
  "entry.ConfirmationLapsed.silent":
    "Ein Rekorder sagte zu lange nichts: keine Bestätigung ist jung genug.",
  "entry.CallEnding.asked": "Das Gespräch endet.",
  "entry.CallEnding.idle": "Das Gespräch endet, weil lange nichts damit geschehen war.",
  "entry.CallEnded": "Das Gespräch ist zu Ende.",
  "entry.CallEnded.outstanding": "Das Gespräch endete, während Rekorder noch fortzusetzen waren.",
  "entry.LogStarted": "Der Dienst startete.",
  "entry.LogStopped": "Der Dienst hielt an.",
  "entry.ConfigurationChanged": "Die Konfiguration änderte sich.",
  "entry.RecorderWentDown": "{recorder} ist ausgefallen.",
  "entry.RecorderRecovered": "{recorder} ist wieder gesund.",
  "entry.AlertGivenUp": "Eine Meldung wurde nicht rechtzeitig angenommen.",
  "entry.KeyCreated": "Ein Schlüssel wurde gemacht.",
  "entry.KeyRotated": "Der Signaturschlüssel wurde weitergegeben.",
  "entry.EntriesPruned": "Alte Einträge wurden gelöscht; ihre Hashes bleiben.",
  "entry.LegalHoldPlaced": "Eine Aufbewahrung wurde angeordnet: {reason}",
  "entry.LegalHoldLifted": "Eine Aufbewahrungsanordnung wurde aufgehoben: {reason}",
  "entry.LogRestored": "Dieses Protokoll trat an die Stelle eines, das nicht weiterkonnte.",
  "entry.LogVerified": "Das ganze Protokoll wurde neu gelesen und ist, wie es geschrieben wurde.",
  "entry.LogVerificationFailed":
    "Das Protokoll wurde neu gelesen und ist nicht, wie es geschrieben wurde.",
  "entry.CheckpointShippingFailed": "Signierte Köpfe kommen nicht an, wo sie aufbewahrt werden.",
  "entry.CheckpointShippingRecovered":
    "Signierte Köpfe kommen wieder an, wo sie aufbewahrt werden.",
  "entry.ClockStateChanged": "Was über die Uhr bekannt ist, änderte sich.",
  "entry.AccessDenied": "Jemand wurde abgewiesen: {reason}.",
  "entry.CardholderDataRefused":
    "Eine Anfrage enthielt eine Kartennummer und wurde abgelehnt. Die Nummer wurde nicht behalten.",
  "entry.RecordingTestified": "{recorder} berichtete von seiner Aufzeichnung {recording}.",
  "entry.WindowJudged":
    "Fenster {window} wurde mit der Aufzeichnung von {recorder} verglichen: {verdict}.",
  "entry.WitnessUnreachable": "{recorder} sagte nicht, was er aufzeichnete.",
  "entry.WitnessUnreachable.givenUp":
    "{recorder} sagte nicht, was er aufzeichnete, und wird nicht mehr gefragt.",
  "entry.EvidenceGathered": "Alle Rekorder des Gesprächs wurden gefragt, was sie aufzeichneten.",
  "entry.EvidenceGathered.unanswered":
    "Die Rekorder des Gesprächs wurden gefragt, was sie aufzeichneten; nicht alle antworteten.",
  "entry.EvidenceGathered.tooLong":
    "Das Gespräch hat mehr Einträge, als angesehen werden: Kein Rekorder wird gefragt, seine Fenster bleiben unbeurteilt.",
  "entry.WitnessesAsked": "Jemand ließ die Rekorder fragen, was sie aufzeichneten.",
  "entry.SoundHeard": "Eine Aufzeichnung von {recorder} wurde angehört.",
  "entry.IncidentOpened":
    "Für eine Aufzeichnung von {recorder} wurde ein Vorfall eröffnet: {incident}.",
  "entry.IncidentGrew": "Zu Vorfall {incident} wurde mehr gefunden.",
  "entry.IncidentNoted": "Zu Vorfall {incident} kam eine Notiz.",
  "entry.IncidentClosed": "Vorfall {incident} wurde geschlossen.",
  "entry.RecordingOpened": "Jemand öffnete die Aufzeichnung in {recorder}.",
  "entry.RecordingFlagged": "Die verdächtige Aufzeichnung wurde in {recorder} markiert.",
  "entry.RecordingFlagged.not":
    "Die verdächtige Aufzeichnung konnte in {recorder} noch nicht markiert werden.",
  "entry.PaymentsReconciled": "Zahlungen wurden mit dem Protokoll verglichen.",
  "entry.LogRead": "Jemand las das Protokoll: {reason}.",
  "entry.DesktopShown": "Der Bildschirm des Agenten zeigte: {protection}.",
  "entry.SpooledFact":
    "Eine Tatsache aus einer Zeit, in der das Protokoll nicht geschrieben werden konnte.",
  "entry.ConformanceBegan": "Ein Konformitätslauf auf einem Testgespräch begann.",
  "entry.ConformanceEnded": "Ein Konformitätslauf endete.",
  "entry.OrderIntended": "Ein Konformitätslauf gibt {recorder} gleich einen Befehl.",
  "entry.OrderAnswered": "{recorder} antwortete auf einen Befehl eines Konformitätslaufs.",
  "entry.CheckConcluded": "Eine Prüfung eines Konformitätslaufs kam zum Ende.",
  "entry.DailyReviewSigned": "Die tägliche Durchsicht wurde abgezeichnet.",
  "entry.LogPruned": "Alte Einträge wurden losgelassen.",
  "entry.SignedIn": "Jemand meldete sich an.",
  "entry.SignedOut": "Jemand meldete sich ab.",
  "entry.SignInRefused": "Jemand konnte sich nicht anmelden: {reason}.",
};
