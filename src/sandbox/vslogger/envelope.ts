/**
 * The envelope of every answer but a file's.
 *
 * @module
 */
import type { Context } from "hono";

export const succeeded = (c: Context, data: unknown): Response =>
  c.json({ status: 0, data, errmessage: "" });

export const failed = (c: Context, status: number, errmessage: string): Response =>
  c.json({ status, data: "", errmessage });
