/**
 * What the rules between members share: how they speak up, and how they look at a part that may
 * itself be ill formed.
 *
 * @module
 */
import type { z } from "zod";
import { isRecord, type Path } from "./path.ts";

export type Members = Readonly<Record<string, unknown>>;
export type Say = (path: Path, problem: string, suggestion: string) => void;

/** The value as its schema makes it, or undefined where it is not well formed. */
export function valid<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

export const membersOf = (value: unknown): Members => (isRecord(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
