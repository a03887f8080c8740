/**
 * What the console says, in Spanish.
 *
 * @module
 */
import { reportEs } from "./report/es.ts";
import { kitEs } from "./kit/es.ts";
import { retentionEs } from "./retention/es.ts";
import { shopEs } from "./shop/es.ts";
import { callsEs } from "./calls/es.ts";
import { entriesEs } from "./entries/es.ts";
import type { Strings } from "./en.ts";
import { es as watch } from "./watch/es.ts";

export const es: Strings = {
  ...reportEs,
  ...kitEs,
  ...retentionEs,
  ...shopEs,
  ...watch,
  ...callsEs,
  ...entriesEs,

  "app.title": "tacet",
  "app.sandbox": "Entorno de pruebas: grabadoras simuladas, nada aquí es prueba.",
  "app.skip": "Ir al contenido",
  "app.signOut": "Cerrar sesión",
  "app.signedInAs": "{name}, {kind}",
  "app.language": "Idioma",

  "nav.overview": "Resumen",
  "nav.calls": "Llamadas",
  "nav.exceptions": "Excepciones",
  "nav.incidents": "Incidentes",
  "nav.wall": "Panel en vivo",
  "nav.integrity": "Integridad",

  "signIn.title": "Iniciar sesión",
  "signIn.button": "Iniciar sesión",
  "signIn.again": "Su sesión ha terminado. Inicie sesión de nuevo.",
  "signIn.denied":
    "El proveedor le conoce, pero aquí no consta qué puede ver. Pregunte a quien opera tacet: {detail}",
  "signIn.failed": "No se pudo iniciar sesión. Inténtelo de nuevo.",
  "signIn.unavailable": "El proveedor no responde ahora. Inténtelo más tarde.",
  "signIn.tooMany":
    "Demasiadas personas intentan iniciar sesión desde donde usted está. Vuelva a intentarlo dentro de {seconds} s.",

  "error.notFound": "No hay nada en esta dirección.",
  "error.forbidden": "No puede ver esto. Hace falta {scope}.",
  "error.csrf": "Este formulario ya no es válido. Vuelva, recargue la página e inténtelo de nuevo.",
  "error.failed": "tacet no pudo hacer esta página.",
  "error.unavailable": "El registro no se puede leer ahora. Inténtelo más tarde.",

  "protection.recording": "Grabando",
  "protection.securing": "Pausando",
  "protection.secured": "Protegida",
  "protection.unsecured": "No protegida",
  "protection.resuming": "Reanudando",
  "protection.stalled": "Grabación no reanudada",
  "protection.ended": "Terminada",
};
