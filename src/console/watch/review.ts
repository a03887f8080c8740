/**
 * The daily review: that somebody looked at a day's exceptions, entered with what there was to see
 * and with the log's signed head at that moment.
 *
 * @module
 */
import type { EpochMs, Json, TenantId } from "../../control/call.ts";
import { readCheckpoint } from "../../log/checkpoint.ts";
import type { Entry } from "../../log/entry.ts";
import type { LogStore } from "../../log/store.ts";
import { hasCardNumber } from "../../policy/cardholder.ts";
import type { PageDeps } from "../deps.ts";
import type { Visit } from "../page.ts";
import { KINDS, type Kind } from "./day.ts";
import { startOf } from "./days.ts";
import { factOf } from "./show.ts";

const TYPE = "DailyReviewSigned";
const NOTE_MAX = 2_000;
/** Sign-offs looked through for one day's: those since it began. */
const REVIEW_COUNT_MAX = 1_000;

type Counts = Readonly<Record<Kind, number>>;

export interface Review {
  readonly at: EpochMs;
  readonly who: string;
  readonly counts: Counts;
  readonly note: string;
  /** Of the log when it was signed. */
  readonly size?: number;
}

/** Signed once durable. `card`: the note holds what could be a card number, and is not kept. */
export async function signReview(
  { clock, enter, log }: Pick<PageDeps, "clock" | "enter" | "log">,
  visit: Visit,
  day: string,
  counts: Counts,
  note: string,
): Promise<"signed" | "card" | "long" | "failed"> {
  if (note.length > NOTE_MAX) return "long";
  if (await isCard({ enter }, visit, "signReview", { note })) return "card";
  const checkpoint = await log.checkpoint(visit.session.principal.tenant);
  const detail = { day, counts: { ...counts }, note, checkpoint };
  const draft = factOf(visit, { type: TYPE, outcome: "success", detail });
  const entered = await log.enter([{ ...draft, at: clock() }]);
  return entered.kind === "entered" ? "signed" : "failed";
}

/** Where one of these texts looks like a card number, that it was sent is entered, by its name. */
export async function isCard(
  { enter }: Pick<PageDeps, "enter">,
  visit: Visit,
  operation: string,
  texts: Readonly<Record<string, string>>,
): Promise<boolean> {
  const [name] = Object.entries(texts).find(([, text]) => hasCardNumber(text)) ?? [];
  if (name === undefined) return false;
  await enter(cardRefused(visit, operation, `/${name}`));
  return true;
}

/** Only where it was: the value itself must never reach the log. */
export const cardRefused = (visit: Visit, operation: string, path: string) =>
  factOf(visit, {
    type: "CardholderDataRefused",
    outcome: "refused",
    detail: { operation, path },
  });

/** Of this day, in the order in which they were signed. */
export async function reviewsOf(
  log: Pick<LogStore, "read">,
  tenant: TenantId,
  day: string,
): Promise<readonly Review[]> {
  const from = startOf(day);
  const filter = { type: TYPE, ...(from === undefined ? {} : { from }) };
  const { entries } = await log.read(tenant, filter, 0, REVIEW_COUNT_MAX);
  return entries.filter(({ detail }) => detail?.["day"] === day).map(reviewOf);
}

export const unchangedSince = (review: Review, counts: Counts): boolean =>
  KINDS.every((kind) => review.counts[kind] === counts[kind]);

function reviewOf({ actor, at, detail = {} }: Entry): Review {
  const { checkpoint, counts, note } = detail;
  const size = typeof checkpoint === "string" ? readCheckpoint(checkpoint).size : undefined;
  return {
    at,
    who: actor.id,
    counts: countsOf(counts),
    note: typeof note === "string" ? note : "",
    ...(size === undefined ? {} : { size }),
  };
}

function countsOf(value: Json | undefined): Counts {
  const members = (value ?? {}) as Readonly<Record<string, Json>>;
  const of = (kind: Kind) => (typeof members[kind] === "number" ? members[kind] : 0);
  return Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Counts;
}
