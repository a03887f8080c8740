/** What the vendor's event may look like, and what is made of each StateAction. */
import { expect, test } from "vitest";
import { readPushed } from "../../src/adapters/anywherenow/push.ts";

const UccName = "UCC-Demo";
const CorrelationId = "1D6C6A58-6739-4F0C-98FF-0968292C8C30";
const key = "ucc-demo/1d6c6a58-6739-4f0c-98ff-0968292c8c30";
const read = (...args: unknown[]) =>
  readPushed(args, (one) => `${one.uccName}/${one.correlationId}`.toLowerCase());

test.each([
  [1, "Start", { status: "recording" }],
  [2, "Stop", { status: "absent" }],
  [3, "Pause", { status: "paused" }],
  [4, "Save", { status: "unknown", detail: "will be kept" }],
  [5, "Delete", { status: "unknown", detail: "will be deleted" }],
])("StateAction %i, %s, is understood by number and by name", (number, name, expected) => {
  const change = { kind: "change", change: { targetKey: key, ...expected } };
  for (const StateAction of [number, String(number), name, name.toUpperCase()]) {
    expect(read({ UccName, CorrelationId, StateAction })).toEqual(change);
  }
});

test.each([
  [6, "Mark"],
  [7, "UnMark"],
])("StateAction %i, %s, is a bookmark and changes nothing", (number, name) => {
  for (const StateAction of [number, name]) {
    expect(read({ UccName, CorrelationId, StateAction })).toEqual({ kind: "nothing" });
  }
});

test.each<[string, unknown[]]>([
  ["one object", [{ UccName, CorrelationId, StateAction: 1 }]],
  [
    "the spelling of the REST API",
    [{ UCCName: UccName, correlationID: CorrelationId, stateAction: 1 }],
  ],
  ["more members than the vendor names", [{ UccName, CorrelationId, StateAction: 1, Agent: "x" }]],
  ["the object's JSON", [JSON.stringify({ UccName, CorrelationId, StateAction: 1 })]],
  ["three arguments", [UccName, CorrelationId, 1]],
])("%s is read", (_, args) => {
  expect(read(...args)).toEqual({
    kind: "change",
    change: { targetKey: key, status: "recording" },
  });
});

test.each<[string, unknown[]]>([
  ["nothing", []],
  ["null", [null]],
  ["a text that is no JSON", ["<html>"]],
  ["a list", [[UccName, CorrelationId, 1]]],
  ["no id", [{ UccName, StateAction: 1 }]],
  ["an id that is no GUID", [{ UccName, CorrelationId: "5", StateAction: 1 }]],
  ["an action beyond the list", [{ UccName, CorrelationId, StateAction: 8 }]],
  ["action 0", [{ UccName, CorrelationId, StateAction: 0 }]],
  ["an empty action", [{ UccName, CorrelationId, StateAction: "" }]],
  ["half an action", [{ UccName, CorrelationId, StateAction: 1.5 }]],
  ["a name of the prototype", [{ UccName, CorrelationId, StateAction: "constructor" }]],
])("%s cannot be read", (_, args) => {
  expect(read(...args)).toEqual({ kind: "unreadable" });
});
