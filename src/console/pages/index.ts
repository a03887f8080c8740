/**
 * All pages of the console, in the order of its navigation.
 *
 * @module
 */
import type { PageDeps } from "../deps.ts";
import type { PageDef } from "../page.ts";
import { integrityPages } from "./integrity.ts";

export const pagesOf = (deps: PageDeps): readonly PageDef[] => [...integrityPages(deps)];
