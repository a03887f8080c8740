/**
 * The configuration's JSON Schema, for editors that check and complete `tacet.yaml` as it is
 * written.
 *
 * @module
 */
import { fullSchema, type Vendors } from "./config.ts";
import { isRecord } from "./path.ts";
import { LITERAL_MAPS } from "./references.ts";
import { treeOf } from "./schemaTree.ts";

const REFERENCE = {
  description: "Read from the environment, or from a file (relative to this one), at start.",
  oneOf: ["env", "file"].map((member) => ({
    type: "object",
    properties: { [member]: { type: "string", minLength: 1 } },
    required: [member],
    additionalProperties: false,
  })),
};

/** Draft 2020-12, with every vendor's settings and with references wherever a text may stand. */
export function editorSchema(vendors: Vendors): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = treeOf(fullSchema(vendors));
  const { $defs, ...root } = withReferences(rest) as Record<string, unknown>;
  return {
    $schema,
    title: "tacet.yaml",
    ...root,
    $defs: { ...(isRecord($defs) ? $defs : {}), reference: REFERENCE },
  };
}

function withReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withReferences);
  if (!isRecord(node)) return node;
  const { secret: _, ...plain } = node;
  if (isOpenText(plain)) {
    const { description, default: standard, ...text } = plain;
    return {
      ...(description !== undefined && { description }),
      ...(standard !== undefined && { default: standard }),
      anyOf: [text, { $ref: "#/$defs/reference" }],
    };
  }
  return Object.fromEntries(
    Object.entries(plain).map(([key, inner]) => {
      const asItIs = key === "propertyNames" || key === "default" || LITERAL_MAPS.has(key);
      return [key, asItIs ? inner : withReferences(inner)];
    }),
  );
}

const isOpenText = (node: Readonly<Record<string, unknown>>): boolean =>
  node["type"] === "string" && node["enum"] === undefined && node["const"] === undefined;
