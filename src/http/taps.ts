/**
 * From the targets a request names to the taps of a call, as policy settles them.
 *
 * @module
 */
import { err, ok, type CallState, type Result, type TapSpec } from "../control/call.ts";
import type { RecorderPart, Routing } from "../policy/policy.ts";
import { pointer } from "./body.ts";
import type { LocatedTarget, Recorders } from "./deps.ts";
import { refuse, type Problem, type ProblemError } from "./problem.ts";

export type RawTargets = Readonly<Record<string, unknown>>;

/** Every problem of every target at once. */
export function tapsOf(
  recorders: Recorders,
  routing: Routing,
  targets: RawTargets,
): Result<readonly TapSpec[], Problem> {
  const specs: TapSpec[] = [];
  const errors: ProblemError[] = [];
  for (const [recorderId, raw] of Object.entries(targets)) {
    const capabilities = recorders.capabilities(recorderId);
    const path = pointer(["targets", recorderId]);
    if (capabilities === undefined) {
      errors.push({ path, code: "recorder_unknown", detail: "There is no such recorder." });
      continue;
    }
    const part = routing.recorders.find((one) => one.recorderId === recorderId);
    if (part === undefined) {
      const detail = "Policy does not use this recorder for this call.";
      errors.push({ path, code: "recorder_not_routed", detail });
      continue;
    }
    const parsed = recorders.parseTarget(recorderId, raw);
    if (!parsed.ok) {
      for (const issue of parsed.issues) {
        const where = path + pointer(issue.path);
        errors.push({ path: where, code: "target_invalid", detail: issue.detail });
      }
      continue;
    }
    specs.push({
      tapId: `${recorderId}/${parsed.targetKey}`,
      recorderId,
      targetKey: parsed.targetKey,
      target: parsed.target,
      ...settled(part, capabilities),
    });
  }
  const [first] = errors;
  if (first === undefined) return ok(specs);
  const paths = errors.map((one) => one.path).join(", ");
  const code =
    first.code === "recorder_unknown" || first.code === "recorder_not_routed"
      ? first.code
      : "target_invalid";
  return err(refuse(code, `Targets do not fit at: ${paths}.`, { errors }));
}

function settled(
  part: RecorderPart,
  capabilities: NonNullable<ReturnType<Recorders["capabilities"]>>,
): Pick<TapSpec, "control" | "audio" | "required" | "absentIs" | "acceptAcknowledged"> {
  return {
    control: part.control ?? capabilities.control,
    audio: capabilities.audio,
    required: part.required,
    absentIs: part.absentIs,
    acceptAcknowledged: part.acceptAcknowledged,
  };
}

/** The problem where a recorder that policy requires would have no target; undefined where none. */
export function missingTargets(
  routing: Routing,
  named: readonly TapSpec[],
  known: CallState | undefined,
): Problem | undefined {
  const has = new Set(named.map((spec) => spec.recorderId));
  for (const tap of Object.values(known?.taps ?? {})) {
    if (tap.role === "active") has.add(tap.recorderId);
  }
  const missing = routing.recorders
    .filter((part) => part.required && !has.has(part.recorderId))
    .map((part) => part.recorderId);
  if (missing.length === 0) return undefined;
  return refuse("target_missing", `No target for: ${missing.join(", ")}.`, {
    errors: missing.map((recorderId) => ({
      path: pointer(["targets", recorderId]),
      code: "target_missing",
      detail: "Policy requires this recorder for this call.",
    })),
    members: { recorderIds: missing },
  });
}

/**
 * The call's active taps with the duties that this routing gives them; others stay as they are. A
 * target that carries another conversation now is the call's again only where somebody names it.
 */
export function settledAnew(
  recorders: Recorders,
  routing: Routing,
  state: CallState,
): readonly TapSpec[] {
  return Object.values(state.taps).flatMap((tap) => {
    const part = routing.recorders.find((one) => one.recorderId === tap.recorderId);
    const capabilities = recorders.capabilities(tap.recorderId);
    if (tap.role !== "active" || tap.elsewhere === true) return [];
    if (part === undefined || capabilities === undefined) return [];
    const { tapId, recorderId, targetKey, target } = tap;
    return [{ tapId, recorderId, targetKey, target, ...settled(part, capabilities) }];
  });
}

/** Policy may have changed since the call was registered: a new window goes by what it says now. */
export function besideSettled(
  recorders: Recorders,
  routing: Routing,
  state: CallState | undefined,
  added: readonly TapSpec[],
): readonly TapSpec[] {
  if (state === undefined) return added;
  const again = new Set(added.map((spec) => spec.tapId));
  const kept = settledAnew(recorders, routing, state).filter((spec) => !again.has(spec.tapId));
  return [...kept, ...added];
}

/** The tap of a target that a recorder itself has named. */
export function tapOfFound(
  recorders: Recorders,
  routing: Routing,
  found: LocatedTarget,
): TapSpec | undefined {
  const part = routing.recorders.find((one) => one.recorderId === found.recorderId);
  const capabilities = recorders.capabilities(found.recorderId);
  if (part === undefined || capabilities === undefined) return undefined;
  const { recorderId, target, targetKey } = found;
  const tapId = `${recorderId}/${targetKey}`;
  return { tapId, recorderId, targetKey, target, ...settled(part, capabilities) };
}
