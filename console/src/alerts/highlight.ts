import type { Clause } from "../api/types";

export interface Piece {
  text: string;
  isMatch: boolean;
}

/** Cut a text into pieces, so that the values a rule matched on can be marked. Longest values first; case does not matter. */
export function pieces(text: string, values: string[]): Piece[] {
  const sought = [...new Set(values.filter((value) => value.trim().length > 1))].sort(
    (a, b) => b.length - a.length,
  );
  if (sought.length === 0) return [{ text, isMatch: false }];
  const pattern = new RegExp(
    `(${sought.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`,
    "i",
  );
  return text
    .split(new RegExp(pattern, "gi"))
    .map((part, i) => ({ text: part, isMatch: i % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** The fields a rule looked at. */
export function matchedFields(clauses: Clause[]): Set<string> {
  return new Set(clauses.map((clause) => clause.field).filter(Boolean));
}
