/** What a PromQL expression names: metrics and labels. As much of the language as the rules use. */

const WORDS = new Set(
  "by without on ignoring group_left group_right and or unless bool offset atan2 inf nan".split(
    " ",
  ),
);

export interface Named {
  readonly metrics: readonly string[];
  /** Labels asked for by matcher, grouping or joining. */
  readonly labels: readonly string[];
}

/** Throws where brackets do not close. */
export function namedIn(expr: string): Named {
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const count = (mark: string) => bare.split(mark).length;
  const closed =
    count("(") === count(")") && count("[") === count("]") && count("{") === count("}");
  if (!closed) throw new Error(`brackets do not close: ${expr}`);
  const labels = new Set<string>();
  const withoutMatchers = bare.replaceAll(/\{([^}]*)\}/g, (_, inside: string) => {
    for (const [, label = ""] of inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) labels.add(label);
    return " ";
  });
  const withoutGroups = withoutMatchers.replaceAll(
    /\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g,
    (_, _word: string, inside: string) => {
      for (const label of inside.split(",")) if (label.trim() !== "") labels.add(label.trim());
      return " ";
    },
  );
  const left = withoutGroups.replaceAll(/\[[^\]]*\]/g, " ").replaceAll(/\b\d[\w.]*/g, " ");
  const metrics = [...left.matchAll(/[A-Za-z_:][\w:]*(?!\w*\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !WORDS.has(name.toLowerCase()));
  return { metrics: [...new Set(metrics)], labels: [...labels] };
}
