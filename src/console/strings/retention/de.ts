/**
 * The same in German.
 *
 * @module
 */
import type { retentionEn } from "./en.ts";

export const retentionDe: Readonly<Record<keyof typeof retentionEn, string>> = {
  "nav.retention": "Aufbewahrung",
  "retention.forever": "Es ist keine Aufbewahrungsfrist eingestellt: nichts wird gelöscht.",
  "retention.months":
    "Einträge werden {months} Monate aufbewahrt. Von älteren bleiben nur die Hashes, damit sich alles, was je signiert wurde, noch prüfen lässt.",
  "retention.none": "Es wurde noch nichts gelöscht.",
  "retention.pruned": "Die Einträge 1 bis {position} wurden gelöscht.",
  "retention.keptFrom": "Einträge sind aufbewahrt ab",
  "retention.stopped": "Ältere Einträge sind noch da, denn:",
  "retention.stop_legal_hold": "die Aufbewahrungsanordnung {id} gilt",
  "retention.stop_open_incident": "der Vorfall {id} ist offen",
  "retention.stop_copy": "die Kopie {id} hat sie noch nicht",
  "retention.stop_call": "das Gespräch {id} ist nicht zu Ende oder wurde seither wieder benutzt",
  "retention.stop_reading":
    "sie werden gerade für einen Export oder ein Prüfpaket gelesen; höchstens eine halbe Stunde",
  "retention.stop_log":
    "das Protokoll ließ sich nicht lesen oder schreiben; es wird erneut versucht",
  "retention.holds": "Aufbewahrungsanordnungen",
  "retention.noHolds": "Es gilt keine Aufbewahrungsanordnung.",
  "retention.why":
    "Solange eine Aufbewahrungsanordnung gilt, wird ab dem ersten Eintrag, den sie nennt, nichts gelöscht. Was vorher gelöscht wurde, kommt nicht zurück.",
  "retention.placedAt": "Angeordnet",
  "retention.by": "Von",
  "retention.reason": "Grund",
  "retention.keeps": "Bewahrt",
  "retention.keepsCall": "das Gespräch {callId} und was danach kam, ab Eintrag {position}",
  "retention.keepsFrom": "alles ab Eintrag {position}",
  "retention.end": "Beenden",
  "retention.lift": "Aufheben",
  "retention.liftReason": "Warum sie endet",
  "retention.place": "Aufbewahrung anordnen",
  "retention.callId": "Gespräch (beides leer lassen, um alles aufzubewahren)",
  "retention.since": "Und alles seit diesem Tag, UTC",
  "retention.placeNow": "Anordnen",
  "retention.notYou": "Anordnen und Aufheben verlangt das Recht retention:write.",
  "retention.said_empty": "Sagen Sie, warum.",
  "retention.said_long": "Das ist zu lang.",
  "retention.said_card": "Das sieht nach einer Kartennummer aus. Nichts davon wurde behalten.",
  "retention.said_day": "Der Tag wurde nicht verstanden.",
  "retention.said_call_unknown":
    "Das Protokoll kennt kein solches Gespräch. Es wurde nichts angeordnet.",
  "retention.said_full":
    "Es gelten so viele Anordnungen, wie es geben darf. Heben Sie einige auf, oder ordnen Sie eine für alles an.",
  "retention.said_unknown": "Diese Anordnung gilt nicht mehr.",
  "retention.said_log_failed":
    "Das Protokoll nahm es nicht an. Nichts ist zugesagt: versuchen Sie es erneut.",
  "integrity.goodPruned":
    "Jeder Eintrag ist, was signiert wurde: {size} Einträge ergeben die signierte Wurzel. Bis {position} wurden Einträge gelöscht; von ihnen waren nur die Hashes zu prüfen.",
  "retention.gone":
    "Einträge von vor {moment} wurden gelöscht: von solchen Tagen zeigt diese Seite nichts.",
};
