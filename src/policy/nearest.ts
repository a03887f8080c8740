/**
 * Finds the word somebody probably meant.
 *
 * @module
 */

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const at = (r: number, c: number) => (r === i ? row[c] : rows[r]?.[c]) ?? 0;
      const replace = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replace);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, at(i - 2, j - 2) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

const plain = (word: string): string => word.toLowerCase().replace(/[-_\s]/g, "");

/** The nearest of `words`, if it is near: at most a third of its letters differ, and at most three. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const wanted = plain(word.slice(0, 64));
  let best: { readonly word: string; readonly edits: number } | undefined;
  for (const candidate of words) {
    const edits = distance(wanted, plain(candidate));
    const allowed = Math.min(3, Math.max(1, Math.floor(candidate.length / 3)));
    if (edits <= allowed && (best === undefined || edits < best.edits))
      best = { word: candidate, edits };
  }
  return best?.word;
}
