/**
 * Judges the windows of one tap against one recording that was heard. Pure: the file's levels and
 * the log's times in, verdicts out.
 *
 * @module
 */
import type { WindowId } from "../../control/call.ts";
import type { Cause, FileRange, Judgement, Recording, WindowOnTap } from "../evidence.ts";
import { lengthMs, union, within } from "../stretches.ts";
import type { Heard } from "./heard.ts";
import { cardLong, keyedWithin } from "./keyed.ts";
import { type Fit, type Place, edgeMsOf, fit, placeOf, told } from "./place.ts";

export interface SoundRules {
  /** How far the recorder's clock may be from tacet's, beside its own rounding. */
  readonly clockMs: number;
}

/** The shortest sound that is never missed. */
const LEAK_MS_MIN = 100;

interface Found {
  readonly verdict: "silent" | "consistent" | "suspect";
  readonly cause?: Cause;
  readonly ranges: readonly FileRange[];
  readonly toleranceMs: number;
}

/** What was judged, and where in the file each window was laid: at a splice, where it is a gap. */
export interface Judged {
  readonly judgements: readonly Judgement[];
  readonly laid: readonly (FileRange & { readonly windowId: WindowId })[];
}

/** In the order of the windows. Windows that the recording does not reach are left out. */
export function judgeSound(
  heard: Heard,
  recording: Recording,
  windows: readonly WindowOnTap[],
  { clockMs }: SoundRules,
): Judged {
  const withinMs = recording.withinMs + clockMs;
  const endMs = Math.max(heard.durationMs, (recording.endAt ?? 0) - recording.startAt);
  const places = windows
    .filter(({ tapId }) => tapId === recording.tapId)
    .map((window) => placeOf(window, recording))
    .filter((place) => place.toMs > 0 && openedMs(place) < endMs);
  if (places.length === 0) return { judgements: [], laid: [] };
  const { found, laid } = judgeAll(heard, recording, places, withinMs);
  const cards = cardsOutside(heard, places, found);
  const judgements = places.map((place, index): Judgement => {
    const { window } = place;
    const one = worse(found[index] as Found, cards.get(place));
    return {
      windowId: window.windowId,
      tapId: window.tapId,
      recorderId: window.recorderId,
      recordingId: recording.recordingId,
      by: "sound",
      verdict: one.verdict,
      ...(one.cause === undefined ? {} : { cause: one.cause }),
      ranges: one.ranges,
      toleranceMs: Math.round(one.toleranceMs),
    };
  });
  return { judgements, laid: places.map((place, index) => laidAt(heard, place, laid[index])) };
}

const laidAt = ({ durationMs }: Heard, { window }: Place, at: FileRange | undefined) => ({
  windowId: window.windowId,
  fromMs: Math.round(Math.max(0, Math.min(durationMs, at?.fromMs ?? 0))),
  toMs: Math.round(Math.max(0, Math.min(durationMs, at?.toMs ?? 0))),
});

const openedMs = ({ fromMs, window }: Place): number =>
  fromMs - (window.silentFrom ?? window.openedAt) + window.openedAt;

function judgeAll(
  heard: Heard,
  recording: Recording,
  places: readonly Place[],
  withinMs: number,
): { readonly found: readonly Found[]; readonly laid: readonly FileRange[] } {
  const audio = places[0]?.window.audio ?? "unknown";
  if (audio === "new_file") {
    return { found: places.map((place) => overlap(heard, place, withinMs)), laid: places };
  }
  const gap = gapOf(heard, recording, places, withinMs);
  const spliced = gap.splicesMs.map((at) => ({ fromMs: at, toMs: at }));
  if (audio === "gap" && gap.excessMs <= gap.allowedMs) return { found: gap.found, laid: spliced };
  const fitted = fit(heard, places, withinMs);
  const silences = places.map((place, index) => silence(heard, place, fitted, index, withinMs));
  const laid = places.map(({ fromMs, toMs }) => ({
    fromMs: fromMs + fitted.shiftMs,
    toMs: toMs + fitted.shiftMs,
  }));
  if (audio === "gap") {
    // As long as the call: silence stands where a gap should be, or what must not.
    if (silences.every(({ verdict }) => verdict !== "suspect")) return { found: silences, laid };
    const found = gap.found.map((one, index) => worse(notShortened(gap, places, index), one));
    return { found, laid: spliced };
  }
  // Shorter by just what should be silent: it was cut out instead, and there is nothing to hear.
  const { allowedMs, excessMs, silentMs, toleranceMs } = gap;
  const isShort = excessMs <= allowedMs && excessMs >= -toleranceMs;
  // What broke off is shorter by chance.
  const isCut = !heard.truncated && silentMs > 2 * allowedMs && isShort;
  if (!isCut || !silences.some(({ cause }) => cause === "sound")) return { found: silences, laid };
  return { found: gap.found, laid: spliced };
}

function silence(
  heard: Heard,
  place: Place,
  { fits, shiftMs, sounds }: Fit,
  index: number,
  withinMs: number,
): Found {
  const sound = sounds[index] ?? [];
  // Where the windows could not be laid on the file, keyed digits near them count too.
  const nearMs = fits ? 0 : withinMs;
  const keyed = keyedWithin(heard.tones, {
    fromMs: openedMs(place) + shiftMs - nearMs,
    toMs: place.toMs + shiftMs + nearMs,
  });
  const edgeMs = edgeMsOf(heard);
  // Inside, nothing of LEAK_MS_MIN passes; at an edge, what the clocks may hide does.
  const unseenMs = Math.max(LEAK_MS_MIN, edgeMs + withinMs + Math.abs(shiftMs));
  if (keyed.length > 0) return suspect("tones", [...sound, ...keyed], unseenMs);
  if (sound.length > 0) return suspect("sound", sound, unseenMs);
  const windowMs = Math.min(place.toMs, heard.durationMs) - Math.max(0, place.fromMs);
  const wantedMs = place.toMs === Number.POSITIVE_INFINITY ? windowMs : place.toMs - place.fromMs;
  const isHeard = windowMs > 2 * edgeMs + LEAK_MS_MIN && wantedMs - windowMs <= withinMs;
  // Shorter than what the clocks leave open, a window may be taken for a pause between words.
  if (!isHeard || windowMs < 2 * withinMs || hidesSound(heard)) return consistent(wantedMs);
  return { verdict: "silent", ranges: [], toleranceMs: Math.min(windowMs, unseenMs) };
}

interface Gap {
  /** By how much the file is longer than it should be; below 0: shorter. */
  readonly excessMs: number;
  /** Of the excess, by rounding and clocks. */
  readonly allowedMs: number;
  /** What may be in the file unseen: as much as may rightly be missing beside the windows. */
  readonly toleranceMs: number;
  readonly silentMs: number;
  readonly found: readonly Found[];
  /** Where each window's sound would be. */
  readonly splicesMs: readonly number[];
}

function gapOf(
  heard: Heard,
  { endAt, startAt, withinMs: roundingMs }: Recording,
  places: readonly Place[],
  withinMs: number,
): Gap {
  const spanMs = endAt === undefined ? heard.durationMs : endAt - startAt;
  const span = { from: 0, to: spanMs };
  const due = ({ fromMs, toMs }: Place) => ({ from: fromMs, to: toMs });
  const silent = within(places.map(due), span);
  // A pause works before it is confirmed, and after it is let go: so much more may be missing.
  const widest = places.map((place) => ({
    from: openedMs(place),
    to: (place.window.recordsBy ?? Number.POSITIVE_INFINITY) - startAt,
  }));
  const uncertainMs = lengthMs(within(union([...widest, ...silent]), span)) - lengthMs(silent);
  const allowedMs = 2 * roundingMs + withinMs;
  const toleranceMs = allowedMs + uncertainMs;
  const silentMs = lengthMs(silent);
  const splicesMs = places.map(
    ({ fromMs }) => fromMs - lengthMs(within(silent, { from: 0, to: Math.max(0, fromMs) })),
  );
  const excessMs = endAt === undefined ? 0 : heard.durationMs - (spanMs - silentMs);
  // Where more is missing than should be, the length hides as much as the window had.
  const tells = endAt !== undefined && !heard.truncated && excessMs >= -toleranceMs;
  const found = places.map((place, index): Found => {
    const at = splicesMs[index] ?? 0;
    const wholeMs = Math.min(place.toMs, spanMs) - Math.max(0, openedMs(place));
    const unseenMs = tells ? toleranceMs : Math.max(toleranceMs, wholeMs);
    const earlierMs = place.fromMs - openedMs(place);
    const keyed = keyedWithin(heard.tones, {
      fromMs: at - earlierMs - withinMs,
      toMs: at + withinMs,
    });
    return keyed.length > 0 ? suspect("tones", keyed, unseenMs) : consistent(unseenMs);
  });
  return { excessMs, allowedMs, toleranceMs, silentMs, found, splicesMs };
}

function notShortened(gap: Gap, places: readonly Place[], index: number): Found {
  const at = gap.splicesMs[index] ?? 0;
  const latest = places[index]?.toMs ?? at;
  const toMs = Math.min(latest, at + gap.excessMs) + gap.allowedMs;
  return suspect("not_shortened", [{ fromMs: at - gap.allowedMs, toMs }], gap.toleranceMs);
}

/** A recording that ends at a window or begins after it is heard only where it should not be. */
function overlap(heard: Heard, place: Place, withinMs: number): Found {
  const inside = { ...place, fromMs: place.fromMs + withinMs, toMs: place.toMs - withinMs };
  const hasInside = Math.min(inside.toMs, heard.durationMs) - Math.max(0, inside.fromMs) > 0;
  const keyed = keyedWithin(heard.tones, { fromMs: openedMs(place), toMs: place.toMs });
  if (keyed.length > 0) return suspect("tones", keyed, withinMs);
  if (!hasInside) return consistent(withinMs);
  const { sounds } = fit(heard, [inside], 0);
  const [sound = []] = sounds;
  if (sound.length > 0) return suspect("overlaps", sound, withinMs);
  if (hidesSound(heard)) return consistent(inside.toMs - inside.fromMs);
  return { verdict: "silent", ranges: [], toleranceMs: withinMs };
}

/** A WAV that broke off lacks its end alone; a damaged frame of an MP3 is heard as silence. */
const hidesSound = ({ codec, truncated }: Heard): boolean => codec === "mp3" && truncated;

/** As many digits as a card number has, in no window: told with the window that is nearest. */
function cardsOutside(
  heard: Heard,
  places: readonly Place[],
  found: readonly Found[],
): ReadonlyMap<Place, Found> {
  const known = found.filter(({ cause }) => cause === "tones").flatMap(({ ranges }) => ranges);
  const cards = new Map<Place, Found>();
  for (const card of cardLong(heard.tones)) {
    if (known.some(({ fromMs, toMs }) => fromMs <= card.fromMs && toMs >= card.toMs)) continue;
    const away = ({ fromMs, toMs }: Place): number =>
      Math.max(0, fromMs - card.toMs, card.fromMs - toMs);
    const nearest = places.reduce((best, one) => (away(one) < away(best) ? one : best));
    cards.set(nearest, suspect("tones", [...(cards.get(nearest)?.ranges ?? []), card], 0));
  }
  return cards;
}

const consistent = (toleranceMs: number): Found => ({
  verdict: "consistent",
  ranges: [],
  toleranceMs,
});

const suspect = (cause: Cause, ranges: readonly FileRange[], toleranceMs: number): Found => ({
  verdict: "suspect",
  cause,
  ranges: told(ranges),
  toleranceMs,
});

/** Both, where both are suspect: keyed digits are the graver cause. */
function worse(one: Found, other: Found | undefined): Found {
  if (other === undefined || other.verdict !== "suspect") return one;
  if (one.verdict !== "suspect") return other;
  const cause = [one.cause, other.cause].includes("tones") ? "tones" : (one.cause ?? "sound");
  return suspect(cause, [...one.ranges, ...other.ranges], Math.max(one.toleranceMs, 0));
}
