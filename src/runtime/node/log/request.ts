/**
 * What the log's writer is asked, and what it answers.
 *
 * @module
 */
import type { CallId, TenantId } from "../../../control/call.ts";
import type { CallEvent } from "../../../control/events.ts";
import type { Component } from "../../../log/callEntries.ts";
import type { EntryDraft } from "../../../log/entry.ts";

/** What one append or entering asks for. */
export type Request =
  | {
      readonly kind: "call";
      readonly tenant: TenantId;
      readonly callId: CallId;
      readonly expectedVersion: number;
      readonly events: readonly CallEvent[];
      readonly component?: Component;
    }
  | {
      readonly kind: "facts";
      readonly drafts: readonly EntryDraft[];
      /** What the file notes with them, in the same transaction. */
      readonly noted?: (positions: readonly number[]) => void;
    };

export type Written =
  | { readonly kind: "written"; readonly positions: readonly number[] }
  | { readonly kind: "conflict" }
  | { readonly kind: "failed"; readonly detail: string };
