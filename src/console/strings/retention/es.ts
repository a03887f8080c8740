/**
 * The same in Spanish.
 *
 * @module
 */
import type { retentionEn } from "./en.ts";

export const retentionEs: Readonly<Record<keyof typeof retentionEn, string>> = {
  "nav.retention": "Conservación",
  "retention.forever": "No hay plazo de conservación configurado: no se borra nada.",
  "retention.months":
    "Las entradas se conservan {months} meses. De las más antiguas solo quedan los hashes, para que todo lo que se firmó se pueda seguir comprobando.",
  "retention.none": "Todavía no se ha borrado nada.",
  "retention.pruned": "Las entradas 1 a {position} se borraron.",
  "retention.keptFrom": "Se conservan entradas desde",
  "retention.stopped": "Aún se conservan entradas más antiguas, porque:",
  "retention.stop_legal_hold": "la retención legal {id} está vigente",
  "retention.stop_open_incident": "el incidente {id} está abierto",
  "retention.stop_copy": "la copia {id} aún no las tiene",
  "retention.stop_call": "la llamada {id} no ha terminado, o se ha vuelto a usar desde entonces",
  "retention.stop_reading":
    "se están leyendo para un kit de auditoría o una exportación; media hora como máximo",
  "retention.stop_log": "el registro no se pudo leer o escribir; se intentará de nuevo",
  "retention.holds": "Retenciones legales",
  "retention.noHolds": "No hay ninguna retención legal vigente.",
  "retention.why":
    "Mientras una retención legal está vigente, no se borra nada desde la primera entrada que nombra. No devuelve nada de lo que se borró antes.",
  "retention.placedAt": "Ordenada",
  "retention.by": "Por",
  "retention.reason": "Motivo",
  "retention.keeps": "Conserva",
  "retention.keepsCall": "la llamada {callId} y lo que vino después, desde la entrada {position}",
  "retention.keepsFrom": "todo desde la entrada {position}",
  "retention.end": "Terminarla",
  "retention.lift": "Levantar",
  "retention.liftReason": "Por qué termina",
  "retention.place": "Ordenar una retención legal",
  "retention.callId": "Llamada (dejar ambos vacíos para conservar todo)",
  "retention.since": "Y todo desde este día, UTC",
  "retention.placeNow": "Ordenar",
  "retention.notYou": "Ordenar y levantar requiere el permiso retention:write.",
  "retention.said_empty": "Diga por qué.",
  "retention.said_long": "Es demasiado largo.",
  "retention.said_card": "Eso parece un número de tarjeta. No se guardó nada de ello.",
  "retention.said_day": "No se entendió el día.",
  "retention.said_call_unknown": "El registro no conoce esa llamada. No se ordenó nada.",
  "retention.said_full":
    "Hay tantas retenciones como puede haber. Levante algunas, u ordene una sobre todo.",
  "retention.said_unknown": "Esta retención ya no está vigente.",
  "retention.said_log_failed": "El registro no lo aceptó. Nada está prometido: inténtelo de nuevo.",
  "integrity.goodPruned":
    "Cada entrada es lo que se firmó: {size} entradas dan la raíz firmada. Hasta {position} se borraron entradas; de ellas solo había los hashes.",
  "retention.gone":
    "Las entradas de antes de {moment} se borraron: de esos días esta página no muestra nada.",
};
