import { useCallback, useMemo } from "react";
import { filterFor, filterOut } from "../format/lucene";
import type { Range } from "../format/time";
import { useUrl } from "../url/state";

export const DEFAULT_COLUMNS = ["host.name", "rule.id", "message"];

/** The search as the address has it, and the ways to change it. */
export function useSearch() {
  const { get, all, set } = useUrl();
  const search = useMemo(
    () => ({
      q: get("q"),
      from: get("from", "now-24h"),
      to: get("to", "now"),
      order: get("order", "newest"),
    }),
    [get],
  );
  const columns = all("col").length ? all("col") : DEFAULT_COLUMNS;
  const setRange = useCallback((range: Range) => set({ ...range }), [set]);
  const toggleColumn = (name: string) =>
    set(
      {
        col: columns.includes(name)
          ? columns.filter((one) => one !== name)
          : [
              ...columns.filter((c) => c !== "message"),
              name,
              ...columns.filter((c) => c === "message" && name !== "message"),
            ],
      },
      true,
    );
  return {
    search,
    columns,
    open: get("event"),
    set,
    setRange,
    toggleColumn,
    run: (q: string) => set({ q, event: null }),
    filter: (field: string, value: unknown, exclude = false) =>
      set({ q: exclude ? filterOut(search.q, field, value) : filterFor(search.q, field, value) }),
  };
}
export type SearchState = ReturnType<typeof useSearch>;
