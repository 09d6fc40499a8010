import type { SearchDocument } from "../api/types";
import type { Change } from "../url/state";
import { DEFAULT_COLUMNS, writeWidths } from "./columns";

const NAMES = ["q", "from", "to", "order", "sort", "interval", "by"] as const;

/** The saved search as the address has it; what is at its default is left out of the address. */
export function paramsOf(search: SearchDocument): Change {
  const change: Change = { event: null, tab: null };
  for (const name of NAMES) change[name] = search[name];
  const isDefault = search.columns.join("\n") === DEFAULT_COLUMNS.join("\n");
  return {
    ...change,
    from: search.from === "now-24h" ? null : search.from,
    to: search.to === "now" ? null : search.to,
    order: search.order === "newest" ? null : search.order,
    col: isDefault ? null : search.columns,
    w: writeWidths(search.widths),
  };
}

/** Whether two searches are the same, whatever the order in which their widths were set. */
export function isSame(a: SearchDocument, b: SearchDocument): boolean {
  const key = (one: SearchDocument) =>
    JSON.stringify([NAMES.map((name) => one[name]), one.columns, Object.entries(one.widths).sort()]);
  return key(a) === key(b);
}
