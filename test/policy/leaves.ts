/**
 * Every setting of the configuration, by path, with its default: read from the schema.
 *
 * @module
 */
import { fullSchema, type Vendors } from "../../src/policy/config.ts";
import { isRecord } from "../../src/policy/path.ts";
import { treeOf } from "../../src/policy/schemaTree.ts";

export interface Leaf {
  /** `<id>` stands for a name that is chosen, `[]` for each of a list. */
  readonly path: string;
  readonly required: boolean;
  readonly standard: unknown;
  readonly description: string | undefined;
}

export function leavesOf(vendors: Vendors): readonly Leaf[] {
  const leaves = new Map<string, Leaf>();
  walk(treeOf(fullSchema(vendors)), "", true, leaves);
  return [...leaves.values()];
}

type Found = Map<string, Leaf>;

function walk(node: unknown, path: string, required: boolean, found: Found): void {
  if (!isRecord(node)) return;
  const forms = [node["anyOf"], node["oneOf"]].flat().filter(isRecord);
  const inner = forms.filter((form) => isRecord(form["properties"]));
  if (inner.length > 0) {
    for (const form of inner) walk(form, path, required, found);
    return;
  }
  const { properties, additionalProperties: named, items } = node;
  const needed = Array.isArray(node["required"]) ? node["required"] : [];
  if (isRecord(properties)) {
    for (const [name, value] of Object.entries(properties)) {
      walk(value, path === "" ? name : `${path}.${name}`, needed.includes(name), found);
    }
  } else if (isRecord(named) && isRecord(named["properties"] ?? named["anyOf"]) && !isText(named)) {
    walk(named, `${path}.<id>`, required, found);
  } else if (isRecord(named) && path === "recorders") {
    walk(named, `${path}.<id>`, required, found);
  } else if (isRecord(items) && isRecord(items["properties"])) {
    walk(items, `${path}[]`, required, found);
  } else if (isRecord(items) && isRecord([items["oneOf"]].flat()[0])) {
    // A list of several kinds of things: itself, and the members of each kind.
    found.set(path, { path, required, standard: node["default"], description: undefined });
    walk(items, `${path}[]`, required, found);
  } else if (!found.has(path)) {
    const description = typeof node["description"] === "string" ? node["description"] : undefined;
    found.set(path, { path, required, standard: node["default"], description });
  }
}

const isText = (node: Readonly<Record<string, unknown>>): boolean =>
  [node["anyOf"]].flat().some((form) => isRecord(form) && form["type"] === "string");
