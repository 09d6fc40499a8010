import { useCallback, useMemo, useState } from "react";
import type { Asked, Document } from "../api/dashboards";
import type { Range } from "../format/time";
import { useUrl } from "../url/state";
import { clauses, type Part, withFilter } from "./drill";

/** What a dashboard's page shows, as the address has it: time, filters, refresh, the panel on the whole page. */
export function useBoardState(document: Document) {
  const { get, all, set } = useUrl();
  const [run, setRun] = useState(0);
  const from = get("from", document.time.from);
  const to = get("to", document.time.to);
  const range = useMemo(() => ({ from, to }), [from, to]);
  const given = all("filter");
  const key = JSON.stringify(given);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is made anew on every reading of the address
  const filters = useMemo(() => given, [key]);
  const refresh = Number(get("refresh", String(document.refresh_s ?? 0))) || 0;
  const own = document.query ?? "";
  const asked: Asked = useMemo(
    () => ({ range, filters: own ? [own, ...filters] : filters, refresh, run }),
    [range, filters, own, refresh, run],
  );
  const addFilters = useCallback(
    (extra: string[]) => set({ filter: extra.reduce(withFilter, filters) }),
    [set, filters],
  );
  const narrow = useCallback(
    (part: Part) =>
      set({
        filter: clauses(part).reduce(withFilter, filters),
        ...(part.range ? { from: part.range.from, to: part.range.to } : {}),
      }),
    [set, filters],
  );
  return {
    range,
    filters,
    refresh,
    own,
    asked,
    full: get("panel"),
    isEditing: get("edit") === "1",
    hasReports: get("reports") === "1",
    again: () => setRun((n) => n + 1),
    setRange: (next: Range) => set({ ...next }),
    setRefresh: (seconds: number) => set({ refresh: String(seconds) }, true),
    addFilters,
    removeFilter: (filter: string) => set({ filter: filters.filter((one) => one !== filter) }),
    clearFilters: () => set({ filter: null }),
    narrow,
    setFull: (id: string | null) => set({ panel: id }),
    setReports: (on: boolean) => set({ reports: on ? "1" : null }, true),
    setEditing: (on: boolean) => set({ edit: on ? "1" : null, panel: null }, true),
  };
}
export type BoardState = ReturnType<typeof useBoardState>;
