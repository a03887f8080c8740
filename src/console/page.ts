/**
 * What a page of the console is: where, who may see it, and how it is made from what is asked.
 *
 * @module
 */
import type { html } from "hono/html";
import type { Action } from "../policy/access.ts";
import type { Language, Say } from "./say.ts";
import type { Session } from "./session.ts";
import type { Key } from "./strings/en.ts";

export type Html = ReturnType<typeof html>;

/** One request for a page, by somebody who is signed in and may have it. */
export interface Visit {
  readonly session: Session;
  readonly say: Say;
  readonly language: Language;
  /** A part of the path, such as `callId`. */
  param(name: string): string;
  readonly query: URLSearchParams;
  /** What a form sent, its csrf token checked and left out. */
  readonly form: URLSearchParams;
  /** Where the request came from, as trusted proxies tell it. */
  readonly ip?: string;
}

export type Reply =
  | {
      readonly kind: "page";
      readonly title: string;
      readonly body: Html;
      /** A browser module where something lives on the page, such as `wall.js`. */
      readonly script?: string;
    }
  | { readonly kind: "redirect"; readonly to: string }
  | { readonly kind: "not_found" }
  /** For a page's own script. */
  | { readonly kind: "data"; readonly status: 200 | 403 | 404 | 409 | 503; readonly body: object }
  /** A file to keep. */
  | {
      readonly kind: "file";
      readonly name: string;
      readonly contentType: string;
      readonly body: string | ReadableStream<Uint8Array>;
    };

export interface PageDef {
  readonly method: "GET" | "POST";
  /** Below `/console`, such as `/calls/:callId`; one that begins with `//` stands for itself. */
  readonly path: string;
  readonly action: Action;
  /** Agents have these pages and no others. */
  readonly forAgents?: true;
  /** Asked for by a page's script and not by a click: it does not make a session last. */
  readonly byScript?: true;
  /** In the navigation, by this name. */
  readonly nav?: Key;
  handle(visit: Visit): Promise<Reply>;
}
