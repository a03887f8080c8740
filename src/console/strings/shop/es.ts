/**
 * What the sandbox's page says, in Spanish.
 *
 * @module
 */
import type { ShopStrings } from "./en.ts";

export const shopEs: ShopStrings = {
  "shop.name": "Entorno de pruebas",
  "shop.intro":
    "Alguien al teléfono va a leer en voz alta un número de tarjeta. Tres personas ven la misma llamada. Haga fallar una grabadora y vea cómo se bloquea el formulario.",
  "shop.newCall": "Nueva llamada",
  "shop.shop": "La página de pago de la tienda",
  "shop.take": "Cobrar un pago",
  "shop.card": "Datos de la tarjeta",
  "shop.number": "Número de tarjeta",
  "shop.until": "Válida hasta",
  "shop.month": "MM/AA",
  "shop.forgotten": "Escriba lo que quiera; no va a ninguna parte y se olvida.",
  "shop.pay": "Pagar",
  "shop.cancel": "Cancelar el pago",
  "shop.desk": "El puesto del agente",
  "shop.recorders": "Las grabadoras, tal como están de verdad",
  "shop.recordersHint":
    "A tacet nadie le habla de estos interruptores: lo descubre preguntando a la grabadora, o cuando ella misma avisa.",

  "shop.locked": "El formulario está bloqueado.",
  "shop.lockedWhy": "El formulario está bloqueado: {why}",
  "shop.open": "Todas las grabadoras callan. El formulario está abierto.",
  "shop.paid": "Pagado.",
  "shop.givenUp": "Cancelado.",
  "shop.began": "La llamada {callId} se está grabando.",
  "shop.deskSays": "El puesto dice: {word}",
  "shop.truth": "En realidad:",
  "shop.truthNow": "{recorder}, en realidad: {status}",
  "shop.byHand": "Ponerla en marcha a mano",

  "shop.fault.ack-and-ignore": "dice que sí y sigue",
  "shop.fault.slow": "responde al cabo de 4 s",

  "shop.away": "El entorno de pruebas no responde.",

  "shop.why.offline": "sin red",
  "shop.why.hidden": "la página no está a la vista",
  "shop.why.no_answer": "no hay respuesta bastante reciente",
  "shop.why.no_ticket": "no llegó ningún ticket",
  "shop.why.window_closed": "la ventana está cerrada",
  "shop.why.call_gone": "la llamada ya no está",
};
