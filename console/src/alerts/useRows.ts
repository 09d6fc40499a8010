import { useQueries } from "@tanstack/react-query";
import { useAlertGroups, useAlerts } from "../api/alerts";
import { api, type Params } from "../api/client";
import type { Alert, AlertGroup, Page } from "../api/types";
import { groupParams } from "./filters";

export type Row = { type: "group"; group: AlertGroup; expanded: boolean } | { type: "alert"; alert: Alert };

export function rowId(row: Row): string {
  return row.type === "group" ? `group:${row.group.key}` : row.alert.id;
}

/** The rows of the table: plain alerts, or groups with the alerts of the opened ones under them. */
export function useRows(by: string, params: Params, expanded: string[]) {
  const list = useAlerts(params, by === "");
  const groups = useAlertGroups(by, { ...params, sort: undefined });
  const shown = (groups.data?.items ?? []).filter((group) => expanded.includes(group.key));
  const inside = useQueries({
    queries: shown.map((group) => {
      const narrowed = { ...groupParams(params, by, group), limit: 200 };
      return {
        queryKey: ["alerts", "inside", narrowed],
        queryFn: () => api.get<Page<Alert>>("/alerts", narrowed),
      };
    }),
  });
  if (by === "") {
    const alerts = list.data?.pages.flatMap((page) => page.items) ?? [];
    const rows: Row[] = alerts.map((alert) => ({ type: "alert", alert }));
    return {
      rows,
      total: list.data?.pages[0]?.total,
      query: list,
      more: list.hasNextPage ? list.fetchNextPage : undefined,
    };
  }
  const rows: Row[] = (groups.data?.items ?? []).flatMap((group) => {
    const i = shown.indexOf(group);
    const alerts = i < 0 ? [] : (inside[i]?.data?.items ?? []);
    return [
      { type: "group", group, expanded: i >= 0 } as Row,
      ...alerts.map((alert): Row => ({ type: "alert", alert })),
    ];
  });
  return {
    rows,
    total: groups.data?.items.reduce((sum, group) => sum + group.count, 0),
    query: groups,
    more: undefined,
  };
}

/** Selecting a group selects the alerts under it; only alerts stay selected. */
export function onlyAlerts(chosen: Set<string>, rows: Row[]): Set<string> {
  const next = new Set([...chosen].filter((id) => !id.startsWith("group:")));
  let isInside = false;
  for (const row of rows) {
    if (row.type === "group") isInside = chosen.has(rowId(row));
    else if (isInside) next.add(row.alert.id);
  }
  return next;
}
