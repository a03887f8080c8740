/**
 * What happens to a call, in the past tense and in full: replaying events needs no rules and no
 * clock. These names are the control log's entry types.
 *
 * @module
 */
import type {
  Actor,
  ConfirmedBy,
  EpochMs,
  Goal,
  LetGoReason,
  RecorderId,
  RecorderStatus,
  TapFailure,
  TapId,
  TapSpec,
  WindowId,
} from "./call.ts";

/** Who, and when. `by` is absent where tacet itself acted. */
interface Happened {
  readonly at: EpochMs;
  readonly by?: Actor;
}

/** Where an event starts the goal anew: when its confirmation is due. */
interface Due {
  readonly confirmDueBy: EpochMs;
}

export type CallEvent =
  | (Happened & {
      readonly type: "CallRegistered";
      readonly agentId?: string;
      readonly attributes: Readonly<Record<string, string>>;
    })
  /** The call has another agent or other attributes; windows the old agent opened pass to the new. */
  | (Happened & {
      readonly type: "CallMoved";
      readonly agentId?: string;
      readonly attributes: Readonly<Record<string, string>>;
    })
  | (Happened &
      Due & { readonly type: "TapAdded"; readonly tap: TapSpec; readonly baselineBy: EpochMs })
  /** The call moved away from this target: it is kept silent until the others are confirmed. */
  | (Happened &
      Due & {
        readonly type: "TapLeaving";
        readonly tapId: TapId;
        readonly recorderId: RecorderId;
      })
  /** Nothing of this tap is this call's to undo any more. */
  | (Happened & {
      readonly type: "TapReleased";
      readonly tapId: TapId;
      readonly recorderId: RecorderId;
      readonly reason: LetGoReason;
    })
  /** What the target was before tacet's first command; `unknown` when it could not be read in time. */
  | (Happened & {
      readonly type: "TapBaselined";
      readonly tapId: TapId;
      readonly recorderId: RecorderId;
      readonly status: RecorderStatus;
      readonly session?: string;
      readonly askedAt: EpochMs;
    })
  | (Happened &
      Due & {
        readonly type: "WindowOpened";
        readonly windowId: WindowId;
        readonly owner: string;
        readonly agentId?: string;
        readonly reason?: string;
        readonly expiresAt: EpochMs;
        readonly expiresAtMax: EpochMs;
        /** A baseline older than this is read again before the first command. */
        readonly baselineAfter: EpochMs;
        readonly baselineBy: EpochMs;
      })
  | (Happened & {
      readonly type: "WindowRenewed";
      readonly windowId: WindowId;
      readonly expiresAt: EpochMs;
    })
  | (Happened & Due & { readonly type: "WindowClosed"; readonly windowId: WindowId })
  /** The id was closed before it was opened: its pause, should it come, is refused. */
  | (Happened & { readonly type: "WindowForestalled"; readonly windowId: WindowId })
  /** The lease ended. The silence is kept until `releaseAt`, for good where it is absent. */
  | (Happened & {
      readonly type: "WindowExpired";
      readonly windowId: WindowId;
      readonly releaseAt?: EpochMs;
    })
  | (Happened & Due & { readonly type: "WindowReleased"; readonly windowId: WindowId })
  | (Happened &
      Due & {
        readonly type: "RecorderReported";
        readonly tapId: TapId;
        readonly recorderId: RecorderId;
        readonly status: RecorderStatus;
        readonly confirmedBy: ConfirmedBy;
        readonly turn: number;
        /** What the desk was working towards when it asked. */
        readonly goal: Goal;
        readonly askedAt: EpochMs;
        readonly session?: string;
        readonly attempts: number;
        readonly reason?: string;
      })
  | (Happened &
      TapFailure & {
        readonly type: "RecorderFailed";
        readonly tapId: TapId;
        readonly recorderId: RecorderId;
        readonly turn: number;
      })
  | (Happened & {
      readonly type: "ConfirmationOverdue";
      readonly goal: Goal;
      readonly tapIds: readonly TapId[];
    })
  /** No confirmation is young enough: after a start, a wake or a recorder's silence. */
  | (Happened & {
      readonly type: "ConfirmationLapsed";
      readonly tapIds: readonly TapId[];
      readonly reason: "started" | "silent";
    })
  | (Happened &
      Due & {
        readonly type: "CallEnding";
        readonly endBy: EpochMs;
        readonly reason: "asked" | "idle";
        /** When anything last happened to a call that ends for want of it. */
        readonly idleSince?: EpochMs;
      })
  /** `outstanding` names taps still owed a resume: an alert, and the desks keep trying. */
  | (Happened & { readonly type: "CallEnded"; readonly outstanding: readonly TapId[] });
