import type { Technique } from "../api/rules";

export type Score = "rules" | "fired";

export const scoreOf = (technique: Technique, score: Score) => (score === "rules" ? technique.enabled : technique.fired);

/** How dark a cell is, 0 to 1: the first rule tells most, so it grows by the logarithm. */
export function heat(value: number, most: number): number {
  if (value <= 0 || most <= 0) return 0;
  return 0.25 + (0.75 * Math.log1p(value)) / Math.log1p(most);
}

/** The techniques of a tactic with their sub-techniques folded into them. */
export function folded(techniques: Technique[], tactic: string): Technique[] {
  const found = new Map<string, Technique>();
  for (const one of techniques) {
    if (!one.tactics.includes(tactic)) continue;
    const id = one.id.slice(0, 5);
    const parent = found.get(id);
    const named = techniques.find((other) => other.id === id);
    found.set(id, {
      ...(parent ?? { ...one, id, name: named?.name ?? one.name, enabled: 0, disabled: 0, fired: 0, matches: 0 }),
      enabled: (parent?.enabled ?? 0) + one.enabled,
      disabled: (parent?.disabled ?? 0) + one.disabled,
      fired: (parent?.fired ?? 0) + one.fired,
      matches: (parent?.matches ?? 0) + one.matches,
    });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}
