import type { Measure } from "../api/dashboards";
import { count } from "../format/number";
import { duration } from "../format/time";

/** A figure in its unit: names that end in `_s` are seconds, those that end in `.bytes` are bytes. */
export function figure(value: number | null | undefined, measure?: Measure): string {
  if (value === null || value === undefined) return "–";
  const field = measure?.field ?? "";
  if (measure && !["count", "unique"].includes(measure.of)) {
    if (field.endsWith("_s")) return duration(value * 1000);
    if (/(^|\.)bytes$|\.size$/.test(field)) return size(value);
  }
  if (Number.isInteger(value)) return count(value);
  return new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 }).format(value);
}

function size(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let left = value;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${left.toFixed(unit ? 1 : 0)} ${units[unit]}`;
}

/** How a figure stands to the one before: `+12 %`; nothing where that says nothing. */
export function change(value: number | null, previous: number | null): string {
  if (value === null || previous === null || previous === 0) return "";
  const percent = ((value - previous) / Math.abs(previous)) * 100;
  const rounded = Math.abs(percent) < 10 ? Math.round(percent * 10) / 10 : Math.round(percent);
  if (rounded === 0) return "±0 %";
  return `${rounded > 0 ? "+" : "−"}${count(Math.abs(rounded))} %`;
}

const WORDS: Record<string, string> = {
  unique: "different values of",
  sum: "sum of",
  avg: "mean of",
  min: "least",
  max: "greatest",
  median: "median of",
  p95: "95th percentile of",
};

/** What is counted or measured, in words. */
export function measured(measure: Measure | undefined, source: string): string {
  if (!measure || measure.of === "count") return source;
  return `${WORDS[measure.of] ?? measure.of} ${measure.field}`;
}

/** Text that is put into HTML, such as that of a tooltip, says what it says and does nothing. */
export function escaped(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[letter] ?? letter,
  );
}
