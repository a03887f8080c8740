/**
 * What the pages that watch say, in German.
 *
 * @module
 */
import type { WatchStrings } from "./en.ts";

export const de: WatchStrings = {
  "overview.today": "Heute, {day}, ab Mitternacht UTC.",
  "overview.partial":
    "Noch nicht vollständig: ein Seitenaufruf liest höchstens {count} Einträge. Laden Sie neu, um weiterzulesen. Unvollständig: {days}.",
  "overview.windows": "Fenster",
  "overview.securedAfter": "Längste Zeit bis gesichert",
  "overview.target": "Ziel: höchstens {time} je Fenster.",
  "overview.median": "Median: {time}.",
  "overview.unsecured": "Fenster offen, nicht gesichert",
  "overview.each": "Im Mittel {time} je Fenster.",
  "overview.unrecorded": "Pausiert, kein Fenster offen",
  "overview.toExceptions": "Ansehen",
  "overview.openIncidents": "Offene Vorfälle",
  "overview.toIncidents": "Ansehen",
  "overview.byOutcome": "Heute geöffnete Fenster, nach Ausgang",
  "overview.outcome": "Ausgang",
  "overview.notVerified": "Das Protokoll wurde seit dem Start noch nicht nachgelesen.",
  "overview.broken": "DAS PROTOKOLL STIMMT NICHT. Führen Sie tacet verify aus.",
  "overview.verifiedTo": "Geprüft bis Eintrag {position} am",
  "overview.toIntegrity": "Prüfen",
  "overview.recorders": "Rekorder",
  "overview.recordersCaption": "Ob jeder jetzt gehorchen würde",
  "overview.recorder": "Rekorder",
  "overview.vendor": "Hersteller",
  "overview.health": "Zustand",
  "overview.well": "In Ordnung",
  "overview.down": "Ausgefallen seit",
  "overview.fortnight": "Die letzten 14 Tage",
  "overview.plotSecured": "Zeit vom Öffnen eines Fensters bis gesichert, je Tag",
  "overview.plotUnsecured": "Zeit mit offenem, nicht gesichertem Fenster, je Tag",
  "overview.targetName": "Ziel",
  "overview.worstName": "längste",
  "overview.medianName": "Median",
  "overview.asTable": "Als Tabelle",
  "overview.day": "Tag",

  "reach.reachable": "Antwortet",
  "reach.unreachable": "Antwortet nicht",
  "reach.unknown": "Noch nicht gefragt",

  "outcome.secured": "Rechtzeitig gesichert",
  "outcome.late": "Zu spät gesichert",
  "outcome.drifted": "Gesichert, dann wieder aufgezeichnet",
  "outcome.not_secured": "Nie gesichert",
  "outcome.withdrawn": "Geschlossen, bevor sie gesichert sein musste",
  "outcome.open": "Offen, wird gesichert",

  "kind.not_secured": "Nicht gesichert",
  "kind.drifted": "Wieder aufgezeichnet",
  "kind.stalled": "Nimmt nicht wieder auf",
  "kind.expired": "Abgelaufen",
  "kind.paused_by_other": "Von anderen pausiert",
  "kind.suspect": "Verdächtige Aufnahme",

  "exceptions.day": "Tag",
  "exceptions.kind": "Art",
  "exceptions.all": "Alle",
  "exceptions.show": "Anzeigen",
  "exceptions.none": "Nichts dergleichen am {day}.",
  "exceptions.more": "{count} weitere sind oben gezählt und hier nicht aufgeführt.",
  "exceptions.caption": "Was am {day} nicht war, wie es sein soll, das Neueste zuerst",
  "exceptions.at": "Wann",
  "exceptions.call": "Gespräch",
  "exceptions.windowIds": "Fenster",
  "exceptions.incident": "Vorfall",
  "exceptions.reviewChanged":
    "Der Tag hat sich geändert, während Sie ihn ansahen. Sehen Sie noch einmal hin und zeichnen Sie dann ab.",
  "exceptions.reviewPartial":
    "Der Tag ist noch nicht zu Ende gelesen. Laden Sie neu, bis er vollständig ist, und zeichnen Sie dann ab.",
  "exceptions.reviewCard":
    "Nicht abgezeichnet: die Notiz enthält, was eine Kartennummer sein kann. Sie wurde nicht behalten.",
  "exceptions.reviewLong": "Nicht abgezeichnet: die Notiz ist länger als 2000 Zeichen.",
  "exceptions.reviewFailed":
    "Nicht abgezeichnet: das Protokoll nahm es nicht an. Versuchen Sie es noch einmal.",

  "incident.open": "Offen",
  "incident.closed": "Geschlossen",

  "review.title": "Tägliche Prüfung",
  "review.none": "Niemand hat diesen Tag bisher abgezeichnet.",
  "review.changed": "Geändert seit dem Abzeichnen:",
  "review.note": "Notiz",
  "review.means":
    "Das Abzeichnen hält im Protokoll fest, dass Sie diese Zahlen angesehen haben, mit dem signierten Kopf des Protokolls. Schreiben Sie nie Kartendaten.",
  "review.sign": "Diesen Tag abzeichnen",
  "review.notYou": "Abzeichnen braucht das Recht incidents:write.",
  "review.caption": "Abgezeichnet",
  "review.who": "Wer",
  "review.counts": "Zahlen damals",
  "review.size": "Größe des Protokolls damals",

  "incidents.state": "Stand",
  "incidents.open": "Offene",
  "incidents.closed": "Geschlossene",
  "incidents.all": "Alle",
  "incidents.none": "Es gibt keine.",
  "incidents.next": "Weitere",
  "incidents.caption": "Verdächtige Aufnahmen, in der Reihenfolge, in der sie es wurden",
  "incidents.opened": "Geöffnet",
  "incidents.recording": "Aufnahme",
  "incidents.why": "Warum verdächtig",
  "incidents.one": "Vorfall: {recording}",
  "incidents.said_empty": "Schreiben Sie, was gefunden oder getan wurde.",
  "incidents.said_long": "Zu lang: höchstens 2000 Zeichen, und 200 für die Ursache.",
  "incidents.said_card": "Nicht behalten: es enthält, was eine Kartennummer sein kann.",
  "incidents.said_closed": "Dieser Vorfall war schon geschlossen; nichts wurde hinzugefügt.",
  "incidents.said_full":
    "Dieser Vorfall hat so viele Notizen, wie er haben darf; schließen Sie ihn.",
  "incidents.said_log_failed":
    "Das Protokoll nahm es nicht an: nichts ist zugesagt. Versuchen Sie es noch einmal.",
  "incidents.closedAt": "Geschlossen",
  "incidents.where": "Wo in der Datei",
  "incidents.nowhere": "Lässt sich nicht sagen",
  "incidents.flagged": "Im Rekorder markiert",
  "incidents.yes": "Ja",
  "incidents.no": "Noch nicht",
  "incidents.cause": "Gefundene Ursache",
  "incidents.earlier": "Früherer Vorfall",
  "incidents.facts": "Was davon bekannt ist",
  "incidents.notes": "Notizen",
  "incidents.noNotes": "Noch keine Notizen.",
  "incidents.isClosed": "Für immer geschlossen. Was später gefunden wird, eröffnet einen anderen.",
  "incidents.notYou": "An Vorfällen zu arbeiten braucht das Recht incidents:write.",
  "incidents.work": "Was gefunden und getan wurde",
  "incidents.text": "Notiz (nie Kartendaten)",
  "incidents.causeAsked": "Ursache, wo sie bekannt ist",
  "incidents.deletesNothing":
    "tacet löscht keine Aufnahme: entfernen oder schwärzen Sie sie in ihrem Rekorder und sagen Sie es in der Notiz.",
  "incidents.addNote": "Notiz hinzufügen",
  "incidents.close": "Mit dieser Notiz schließen",

  "cause.drift": "der Rekorder wurde im Fenster beim Aufzeichnen gesehen",
  "cause.not_secured": "nie als stumm bestätigt",
  "cause.not_shortened": "die Datei ist nicht um das kürzer, was fehlen sollte",
  "cause.shortened": "die Datei ist kürzer, wo sie Stille enthalten sollte",
  "cause.overlaps": "eine Aufnahme liegt, wo keine sein sollte",
  "cause.sound": "im Fenster ist Ton",
  "cause.tones": "es gibt Tastentöne",

  "wall.needsScript": "Hierfür müssen Skripte erlaubt sein.",
  "wall.filter": "Filtern",
  "wall.badFilter":
    "Ein Filter wurde weggelassen: der Name eines Merkmals beginnt mit einem Buchstaben und braucht einen Wert.",
  "wall.connecting": "Verbindet…",
  "wall.caption": "Gespräche, die jetzt in einem Fenster sind; was jemanden braucht, steht vorn",
  "wall.protection": "Schutz",
  "wall.agent": "Agent",
  "wall.inside": "Seit",
  "wall.left": "Noch",
  "wall.recorders": "Rekorder",
  "wall.attributes": "Merkmale",
  "wall.attribute": "Merkmal",
  "wall.value": "Wert",
  "wall.noFilter": "Ohne Filter",
  "wall.connected": "Live",
  "wall.lost":
    "Verbindung verloren: was gezeigt wird, gilt vielleicht nicht mehr. Es wird erneut versucht.",
  "wall.count": "{count} Gespräche in einem Fenster, {bad} brauchen jemanden.",
  "wall.rest": "{rest} davon werden nicht gezeigt: filtern Sie.",
  "wall.summary": "{count} Gespräche in einem Fenster, {bad} brauchen jemanden.",
  "wall.none": "Kein Gespräch ist in einem Fenster.",
  "wall.over": "vorbei",

  "desk.title": "Aufnahme Ihres Gesprächs",
  "desk.noAgent":
    "Diese Seite ist für Agenten: Ihre Anmeldung nennt keinen. Fragen Sie, wer tacet betreibt.",
  "desk.agent": "Agent {agent}",
  "desk.keys":
    "Alt+Umschalt+P pausiert, Alt+Umschalt+R setzt fort. Sie sehen die Knöpfe, die Sie jetzt benutzen dürfen.",
  "desk.window_owned_by_another": "Jemand anderes hat dieses Fenster geöffnet und schließt es.",
  "desk.window_ambiguous": "Mehrere Fenster sind offen. Die Seite, die sie öffnete, schließt sie.",
  "desk.call_ended": "Dieses Gespräch ist beendet.",
  "desk.log_unavailable": "Das Protokoll nahm es nicht an. Versuchen Sie es noch einmal.",
  "desk.stopping": "tacet wird neu gestartet. Versuchen Sie es gleich noch einmal.",

  "integrity.head": "Der signierte Kopf des Protokolls",
  "integrity.save": "Diesen Prüfpunkt außerhalb von tacet aufbewahren",
  "integrity.noKey": "Dieses Protokoll ist niemandes Beweis: es hat keinen Schlüssel.",
  "integrity.receipts": "Belege",
  "integrity.receiptWhy":
    "Ein Beleg zeigt, dass ein Eintrag im Protokoll steht. Bewahren Sie ihn beim Eintrag auf; tacet verify prüft beide ohne tacet.",
  "integrity.position": "Nummer des Eintrags",
  "integrity.receipt": "Beleg aufbewahren",
  "integrity.noEntry": "Das Protokoll hat keinen Eintrag dieser Nummer.",
  "integrity.independent": "Die unabhängige Prüfung",
  "integrity.independentWhy":
    "Führen Sie tacet verify auf einem anderen Rechner aus, mit einer Kopie des Protokolls und diesem Schlüssel aus einer Quelle, der Sie trauen.",
  "integrity.here": "Eine Prüfung in diesem Browser",
  "integrity.hereWhy":
    "Zur Bequemlichkeit: diese Seite, ihr Skript und der Schlüssel kommen von dem Dienst, der geprüft wird; unabhängig ist das also nicht. Jeder Eintrag wird gelesen, die Wurzel neu berechnet und die Signatur geprüft.",
  "integrity.check": "Alle Einträge prüfen",
  "integrity.saved": "Ein Prüfpunkt, den Sie früher aufbewahrt haben",
  "integrity.compare": "Beginnt das Protokoll noch damit?",
  "integrity.firstBad": "Der erste falsche Eintrag ist {position}.",
  "integrity.reading": "{position} von {size} Einträgen gelesen…",
  "integrity.good": "Alle {size} Einträge sind, was signiert wurde, und die Signatur stimmt.",
  "integrity.badSignature": "FALSCH: die Signatur des Kopfes ist nicht von diesem Schlüssel.",
  "integrity.badEntry": "FALSCH: Eintrag {position} gehört nicht dorthin.",
  "integrity.badLeaves":
    "FALSCH: von den Einträgen sind diese nicht, was signiert wurde: {positions}.",
  "integrity.badRoot":
    "FALSCH: die {size} Einträge sind nicht, was signiert wurde. tacet verify sagt mehr darüber, welcher.",
  "integrity.badRange":
    "FALSCH: ein Eintrag von {from} bis {to} ist nicht, was dieser Browser früher für gut befand.",
  "integrity.notRead":
    "Eintrag {position} konnte nicht vom Dienst gelesen werden. Versuchen Sie es erneut; bleibt es so, führen Sie tacet verify aus.",
  "integrity.tooLong":
    "Das Protokoll hat {size} Einträge; ein Browser prüft höchstens {max}. Verwenden Sie tacet verify.",
  "integrity.noCrypto": "Dieser Browser bietet hier keine Kryptografie: dafür braucht er https.",
  "integrity.savedUnreadable":
    "Das ist kein Prüfpunkt: fügen Sie den ganzen aufbewahrten Text ein, mit der Signaturzeile.",
  "integrity.savedUnsigned": "Der aufbewahrte Prüfpunkt ist nicht mit diesem Schlüssel signiert.",
  "integrity.savedOther": "Der aufbewahrte Prüfpunkt ist von einem anderen Protokoll: {origin}.",
  "integrity.savedAhead":
    "FALSCH: damals waren {saved} Einträge signiert, und jetzt hat das Protokoll {size}.",
  "integrity.savedGood":
    "Das Protokoll beginnt noch mit den {saved} Einträgen des aufbewahrten Prüfpunkts.",
  "integrity.savedBad":
    "FALSCH: die ersten {saved} Einträge sind nicht, was damals signiert wurde.",
};
