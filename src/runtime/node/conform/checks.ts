/**
 * What a conformance run looks for, in order: each check by name, what it would show, and which
 * earlier ones it rests on, so that one fault is told once and in its own row.
 *
 * @module
 */

/** `shown`: seen here, now. `not_shown`: tried, and something else was seen. */
export type Verdict = "shown" | "not_shown" | "not_tried";

interface Described {
  readonly id: string;
  /** What `shown` says. */
  readonly title: string;
  /** Where one of these was not shown, trying this one would show nothing of its own. */
  readonly needs: readonly string[];
}

export const CHECKS = [
  { id: "found", title: "The test call is found, and asked it says `recording`", needs: [] },
  { id: "pause_answered", title: "A pause is answered yes", needs: ["found"] },
  { id: "pause_confirmed", title: "After a pause it says `paused`", needs: ["found"] },
  {
    id: "pause_stays",
    title: "It stays paused while nobody resumes it",
    needs: ["pause_confirmed"],
  },
  {
    id: "survey",
    title: "The survey of all targets says what the question about this one says",
    needs: ["pause_stays"],
  },
  {
    id: "pause_again",
    title: "A second pause while it is paused is harmless",
    needs: ["pause_stays"],
  },
  { id: "resume_answered", title: "A resume is answered yes", needs: ["found"] },
  {
    id: "resume_confirmed",
    title: "After a resume it says `recording`",
    needs: ["pause_confirmed"],
  },
  {
    id: "resume_again",
    title: "A resume while it records is harmless",
    needs: ["resume_confirmed"],
  },
  {
    id: "second_pause",
    title: "The second pause of one recording works like the first",
    needs: ["resume_confirmed"],
  },
  { id: "second_resume", title: "So does the second resume", needs: ["second_pause"] },
  {
    id: "pauses_at_once",
    title: "Two pauses at once leave it paused, and one resume ends that",
    needs: ["pause_again", "second_resume"],
  },
  {
    id: "rounds",
    title: "Each of several rounds of pause and resume is confirmed",
    needs: ["second_resume"],
  },
  {
    id: "pushed",
    title: "Every change is pushed, and agrees with what it says when asked",
    needs: ["rounds"],
  },
  {
    id: "push_in_time",
    title: "A push comes sooner than the next question would (`guardMs`)",
    needs: ["pushed"],
  },
  {
    id: "ended",
    title: "When the call is over it says `absent`, or tells of another conversation",
    needs: ["found"],
  },
  { id: "told_apart", title: "The next call on this target is told apart", needs: ["ended"] },
  {
    id: "silence_ends",
    title: "A silence does not outlive its call",
    needs: ["pause_confirmed", "ended"],
  },
  { id: "file", title: "The finished file can be fetched", needs: ["found"] },
  {
    id: "file_as_told",
    title: "The finished recording holds there what the table of recorders says",
    needs: ["found"],
  },
] as const satisfies readonly Described[];

export type CheckId = (typeof CHECKS)[number]["id"];

/** One row of the report. */
export interface Row {
  readonly id: CheckId;
  readonly verdict: Verdict;
  /** What was seen, what happened instead, or why it was not tried. */
  readonly what: string;
  /** Not tried, and taken on the operator's word: others may rest on it. */
  readonly onTheirWord?: true;
}

export type Conclusion = Omit<Row, "id">;
export const shown = (what: string): Conclusion => ({ verdict: "shown", what });
export const notShown = (what: string): Conclusion => ({ verdict: "not_shown", what });
export const notTried = (what: string): Conclusion => ({ verdict: "not_tried", what });
export const taken = (what: string): Conclusion => ({ ...notTried(what), onTheirWord: true });

/** Hears of every row as it is concluded. Rejects where it could not be kept. */
export type Concluded = (row: Row) => Promise<void>;

export interface Book {
  /** Tries one check, unless one that it rests on failed, and says whether it was shown. */
  attempt(id: CheckId, look: () => Promise<Conclusion>): Promise<boolean>;
  is(id: CheckId, verdict: Verdict): boolean;
  /** Every check has a row: those that were not come to are not tried. Never rejects. */
  finish(why: string): Promise<readonly Row[]>;
}

export function openBook(concluded: Concluded): Book {
  const rows = new Map<CheckId, Row>();
  const put = async (id: CheckId, conclusion: Conclusion): Promise<void> => {
    const row = { id, ...conclusion };
    rows.set(id, row);
    await concluded(row);
  };
  const restsOn = (id: CheckId): Conclusion | undefined => {
    const missing = needsOf(id).find((needed) => {
      const row = rows.get(needed);
      return row?.verdict !== "shown" && row?.onTheirWord !== true;
    });
    return missing === undefined ? undefined : notTried(`it rests on "${titleOf(missing)}"`);
  };
  return {
    async attempt(id, look) {
      await put(id, restsOn(id) ?? (await look()));
      return rows.get(id)?.verdict === "shown";
    },
    is: (id, verdict) => rows.get(id)?.verdict === verdict,
    async finish(why) {
      for (const { id } of CHECKS) {
        if (rows.has(id)) continue;
        // Where it could not be entered, that is why the run was cut short.
        await put(id, restsOn(id) ?? notTried(why)).catch(() => undefined);
      }
      return CHECKS.flatMap(({ id }) => rows.get(id) ?? []);
    },
  };
}

export const titleOf = (id: CheckId): string =>
  CHECKS.find((check) => check.id === id)?.title ?? id;

const needsOf = (id: CheckId): readonly CheckId[] =>
  CHECKS.find((check) => check.id === id)?.needs ?? [];
