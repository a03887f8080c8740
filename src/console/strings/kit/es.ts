/**
 * What the page of the auditor's kit says, in Spanish.
 *
 * @module
 */
import type { kitEn } from "./en.ts";

export const kitEs: Readonly<Record<keyof typeof kitEn, string>> = {
  "nav.kit": "Kit del auditor",
  "kit.what":
    "Un archivo ZIP con entradas de este registro, su cabeza firmada y una página que las comprueba, en cualquier ordenador y sin conexión. Llega hasta la cabeza firmada más reciente, de un minuto como mucho.",
  "kit.how":
    "Descomprímalo, abra index.html en un navegador y elija allí la carpeta descomprimida. Dé también al auditor esta clave de verificación por otra vía:",
  "kit.period":
    "Los dos días enteros, en UTC. Las entradas van en lotes de 256, así que vienen algunas de antes y de después. Deje ambos vacíos para todo el registro.",
  "kit.logged": "Que usted lo tomó, y de qué días, queda en el registro.",
  "kit.make": "Descargar el kit",
  "kit.bad": "No se entendió el período.",
  "kit.nothing": "No hay ninguna entrada firmada en este período.",
  "kit.too_many":
    "Un kit tiene como mucho {count} entradas: un navegador no comprueba más. Elija un período más corto.",
  "kit.too_large":
    "Estas entradas son mayores de lo que puede ser un kit. Elija un período más corto.",
  "kit.unsigned":
    "Todavía no se ha firmado ninguna cabeza de este registro. Vuelva a intentarlo en un minuto.",
  "kit.changed": "No hay kit: este registro no es lo que se firmó. tacet verify dice dónde.",
  "kit.busy": "Ya se está preparando un kit. Vuelva a intentarlo cuando se haya descargado.",
  "kit.failed": "No se pudo preparar el kit.",
};
