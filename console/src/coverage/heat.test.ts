import { expect, test } from "vitest";
import type { Technique } from "../api/rules";
import { folded, heat } from "./heat";

const technique = (id: string, tactics: string[], enabled: number): Technique => ({
  id, name: `name of ${id}`, tactics, enabled, disabled: 1, fired: 0, matches: 2,
});

test("nothing is white, the most is full, one rule is seen", () => {
  expect(heat(0, 10)).toBe(0);
  expect(heat(10, 10)).toBe(1);
  expect(heat(1, 100)).toBeGreaterThan(0.3);
});

test("sub-techniques count for their technique, under its name, in their tactic only", () => {
  const all = [technique("T1110", ["Credential Access"], 2), technique("T1110.001", ["Credential Access"], 3), technique("T1059", ["Execution"], 1)];
  expect(folded(all, "Credential Access")).toEqual([
    { id: "T1110", name: "name of T1110", tactics: ["Credential Access"], enabled: 5, disabled: 2, fired: 0, matches: 4 },
  ]);
});
