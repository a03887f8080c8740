/** A claimed capability without its method does not compile; `npm run types` runs these. */
import { expect, test } from "vitest";
import { z } from "zod";
import { canControl, canReport, canSurvey, defineRecorder } from "../../src/adapters/recorder.ts";

const described = {
  id: "r",
  vendor: "v",
  targetSchema: z.strictObject({}),
  targetKey: () => "k",
  preflight: () => Promise.resolve([]),
};
const silent = {
  control: "none",
  audio: "unknown",
  status: false,
  survey: false,
  watch: false,
  evidence: false,
  runtimes: ["node"],
} as const;
const yes = () => Promise.resolve({ kind: "acknowledged" } as const);
const status = () => Promise.resolve({ kind: "observed", status: "absent" } as const);

test("what claims nothing needs nothing, and is narrowed to nothing", () => {
  const recorder = defineRecorder({ ...described, capabilities: silent });
  expect([canControl, canReport, canSurvey].map((can) => can(recorder))).toEqual([
    false,
    false,
    false,
  ]);
});

test("what claims control needs pause and resume", () => {
  const capabilities = { ...silent, control: "pause" } as const;
  // @ts-expect-error: claims control and has neither command
  defineRecorder({ ...described, capabilities });
  // @ts-expect-error: a recorder that can only silence would never give the audio back
  defineRecorder({ ...described, capabilities, pause: yes });
  expect(canControl(defineRecorder({ ...described, capabilities, pause: yes, resume: yes }))).toBe(
    true,
  );
});

test("what claims status, survey, watch or evidence needs each", () => {
  // @ts-expect-error: claims status
  defineRecorder({ ...described, capabilities: { ...silent, status: true } });
  // @ts-expect-error: claims survey
  defineRecorder({ ...described, capabilities: { ...silent, survey: true } });
  // @ts-expect-error: claims watch
  defineRecorder({ ...described, capabilities: { ...silent, watch: true } });
  // @ts-expect-error: claims to tell of ends
  defineRecorder({ ...described, capabilities: { ...silent, ends: true } });
  // @ts-expect-error: claims evidence
  defineRecorder({ ...described, capabilities: { ...silent, evidence: true } });
  const capabilities = { ...silent, status: true } as const;
  expect(canReport(defineRecorder({ ...described, capabilities, status }))).toBe(true);
});
