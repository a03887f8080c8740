/**
 * Bugs to plant, each as the exact text it takes the place of: simulation has to find every one. A
 * text that is no longer in its file fails the run, so that the list keeps up with the code.
 */

export interface Edit {
  readonly file: string;
  /** Stands there once. */
  readonly old: string;
  readonly new: string;
}

export interface Mutant {
  readonly name: string;
  /** The judge's words for what has to be found broken; any of them. */
  readonly breaks: readonly string[];
  readonly edits: readonly Edit[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "a late reply confirms a newer turn",
    breaks: ["P1", "P5"],
    edits: [
      {
        file: "src/control/decideReport.ts",
        old: `  if (turn < state.turn && status !== "recording") return [];\n`,
        new: "",
      },
      {
        file: "src/control/decideReport.ts",
        old: "      turn,\n      goal: command.goal,",
        new: "      turn: state.turn,\n      goal: goalOf(state, tap),",
      },
    ],
  },
  {
    name: "any of several recorders is enough",
    breaks: ["P1", "hub"],
    edits: [
      {
        file: "src/control/conclude.ts",
        old: "taps.length > 0 && taps.every((tap) => isSilent(tap, state.turn))",
        new: "taps.length > 0 && taps.some((tap) => isSilent(tap, state.turn))",
      },
    ],
  },
  {
    name: "secured without a read-back",
    breaks: ["P1"],
    edits: [
      {
        file: "src/control/target.ts",
        old: "    if (status || watch) return;\n",
        new: "    if (!status && watch) return;\n",
      },
      {
        file: "src/control/conclude.ts",
        old: `  if (tap.confirmedBy === "acknowledged" && !tap.acceptAcknowledged) return false;\n`,
        new: "",
      },
    ],
  },
  {
    name: "an alarm is lost",
    breaks: ["alarm", "P1", "P2"],
    edits: [
      {
        file: "src/control/loop.ts",
        old: "      this.#alarm = undefined;\n      this.#arm();\n",
        new: "      this.#alarm = undefined;\n",
      },
      {
        file: "src/control/loop.ts",
        old: "    this.#busy = false;\n    this.#arm();\n",
        new: "    this.#busy = false;\n",
      },
    ],
  },
  {
    name: "answered before it is durable",
    breaks: ["P2"],
    edits: [
      {
        file: "src/control/loop.ts",
        old: "    const result = await this.#deps.log.append(tenant, callId, version, events);",
        new:
          "    answer(answers, { ...this.view(), state });\n" +
          "    const result = await this.#deps.log.append(tenant, callId, version, events);",
      },
    ],
  },
  {
    name: "drift is skipped",
    breaks: ["P1"],
    edits: [
      {
        file: "src/control/target.ts",
        old: "    const { session, status } = observation;\n",
        new:
          "    const { session, status } = observation;\n" +
          `    if (this.#progress.confirmed && this.#progress.want === "paused" && status === "recording") return;\n`,
      },
    ],
  },
  {
    name: "a closed window's id opens again",
    breaks: ["window"],
    edits: [
      {
        file: "src/control/decideWindow.ts",
        old: "  const known = isNew(state) ? undefined : windowOf(state, windowId);",
        new:
          "  const found = isNew(state) ? undefined : windowOf(state, windowId);\n" +
          `  const known = found?.state === "closed" ? undefined : found;`,
      },
    ],
  },
  {
    name: "a lease ends one millisecond late",
    breaks: ["lease"],
    edits: [
      {
        file: "src/control/deadlines.ts",
        old: `if (window.state === "open") deadlines.push(window.expiresAt);`,
        new: `if (window.state === "open") deadlines.push(window.expiresAt + 1);`,
      },
      {
        file: "src/control/deadlines.ts",
        old: `window.state === "open" && window.expiresAt <= at`,
        new: `window.state === "open" && window.expiresAt < at`,
      },
      {
        file: "src/control/conclude.ts",
        old: "window.expiresAt > at &&",
        new: "window.expiresAt >= at &&",
      },
    ],
  },
  {
    name: "a lease's grace is left out",
    breaks: ["lease"],
    edits: [
      {
        file: "src/control/deadlines.ts",
        old: "releaseAt: at + rules.graceMs",
        new: "releaseAt: at",
      },
    ],
  },
  {
    name: "renewals go beyond the longest a window may live",
    breaks: ["lease"],
    edits: [
      {
        file: "src/control/decideWindow.ts",
        old: "Math.min(at + wantedMs, window.value.expiresAtMax)",
        new: "at + wantedMs",
      },
    ],
  },
  {
    name: "what a person silenced is taken for tacet's",
    breaks: ["P4"],
    edits: [
      {
        file: "src/control/evolveTap.ts",
        old: `  if (tap.before !== "paused") return { ...tap, touched: true };`,
        new: "  if (tap.before) return { ...tap, touched: true };",
      },
    ],
  },
  {
    name: "resumed while another call claims the target",
    breaks: ["P3", "P6"],
    edits: [
      {
        file: "src/control/plan.ts",
        old: `["paused", "watch", "baseline", "recording"]`,
        new: `["recording", "paused", "watch", "baseline"]`,
      },
    ],
  },
  {
    name: "a start trusts confirmations from before it",
    breaks: ["P1", "hub"],
    edits: [
      {
        file: "src/control/decideReport.ts",
        old: "  return tapIds.length === 0 ? [] :",
        new: "  return tapIds.length < 100 ? [] :",
      },
    ],
  },
  {
    name: "a failed append that was applied is written again",
    breaks: ["window", "order", "fold"],
    edits: [
      {
        file: "src/control/outage.ts",
        old: "const waiting = this.#waiting.slice(present);",
        new: "const waiting = this.#waiting.slice(0 * present);",
      },
    ],
  },
  {
    name: "log: time goes back between entries",
    breaks: ["verify"],
    edits: [
      {
        file: "src/log/seal.ts",
        old: "seal(notBefore(draft, at), tree.size + 1, clock)",
        new: "seal(draft, tree.size + 1, clock)",
      },
    ],
  },
  {
    name: "log: two entries share a position",
    breaks: ["order"],
    edits: [
      {
        file: "src/log/seal.ts",
        old: "seal(notBefore(draft, at), tree.size + 1, clock)",
        new: "seal(notBefore(draft, at), Math.max(1, tree.size), clock)",
      },
    ],
  },
  {
    name: "log: the tree joins its nodes the wrong way round",
    breaks: ["tree"],
    edits: [
      {
        file: "src/log/tree.ts",
        old: "right = nodeHash(hashes.pop() as Hash, right);",
        new: "right = nodeHash(right, hashes.pop() as Hash);",
      },
    ],
  },
  {
    name: "log: an entry loses who owns the window",
    breaks: ["fold"],
    edits: [
      {
        file: "src/log/callEntries.ts",
        old: "const owner = by.owner === by.id ? {} : { owner: by.owner };",
        new: "const owner = by.owner ? {} : { owner: by.owner };",
      },
    ],
  },
  {
    name: "hub: whoever saw a call before it moved is not told",
    breaks: ["hub"],
    edits: [
      {
        file: "src/events/hub.ts",
        old: "[facts.state.agentId, before?.state.agentId]",
        new: "[facts.state.agentId]",
      },
    ],
  },
  {
    name: "hub: doubt is kept and not told",
    breaks: ["hub", "P1"],
    edits: [
      {
        file: "src/events/hub.ts",
        old: "if (held !== undefined) tell(room, callId, [held.state.agentId]);",
        new: "if (held === null) tell(room, callId, [held.state.agentId]);",
      },
    ],
  },
  {
    name: "hub: a reader who comes back lacks one change",
    breaks: ["hub"],
    edits: [
      {
        file: "src/events/memory.ts",
        old: "held.position > position ||",
        new: "held.position > position + 1 ||",
      },
    ],
  },
  {
    name: "anywherenow: a conversation that is recorded is read as paused",
    breaks: ["P1"],
    edits: [
      {
        file: "src/adapters/anywherenow/wire.ts",
        old: `    case 1:\n      return "recording";`,
        new: `    case 1:\n      return "paused";`,
      },
    ],
  },
  {
    name: "vslogger: a channel is never let go",
    breaks: ["P2"],
    edits: [
      {
        file: "src/adapters/vslogger/wire.ts",
        old: `const value = (order === "silence") === (silenceBy === "mute");`,
        new: `const value = silenceBy === "mute";`,
      },
    ],
  },
  {
    name: "a resume that was given up is forgotten where nothing can be asked",
    breaks: ["P1"],
    edits: [
      {
        file: "src/control/commanding.ts",
        old: "    return at === undefined || recorder.capabilities.status ? 0 : at + rules.settleMs;",
        new: "    return at === undefined || rules.settleMs > 0 ? 0 : at;",
      },
    ],
  },
];
