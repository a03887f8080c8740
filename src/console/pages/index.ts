/**
 * All pages of the console, in the order of its navigation.
 *
 * @module
 */
import type { PageDeps } from "../deps.ts";
import type { PageDef } from "../page.ts";
import { days } from "../watch/days.ts";
import { callPages } from "./call.ts";
import { callsPages } from "./calls.ts";
import { deskPages } from "./desk.ts";
import { exceptionsPages } from "./exceptions.ts";
import { incidentsPages } from "./incidents.ts";
import { integrityPages } from "./integrity.ts";
import { kitPages } from "./kit.ts";
import { overviewPages } from "./overview.ts";
import { recordingPages } from "./recording.ts";
import { reportPages } from "./report.ts";
import { retentionPages } from "./retention.ts";
import { statementPages } from "./statement.ts";
import { wallPages } from "./wall.ts";

export function pagesOf(deps: PageDeps): readonly PageDef[] {
  const read = days(deps.log, deps.clock);
  return [
    ...overviewPages(deps, read),
    ...exceptionsPages(deps, read),
    ...callsPages(deps),
    ...callPages(deps),
    ...statementPages(deps),
    ...recordingPages(deps),
    ...incidentsPages(deps),
    ...reportPages(deps, read),
    ...wallPages(deps),
    ...integrityPages(deps),
    ...kitPages(deps),
    ...retentionPages(deps),
    ...deskPages(deps),
  ];
}
