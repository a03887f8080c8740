/**
 * A sentence for each entry of the control log, in Dutch.
 *
 * @module
 */
import type { EntriesStrings } from "./en.ts";

export const entriesNl: EntriesStrings = {
  "entry.unknown": "{type}",
  "entry.counted": "{sentence} Nog {count} keer.",
  "entry.CallRegistered": "Het gesprek werd bekend.",
  "entry.CallMoved": "Het gesprek heeft een andere medewerker of andere kenmerken.",
  "entry.TapAdded": "{recorder} kwam bij het gesprek ({target}).",
  "entry.TapLeaving":
    "Het gesprek ging bij {recorder} weg; die blijft stil tot de andere het zijn.",
  "entry.TapReleased": "Een ander gesprek houdt {recorder} daar stil; dit laat los.",
  "entry.TapReleased.never_silenced":
    "Elke opdracht om {recorder} stil te zetten is geweigerd of kwam niet aan: er is niets terug te draaien.",
  "entry.TapBaselined": "Voordat tacet iets deed, was {recorder}: {status}.",
  "entry.WindowOpened": "Gevoelige gegevens begonnen: venster {window}.",
  "entry.WindowRenewed": "Venster {window} werd verlengd.",
  "entry.WindowClosed": "Gevoelige gegevens eindigden: venster {window} werd gesloten.",
  "entry.WindowForestalled":
    "Venster {window} werd gesloten voordat het geopend was; het gaat niet meer open.",
  "entry.WindowExpired": "De termijn van venster {window} liep af.",
  "entry.WindowExpired.kept":
    "De termijn van venster {window} liep af; de stilte blijft tot iemand handelt.",
  "entry.WindowReleased": "De stilte van venster {window} eindigde.",
  "entry.RecorderReported.silent": "{recorder} bevestigde stil te zijn ({how}).",
  "entry.RecorderReported.recording": "{recorder} bevestigde op te nemen ({how}).",
  "entry.RecorderReported.drift": "{recorder} neemt op hoewel hij stil moet zijn ({how}).",
  "entry.RecorderReported.stillPaused": "{recorder} is nog gepauzeerd ({how}).",
  "entry.RecorderReported.absent": "{recorder} neemt daar niets op ({how}).",
  "entry.RecorderReported.unknown": "{recorder} kon niet zeggen wat hij doet ({how}).",
  "entry.RecorderReported.other": "{recorder} heeft daar inmiddels een ander gesprek.",
  "entry.RecorderFailed.refused": "{recorder} weigerde een opdracht.",
  "entry.RecorderFailed.unreachable": "{recorder} was niet bereikbaar.",
  "entry.RecorderFailed.in_doubt":
    "{recorder} gaf op een opdracht geen antwoord; of hij haar uitvoerde is niet bekend.",
  "entry.ConfirmationOverdue.paused":
    "De toegestane tijd liep af: niet alle recorders zijn als stil bevestigd.",
  "entry.ConfirmationOverdue.recording":
    "De toegestane tijd liep af: niet alle recorders zijn weer als opnemend bevestigd.",
  "entry.ConfirmationLapsed.started": "Tacet startte opnieuw: geen bevestiging is jong genoeg.",
  "entry.ConfirmationLapsed.silent":
    "Een recorder zei te lang niets: geen bevestiging is jong genoeg.",
  "entry.CallEnding.asked": "Het gesprek eindigt.",
  "entry.CallEnding.idle": "Het gesprek eindigt, omdat er lang niets mee gebeurd was.",
  "entry.CallEnded": "Het gesprek is voorbij.",
  "entry.CallEnded.outstanding":
    "Het gesprek eindigde terwijl recorders nog hervat moesten worden.",
  "entry.LogStarted": "De dienst startte.",
  "entry.LogStopped": "De dienst stopte.",
  "entry.ConfigurationChanged": "De configuratie veranderde.",
  "entry.RecorderWentDown": "{recorder} is uitgevallen.",
  "entry.RecorderRecovered": "{recorder} is weer gezond.",
  "entry.AlertGivenUp": "Een melding werd niet op tijd aangenomen.",
  "entry.KeyCreated": "Er werd een sleutel gemaakt.",
  "entry.KeyRotated": "De ondertekensleutel werd doorgegeven.",
  "entry.EntriesPruned": "Oude regels werden gewist; hun hashes blijven.",
  "entry.LegalHoldPlaced": "Een bewaarplicht werd opgelegd: {reason}",
  "entry.LegalHoldLifted": "Een bewaarplicht werd opgeheven: {reason}",
  "entry.LogRestored": "Dit logboek kwam in de plaats van een dat niet verder kon.",
  "entry.LogVerified": "Het hele logboek werd opnieuw gelezen en is zoals het geschreven werd.",
  "entry.LogVerificationFailed":
    "Het logboek werd opnieuw gelezen en is niet zoals het geschreven werd.",
  "entry.CheckpointShippingFailed": "Ondertekende koppen komen niet aan waar ze bewaard worden.",
  "entry.CheckpointShippingRecovered": "Ondertekende koppen komen weer aan waar ze bewaard worden.",
  "entry.ClockStateChanged": "Wat over de klok bekend is veranderde.",
  "entry.AccessDenied": "Iemand werd geweigerd: {reason}.",
  "entry.CardholderDataRefused":
    "Een verzoek bevatte een kaartnummer en werd geweigerd. Het nummer is niet bewaard.",
  "entry.RecordingTestified": "{recorder} vertelde van zijn opname {recording}.",
  "entry.WindowJudged": "Venster {window} werd met de opname van {recorder} vergeleken: {verdict}.",
  "entry.WitnessUnreachable": "{recorder} zei niet wat hij opnam.",
  "entry.WitnessUnreachable.givenUp":
    "{recorder} zei niet wat hij opnam en wordt niet meer gevraagd.",
  "entry.EvidenceGathered": "Alle recorders van het gesprek is gevraagd wat ze opnamen.",
  "entry.EvidenceGathered.unanswered":
    "De recorders van het gesprek is gevraagd wat ze opnamen; niet alle antwoordden.",
  "entry.EvidenceGathered.tooLong":
    "Het gesprek heeft meer regels dan er bekeken worden: geen recorder wordt gevraagd en de vensters blijven onbeoordeeld.",
  "entry.WitnessesAsked": "Iemand liet de recorders vragen wat ze opnamen.",
  "entry.SoundHeard": "Een opname van {recorder} werd beluisterd.",
  "entry.IncidentOpened": "Voor een opname van {recorder} werd een incident geopend: {incident}.",
  "entry.IncidentGrew": "Voor incident {incident} werd meer gevonden.",
  "entry.IncidentNoted": "Bij incident {incident} kwam een notitie.",
  "entry.IncidentClosed": "Incident {incident} werd gesloten.",
  "entry.RecordingOpened": "Iemand opende de opname in {recorder}.",
  "entry.RecordingFlagged": "De verdachte opname werd in {recorder} gemarkeerd.",
  "entry.RecordingFlagged.not": "De verdachte opname kon in {recorder} nog niet gemarkeerd worden.",
  "entry.PaymentsReconciled": "Betalingen werden met het logboek vergeleken.",
  "entry.LogRead": "Iemand las het logboek: {reason}.",
  "entry.DesktopShown": "Het scherm van de medewerker toonde: {protection}.",
  "entry.SpooledFact": "Een feit uit een tijd waarin het logboek niet geschreven kon worden.",
  "entry.ConformanceBegan": "Een conformiteitsronde op een testgesprek begon.",
  "entry.ConformanceEnded": "Een conformiteitsronde eindigde.",
  "entry.OrderIntended": "Een conformiteitsronde gaat {recorder} een opdracht geven.",
  "entry.OrderAnswered": "{recorder} antwoordde op een opdracht van een conformiteitsronde.",
  "entry.CheckConcluded": "Een controle van een conformiteitsronde liep af.",
  "entry.DailyReviewSigned": "De dagelijkse controle werd afgetekend.",
  "entry.LogPruned": "Oude vermeldingen werden losgelaten.",
  "entry.SignedIn": "Iemand meldde zich aan.",
  "entry.SignedOut": "Iemand meldde zich af.",
  "entry.SignInRefused": "Iemand kon zich niet aanmelden: {reason}.",
};
