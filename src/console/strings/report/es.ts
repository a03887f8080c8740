/**
 * What the report of a period, and opening a recording, say, in Spanish.
 *
 * @module
 */
import type { reportEn } from "./en.ts";

export const reportEs: Readonly<Record<keyof typeof reportEn, string>> = {
  "nav.report": "Informe",
  "report.of": "{tenant}, del {from} al {to}, días completos, en UTC.",
  "report.made": "Hecho el",
  "report.from": "Desde",
  "report.to": "Hasta",
  "report.show": "Mostrar",
  "report.print":
    "Imprima esta página o guárdela como PDF. Las cifras se calculan a partir del registro de control; la cabecera del final firma cada entrada en que se apoyan.",
  "report.bad":
    "El período no se entendió, o supera los {count} días: estos son los últimos siete.",
  "report.counts": "Ventanas por resultado",
  "report.exceptions": "Excepciones por clase",
  "report.kind": "Clase",
  "report.count": "Cantidad",
  "report.days": "Día a día",
  "report.review": "Revisado por",
  "report.notReviewed": "nadie",
  "report.changed": "{who}, cifras cambiadas desde entonces",
  "report.sum": "En total",
  "report.list": "Cada excepción",
  "report.listed": "Las primeras {shown} de {count}.",
  "report.none": "No hubo ninguna.",
  "report.entry": "Entrada",
  "report.when": "Cuándo",
  "report.call": "Llamada",
  "report.windows": "Ventanas",
  "report.recorders": "Grabadoras",
  "report.verify": "Cómo comprobarlo sin nosotros",
  "report.verifyHow":
    "Guarde esta cabecera. Quien tenga la carpeta del registro o una exportación ejecuta la primera orden; la segunda muestra que el registro sigue empezando por lo que esta cabecera firmó.",
  "recording.open": "Abrir en {recorder}",
  "recording.title": "Grabación {recordingId}",
  "recording.leaves":
    "Esto sale de tacet hacia la página propia de la grabadora. Que usted lo pidió queda en el registro; la dirección, no.",
  "recording.away": "La grabadora no dio página para ello ahora.",
};
