/**
 * What an indicator says, in five languages.
 *
 * @module
 */
import type { Protection } from "./stream.ts";

type Word = Protection | "unknown" | "idle";
export interface Words {
  readonly words: Readonly<Record<Word, string>>;
  readonly pause: string;
  readonly resume: string;
  /** `$` stands for minutes and seconds. */
  readonly left: string;
  readonly recorder: Readonly<Record<string, string>>;
  readonly failed: string;
  readonly sandbox: string;
}

const en: Words = {
  words: {
    recording: "Recording",
    securing: "Pausing…",
    secured: "Not recorded",
    unsecured: "STILL RECORDED",
    resuming: "Resuming…",
    stalled: "NOT RECORDING AGAIN",
    ended: "Call ended",
    unknown: "Not known",
    idle: "No call",
  },
  pause: "Pause recording",
  resume: "Resume recording",
  left: "$ left",
  recorder: {
    recording: "recording",
    paused: "paused",
    absent: "no recording",
    unknown: "not known",
  },
  failed: "That did not work",
  sandbox: "Sandbox",
};
const nl: Words = {
  words: {
    recording: "Er wordt opgenomen",
    securing: "Pauzeren…",
    secured: "Geen opname",
    unsecured: "NOG STEEDS OPNAME",
    resuming: "Hervatten…",
    stalled: "OPNAME NIET HERVAT",
    ended: "Gesprek beëindigd",
    unknown: "Onbekend",
    idle: "Geen gesprek",
  },
  pause: "Opname pauzeren",
  resume: "Opname hervatten",
  left: "nog $",
  recorder: {
    recording: "neemt op",
    paused: "gepauzeerd",
    absent: "geen opname",
    unknown: "onbekend",
  },
  failed: "Dat is niet gelukt",
  sandbox: "Proefomgeving",
};
const de: Words = {
  words: {
    recording: "Aufnahme läuft",
    securing: "Wird angehalten…",
    secured: "Keine Aufnahme",
    unsecured: "AUFNAHME LÄUFT NOCH",
    resuming: "Wird fortgesetzt…",
    stalled: "AUFNAHME NICHT FORTGESETZT",
    ended: "Gespräch beendet",
    unknown: "Unbekannt",
    idle: "Kein Gespräch",
  },
  pause: "Aufnahme anhalten",
  resume: "Aufnahme fortsetzen",
  left: "noch $",
  recorder: {
    recording: "zeichnet auf",
    paused: "pausiert",
    absent: "keine Aufnahme",
    unknown: "unbekannt",
  },
  failed: "Das hat nicht geklappt",
  sandbox: "Testumgebung",
};
const fr: Words = {
  words: {
    recording: "Enregistrement en cours",
    securing: "Mise en pause…",
    secured: "Non enregistré",
    unsecured: "TOUJOURS ENREGISTRÉ",
    resuming: "Reprise…",
    stalled: "ENREGISTREMENT NON REPRIS",
    ended: "Appel terminé",
    unknown: "Inconnu",
    idle: "Aucun appel",
  },
  pause: "Suspendre l’enregistrement",
  resume: "Reprendre l’enregistrement",
  left: "encore $",
  recorder: {
    recording: "enregistre",
    paused: "en pause",
    absent: "aucun enregistrement",
    unknown: "inconnu",
  },
  failed: "Cela n’a pas fonctionné",
  sandbox: "Bac à sable",
};
const es: Words = {
  words: {
    recording: "Grabando",
    securing: "Pausando…",
    secured: "Sin grabar",
    unsecured: "SIGUE GRABANDO",
    resuming: "Reanudando…",
    stalled: "GRABACIÓN NO REANUDADA",
    ended: "Llamada terminada",
    unknown: "Desconocido",
    idle: "Sin llamada",
  },
  pause: "Pausar la grabación",
  resume: "Reanudar la grabación",
  left: "quedan $",
  recorder: {
    recording: "graba",
    paused: "en pausa",
    absent: "sin grabación",
    unknown: "desconocido",
  },
  failed: "No ha funcionado",
  sandbox: "Entorno de pruebas",
};

const languages: Readonly<Record<string, Words>> = { en, nl, de, fr, es };

/** By the first part of a language tag such as `nl-BE`; English where it is none of the five. */
export const wordsFor = (tag: string): Words =>
  languages[tag.toLowerCase().split("-")[0] ?? "en"] ?? en;
