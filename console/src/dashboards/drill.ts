import type { Answer, Panel, Source } from "../api/dashboards";
import { clause, hasBareOr, narrow } from "../format/lucene";
import { after, type Range } from "../format/time";

/** What a click on a part of a picture means: values of fields, or a span of time. */
export interface Part {
  fields?: [string, unknown][];
  range?: Range;
}

/** All queries must hold. */
export function joined(queries: (string | undefined)[]): string {
  const given = queries.map((one) => one?.trim() ?? "").filter((one) => one && one !== "*");
  if (given.length < 2) return given[0] ?? "";
  return given.map((one) => (hasBareOr(one) ? `(${one})` : one)).join(" AND ");
}

/** The queries that select a part, one for each field; no value of a field is a filter of its own. */
export function clauses(part: Part): string[] {
  return (part.fields ?? []).map(([field, value]) => clause(field, value));
}

const SEARCHED: Record<string, string> = { technique: "", closed_by: "" };

/** Where the rows behind a panel, or behind a part of it, are listed. */
export function rowsLink(panel: Panel, filters: string[], range: Range, part: Part = {}): string {
  const span = part.range ?? range;
  const source: Source = panel.source ?? "events";
  if (source === "events") {
    const q = joined([panel.query, ...filters, ...clauses(part)]);
    return `/search?${new URLSearchParams({ q, from: span.from, to: span.to })}`;
  }
  // The lists of alerts and cases do not know every field that can be counted by.
  const known = (part.fields ?? []).filter(([field]) => SEARCHED[field] === undefined);
  const times = `created_at:[${span.from} TO ${span.to}]`;
  const q = joined([panel.query, ...known.map(([field, value]) => clause(field, value)), times]);
  return `/${source}?${new URLSearchParams({ q, status: "all" })}`;
}

/** One step of a panel over time. */
export function stepRange(answer: { starts: string[]; width_us: number }, at: number): Range | undefined {
  const start = answer.starts[at];
  return start ? { from: new Date(start).toISOString(), to: after(start, answer.width_us) } : undefined;
}

/** The span an answer is about: that of alerts is absolute, since their list knows no arithmetic on now. */
export function spanOf(panel: Panel, answer: Answer | undefined, range: Range): Range {
  if (answer && (panel.source ?? "events") !== "events") return { from: answer.from, to: answer.to };
  return panel.time ?? range;
}

/** Filters with one more; the same is not added twice. */
export function withFilter(filters: string[], extra: string): string[] {
  return filters.some((one) => narrow(one, extra) === one) ? filters : [...filters, extra];
}
