import type { Params } from "../api/client";
import type { AlertGroup } from "../api/types";
import { clause, narrow } from "../format/lucene";

export const STATUS_TABS = [
  { key: "open", title: "Open", status: ["new", "in_progress"] },
  { key: "new", title: "New", status: ["new"] },
  { key: "in_progress", title: "In progress", status: ["in_progress"] },
  { key: "closed", title: "Closed", status: ["closed", "ignored"] },
  { key: "imported", title: "Imported", status: ["imported"] },
  { key: "all", title: "All", status: [] as string[] },
];
export const GROUPINGS = [
  { value: "none", label: "No grouping" },
  { value: "rule", label: "By rule" },
  { value: "group_key", label: "By entity" },
  { value: "severity", label: "By severity" },
  { value: "assignee", label: "By assignee" },
  { value: "status", label: "By status" },
];
export const DEFAULT_SORT = "-last_at";

/** The statuses the address asks for; none named means the open ones. */
export function statuses(params: URLSearchParams): string[] {
  const named = params.getAll("status");
  if (named.length === 0) return ["new", "in_progress"];
  return named.includes("all") ? [] : named;
}

/** The tab that shows these statuses. */
export function tabOf(params: URLSearchParams): string {
  const shown = statuses(params).toSorted().join();
  return STATUS_TABS.find((tab) => tab.status.toSorted().join() === shown)?.key ?? "";
}

/** What the address asks of the list of alerts. */
export function listParams(params: URLSearchParams): Params {
  return {
    q: params.get("q"),
    status: statuses(params),
    severity: params.getAll("severity"),
    assignee: params.get("assignee"),
    rule: params.get("rule"),
    sort: params.get("sort") ?? DEFAULT_SORT,
  };
}

/** Narrow a list to one of its groups. */
export function groupParams(params: Params, by: string, group: Pick<AlertGroup, "key">): Params {
  const q = String(params.q ?? "");
  if (by === "group_key") return { ...params, q: narrow(q, clause("group_key", group.key)) };
  if (by === "assignee" && !group.key) return { ...params, q: narrow(q, "NOT assignee:*") };
  return { ...params, [by]: [group.key] };
}
