import type { Kind, Panel, Source } from "../api/dashboards";

export const KINDS: { value: Kind; label: string }[] = [
  { value: "count", label: "A figure" },
  { value: "time", label: "Figures over time" },
  { value: "top", label: "Top values, as bars" },
  { value: "pie", label: "Top values, as slices" },
  { value: "table", label: "A table of rows" },
  { value: "heatmap", label: "A heatmap" },
  { value: "map", label: "A map by country" },
  { value: "attack", label: "ATT&CK techniques" },
  { value: "markdown", label: "Text" },
];

export const MEASURES = [
  { value: "count", label: "How many" },
  { value: "unique", label: "How many different values" },
  { value: "sum", label: "Sum" },
  { value: "avg", label: "Mean" },
  { value: "min", label: "Least" },
  { value: "max", label: "Greatest" },
  { value: "median", label: "Median" },
  { value: "p95", label: "95th percentile" },
];

/** What a panel of a kind may say beyond what every panel says; the platform refuses anything else. */
export const OPTIONS: Record<Kind, string[]> = {
  count: ["measure", "compare"],
  time: ["measure", "style", "stacked", "split", "size"],
  top: ["measure", "field", "size"],
  pie: ["measure", "field", "size"],
  table: ["columns", "size", "order"],
  heatmap: ["x", "y", "size"],
  map: ["field"],
  attack: ["field"],
  markdown: ["text"],
};
const EVERY = ["id", "kind", "title", "description", "source", "query", "place", "time"];

export const DESK_FIELDS: Record<Exclude<Source, "events">, string[]> = {
  alerts: [
    "severity",
    "status",
    "resolution",
    "assignee",
    "rule.id",
    "rule.name",
    "rule.kind",
    "host",
    "group_key",
    "verdict",
    "tags",
    "technique",
    "closed_by",
  ],
  cases: ["severity", "status", "resolution", "impact", "assignee", "tags"],
};
export const DESK_FIGURES: Record<Exclude<Source, "events">, string[]> = {
  alerts: ["event_count", "time_to_start_s", "time_to_close_s"],
  cases: ["time_to_start_s", "time_to_close_s"],
};
const FIELDS: (keyof Panel)[] = ["field", "split", "columns", "measure"];

/** A panel that says only what its kind and source can say; another source has other fields. */
export function shaped(panel: Panel): Panel {
  const found = { ...panel };
  if (found.kind === "map" || found.kind === "markdown") delete found.source;
  if (found.kind === "attack" && found.source === "cases") found.source = "alerts";
  if (found.source === "events") delete found.source;
  const source = found.source ?? "events";
  for (const name of Object.keys(found) as (keyof Panel)[]) {
    const isKnown = EVERY.includes(name) || OPTIONS[found.kind].includes(name);
    const isEmpty = found[name] === "" || found[name] === undefined;
    const isOther = source !== "events" && FIELDS.includes(name) && !fits(found, name, source);
    if (!isKnown || isEmpty || isOther) delete found[name];
  }
  return found;
}

function fits(panel: Panel, name: keyof Panel, source: Exclude<Source, "events">): boolean {
  const known = DESK_FIELDS[source];
  if (name === "columns") return (panel.columns ?? []).every((column) => known.includes(column));
  if (name !== "measure") return known.includes(String(panel[name]));
  const { of, field = "" } = panel.measure ?? { of: "count" };
  return field === "" || (of === "unique" ? known : DESK_FIGURES[source]).includes(field);
}
