/**
 * Looks into the configuration's schema by path: which members stand there, what they are for and
 * which are secret. Reads the JSON Schema made from it, so it knows every vendor's settings too.
 *
 * @module
 */
import { z } from "zod";
import { isRecord, type Path } from "./path.ts";

export type SchemaNode = Readonly<Record<string, unknown>>;

const trees = new WeakMap<z.ZodType, SchemaNode>();

/** The JSON Schema of what may be written. Made once for a schema. */
export function treeOf(schema: z.ZodType): SchemaNode {
  const known = trees.get(schema);
  if (known !== undefined) return known;
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as SchemaNode;
  trees.set(schema, made);
  return made;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The forms a node allows; where a `vendor` or another constant tells them apart, the one that is. */
function forms(node: unknown, value: unknown, root: SchemaNode): readonly SchemaNode[] {
  if (!isRecord(node)) return [];
  if (typeof node["$ref"] === "string") return forms(referred(node["$ref"], root), value, root);
  const inner = [...list(node["anyOf"]), ...list(node["oneOf"]), ...list(node["allOf"])];
  if (inner.length === 0) return [node];
  return inner.flatMap((one) => forms(one, value, root)).filter((one) => mayBe(one, value));
}

function referred(reference: string, root: SchemaNode): unknown {
  let node: unknown = root;
  for (const step of reference.replace(/^#\/?/, "").split("/")) {
    if (step !== "") node = isRecord(node) ? node[step] : undefined;
  }
  return node;
}

function mayBe(node: SchemaNode, value: unknown): boolean {
  if (!isRecord(value) || !isRecord(node["properties"])) return true;
  return Object.entries(node["properties"]).every(
    ([member, shape]) =>
      !isRecord(shape) || !("const" in shape) || shape["const"] === value[member],
  );
}

/** All forms the schema allows at the path, in this document. */
export function nodesAt(root: SchemaNode, document: unknown, path: Path): readonly SchemaNode[] {
  let nodes = forms(root, document, root);
  let value = document;
  for (const step of path) {
    const inner: unknown =
      isRecord(value) || Array.isArray(value) ? Reflect.get(value, step) : undefined;
    nodes = nodes.flatMap((node) => forms(childOf(node, step), inner, root));
    value = inner;
  }
  return nodes;
}

function childOf(node: SchemaNode, step: string | number): unknown {
  if (typeof step === "number") return node["items"];
  const properties = node["properties"];
  if (isRecord(properties) && Object.hasOwn(properties, step)) return properties[step];
  return node["additionalProperties"];
}

/** The names of the members that may stand at the path. */
export function membersAt(root: SchemaNode, document: unknown, path: Path): readonly string[] {
  const names = nodesAt(root, document, path).flatMap((node) =>
    isRecord(node["properties"]) ? Object.keys(node["properties"]) : [],
  );
  return [...new Set(names)];
}
