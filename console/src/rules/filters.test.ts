import { expect, test } from "vitest";
import type { Rule } from "../api/types";
import { choices, chosen } from "./filters";

const NONE = { q: "", kind: "", level: "", tag: "", logsource: "", health: "" };
const rule = (id: string, more: Partial<Rule>): Rule =>
  ({ id, name: id, kind: "sigma", type: null, level: "high", logsource: null, tags: [], techniques: [], source_path: "", ...more }) as Rule;
const RULES = [
  rule("a", { logsource: "windows/process_creation/*", techniques: ["T1059.001"], tags: ["attack.execution"] }),
  rule("b", { kind: "elastalert", type: "frequency", level: "low" }),
];
const ids = (more: Partial<typeof NONE>) => chosen(RULES, { ...NONE, ...more }, new Map()).map((r) => r.id);

test("a technique means its sub-techniques, a tag is found with or without its prefix", () => {
  expect(ids({ tag: "t1059" })).toEqual(["a"]);
  expect(ids({ tag: "T105" })).toEqual([]);
  expect(ids({ tag: "execution" })).toEqual(["a"]);
});

test("a log source is given by its first parts or with stars", () => {
  expect(ids({ logsource: "windows" })).toEqual(["a"]);
  expect(ids({ logsource: "*/process_creation" })).toEqual(["a"]);
  expect(ids({ logsource: "linux" })).toEqual([]);
});

test("a kind is ElastAlert's type as well", () => {
  expect(ids({ kind: "frequency" })).toEqual(["b"]);
  expect(ids({ kind: "sigma", level: "low" })).toEqual([]);
});

test("choices are those the rules have, levels in their order", () => {
  expect(choices(RULES)).toEqual({
    kinds: ["elastalert", "sigma", "frequency"],
    logsources: ["windows/process_creation/*"],
    levels: ["low", "high"],
  });
});
