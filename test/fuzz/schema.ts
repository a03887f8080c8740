/**
 * The part of JSON Schema that the API's description uses: whether a value fits. Shares no code
 * with what wrote the description; a keyword that is not known here throws, so that nothing of the
 * description is passed over in silence.
 */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly pattern?: string;
  readonly description?: string;
}

const KNOWN = new Set(
  "$ref type enum const properties required additionalProperties propertyNames items anyOf minimum maximum minLength maxLength minItems maxItems minProperties maxProperties pattern description id".split(
    " ",
  ),
);

export type Schemas = Readonly<Record<string, Schema>>;

export function resolve(schema: Schema, schemas: Schemas): Schema {
  if (schema.$ref === undefined) return schema;
  const found = schemas[schema.$ref.replace("#/components/schemas/", "")];
  if (found === undefined) throw new Error(`${schema.$ref} is not described`);
  return resolve(found, schemas);
}

/** Where and how the value does not fit; undefined where it does. */
export function misfit(
  given: Schema,
  value: unknown,
  schemas: Schemas,
  at = "",
): string | undefined {
  const schema = resolve(given, schemas);
  const strange = Object.keys(schema).find((keyword) => !KNOWN.has(keyword));
  if (strange !== undefined)
    throw new Error(`the description uses ${strange}: teach it to schema.ts`);
  if (schema.anyOf !== undefined) {
    const misfits = schema.anyOf.map((one) => misfit(one, value, schemas, at));
    if (misfits.every((one) => one !== undefined)) return `${at}: fits none of anyOf`;
  }
  if (schema.type !== undefined && !hasType(schema.type, value)) return `${at}: no ${schema.type}`;
  if ("const" in schema && schema.const !== value) return `${at}: not ${String(schema.const)}`;
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `${at}: not one of the enum`;
  if (typeof value === "number") return outside(value, schema.minimum, schema.maximum, at);
  if (typeof value === "string") {
    const length = Array.from(value).length;
    // JSON Schema counts characters, JavaScript halves of them; either may be what was meant.
    if (value.length < (schema.minLength ?? 0)) return `${at}: too short`;
    if (length > (schema.maxLength ?? Infinity)) return `${at}: too long`;
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
      return `${at}: not of the pattern`;
    }
    return undefined;
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    const wrong = outside(value.length, schema.minItems, schema.maxItems, `${at}.length`);
    if (wrong !== undefined || items === undefined) return wrong;
    return first(value.map((one, index) => misfit(items, one, schemas, `${at}/${index}`)));
  }
  if (typeof value === "object" && value !== null) return misfitMembers(schema, value, schemas, at);
  return undefined;
}

function misfitMembers(schema: Schema, value: object, schemas: Schemas, at: string) {
  const missing = schema.required?.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}/${missing}: missing`;
  const { additionalProperties: rest, properties = {}, propertyNames } = schema;
  const members = Object.entries(value);
  const count = outside(members.length, schema.minProperties, schema.maxProperties, at);
  if (count !== undefined) return count;
  return first(
    members.map(([name, member]) => {
      const here = `${at}/${name}`;
      const named = propertyNames && misfit(propertyNames, name, schemas, `${here} (name)`);
      if (named !== undefined) return named;
      const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (own !== undefined) return misfit(own, member, schemas, here);
      if (rest === false) return `${here}: not described`;
      return typeof rest === "object" ? misfit(rest, member, schemas, here) : undefined;
    }),
  );
}

const first = (all: readonly (string | undefined)[]) => all.find((one) => one !== undefined);

function outside(value: number, low = -Infinity, high = Infinity, at: string): string | undefined {
  return value < low ? `${at}: below ${low}` : value > high ? `${at}: above ${high}` : undefined;
}

function hasType(type: string, value: unknown): boolean {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}
