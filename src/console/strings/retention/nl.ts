/**
 * The same in Dutch.
 *
 * @module
 */
import type { retentionEn } from "./en.ts";

export const retentionNl: Readonly<Record<keyof typeof retentionEn, string>> = {
  "nav.retention": "Bewaren",
  "retention.forever": "Er is geen bewaartermijn ingesteld: er wordt niets gewist.",
  "retention.months":
    "Regels worden {months} maanden bewaard. Van oudere blijven alleen de hashes, zodat alles wat ooit is ondertekend nog te controleren is.",
  "retention.none": "Er is nog niets gewist.",
  "retention.pruned": "Regels 1 tot en met {position} zijn gewist.",
  "retention.keptFrom": "Regels worden bewaard vanaf",
  "retention.stopped": "Oudere regels worden nog bewaard, want:",
  "retention.stop_legal_hold": "bewaarplicht {id} geldt",
  "retention.stop_open_incident": "incident {id} staat open",
  "retention.stop_copy": "de kopie {id} heeft ze nog niet",
  "retention.stop_call": "gesprek {id} is niet afgelopen, of is sindsdien weer gebruikt",
  "retention.stop_reading":
    "ze worden nu gelezen voor een auditpakket of een export; hoogstens een half uur",
  "retention.stop_log":
    "het logboek kon niet worden gelezen of geschreven; er wordt opnieuw geprobeerd",
  "retention.holds": "Bewaarplichten",
  "retention.noHolds": "Er geldt geen bewaarplicht.",
  "retention.why":
    "Zolang een bewaarplicht geldt, wordt vanaf de eerste regel die zij noemt niets gewist. Wat eerder is gewist, komt niet terug.",
  "retention.placedAt": "Opgelegd",
  "retention.by": "Door",
  "retention.reason": "Reden",
  "retention.keeps": "Bewaart",
  "retention.keepsCall": "gesprek {callId} en wat erna kwam, vanaf regel {position}",
  "retention.keepsFrom": "alles vanaf regel {position}",
  "retention.end": "Beëindigen",
  "retention.lift": "Opheffen",
  "retention.liftReason": "Waarom zij eindigt",
  "retention.place": "Een bewaarplicht opleggen",
  "retention.callId": "Gesprek (beide leeg laten om alles te bewaren)",
  "retention.since": "En alles sinds deze dag, UTC",
  "retention.placeNow": "Opleggen",
  "retention.notYou": "Opleggen en opheffen vraagt het recht retention:write.",
  "retention.said_empty": "Zeg waarom.",
  "retention.said_long": "Dat is te lang.",
  "retention.said_card": "Dat lijkt op een kaartnummer. Er is niets van bewaard.",
  "retention.said_day": "De dag is niet begrepen.",
  "retention.said_call_unknown":
    "Het logboek kent zo'n gesprek niet. Er is geen bewaarplicht opgelegd.",
  "retention.said_full":
    "Er gelden zoveel bewaarplichten als mogelijk is. Hef er enkele op, of leg er een op alles.",
  "retention.said_unknown": "Deze bewaarplicht geldt niet meer.",
  "retention.said_log_failed": "Het logboek nam het niet aan. Niets is beloofd: probeer opnieuw.",
  "integrity.goodPruned":
    "Elke regel is wat is ondertekend: {size} regels geven de ondertekende wortel. Tot en met {position} zijn regels gewist, en waren er alleen hun hashes te controleren.",
  "retention.gone":
    "Regels van voor {moment} zijn gewist: van zulke dagen toont deze pagina niets.",
};
