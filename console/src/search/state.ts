import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { SearchDocument } from "../api/types";
import { filterFor, filterOut, narrow } from "../format/lucene";
import type { Range } from "../format/time";
import { type Change, changed, inAddress } from "../url/state";
import { clampWidth, DEFAULT_COLUMNS, moved, readWidths, toggled, writeWidths } from "./columns";

/** The search as the address has it, and the ways to change it; each stays with the tab it is shown in. */
export function useSearch(tab: string) {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (change: Change, replace = false) => setParams(changed(inAddress(), change), { replace, state: { tab } }),
    [setParams, tab],
  );
  const search = useMemo(
    () => ({
      q: params.get("q") ?? "",
      from: params.get("from") ?? "now-24h",
      to: params.get("to") ?? "now",
      order: params.get("order") ?? "newest",
      sort: params.get("sort") ?? "",
    }),
    [params],
  );
  const columns = useMemo(() => {
    const chosen = params.getAll("col");
    return chosen.length ? chosen : DEFAULT_COLUMNS;
  }, [params]);
  const widths = useMemo(() => readWidths(params.getAll("w")), [params]);
  const choice = useMemo(
    () => ({ interval: params.get("interval") ?? "", by: params.get("by") ?? "" }),
    [params],
  );
  const setRange = useCallback((range: Range) => set({ from: range.from, to: range.to }), [set]);
  const { q } = search;
  return {
    search,
    columns,
    widths,
    choice,
    params,
    open: params.get("event") ?? "",
    saved: params.get("saved") ?? "",
    document: { ...search, ...choice, columns, widths } satisfies SearchDocument,
    set,
    setRange,
    toggleColumn: (name: string) => set({ col: toggled(columns, name) }, true),
    moveColumn: (name: string, to: number) => set({ col: moved(columns, name, to) }, true),
    resize: (name: string, width: number | null) => {
      const { [name]: _, ...others } = widths;
      set({ w: writeWidths(width === null ? others : { ...others, [name]: clampWidth(width) }) }, true);
    },
    run: (query: string) => set({ q: query, event: null }),
    filter: (field: string, value: unknown, exclude = false) =>
      set({ q: exclude ? filterOut(q, field, value) : filterFor(q, field, value) }),
    filterExists: (field: string, exclude = false) =>
      set({ q: narrow(q, `${exclude ? "NOT " : ""}_exists_:${field}`) }),
  };
}
export type SearchState = ReturnType<typeof useSearch>;
