import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Range } from "../format/time";
import { api } from "./client";
import type {
  Alert,
  Explanation,
  FieldInfo,
  Histogram,
  Page,
  TailAnswer,
  TocsinEvent,
  TopValues,
  ValueCount,
} from "./types";

export interface EventSearch extends Range {
  q: string;
  order: string;
  /** A field, with `-` before it from the greatest down; empty is by time. */
  sort: string;
}

/** The first page is small, so that it comes quickly. */
const FIRST_PAGE = 100;
const PAGE = 500;
/** So many rows are held in the page at most: what is wanted beyond them is better asked for. */
export const MOST_ROWS = 100_000;

/** A search is run when it is asked, not when something else changes: `run` counts the asking. */
export function useEvents(search: EventSearch, run: number, enabled = true) {
  return useInfiniteQuery({
    queryKey: ["events", "list", search, run],
    enabled,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<TocsinEvent>>(
        "/events",
        { ...search, nested: false, limit: pageParam ? PAGE : FIRST_PAGE, cursor: pageParam },
        signal,
      ),
    getNextPageParam: (page, pages) => (pages.length * PAGE < MOST_ROWS ? (page.next ?? undefined) : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    // A hundred thousand rows are not kept for a search that is no longer looked at.
    gcTime: 30_000,
  });
}

export interface ChartChoice {
  /** The step, such as `5m`; empty is the one that fits. */
  interval: string;
  /** The field the bars are broken down by. */
  by: string;
}

export function useHistogram({ q, from, to }: EventSearch, run: number, choice: ChartChoice, enabled: boolean) {
  const { interval, by } = choice;
  return useQuery({
    queryKey: ["events", "histogram", q, from, to, run, interval, by],
    enabled,
    queryFn: ({ signal }) =>
      api.get<Histogram>("/events/histogram", { q, from, to, buckets: 60, width: interval, by }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

export function useFieldList({ from, to }: Range) {
  return useQuery({
    queryKey: ["events", "fields", from, to],
    queryFn: () => api.get<Page<FieldInfo>>("/events/fields", { from, to }),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

export function useTop({ q, from, to }: EventSearch, field: string) {
  return useQuery({
    queryKey: ["events", "top", q, from, to, field],
    queryFn: ({ signal }) => api.get<TopValues>("/events/top", { q, from, to, field, size: 10 }, signal),
    staleTime: 60_000,
  });
}

/** Values of a field that begin so; asked for while someone types, and until they are there, those before. */
export function useSuggested({ from, to }: Range, field: string, prefix: string, enabled: boolean) {
  return useQuery({
    queryKey: ["events", "suggest", from, to, field, prefix],
    enabled: enabled && field !== "",
    queryFn: ({ signal }) =>
      api.get<{ items: ValueCount[] }>("/events/suggest", { from, to, field, prefix, size: 12 }, signal),
    staleTime: 60_000,
    placeholderData: (last, query) => (query?.queryKey[4] === field ? last : undefined),
  });
}

export function useEvent(id: string) {
  return useQuery({
    queryKey: ["events", "one", id],
    queryFn: () => api.get<TocsinEvent>(`/events/${encodeURIComponent(id)}`),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useAround(id: string, n: number, by: string) {
  return useQuery({
    queryKey: ["events", "around", id, n, by],
    queryFn: () =>
      api.get<Page<TocsinEvent>>(`/events/${encodeURIComponent(id)}/around`, { before: n, after: n, by }),
    placeholderData: keepPreviousData,
  });
}

/** The alerts that stand on an event. */
export function useAlertsOf(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ["alerts", "of-event", id],
    enabled,
    queryFn: () => api.get<Page<Alert>>(`/events/${encodeURIComponent(id)}/alerts`),
  });
}

/** How the rules in force today read a line. */
export function useExplained(line: string, location: string, enabled: boolean) {
  return useQuery({
    queryKey: ["rules", "explain", line, location],
    enabled,
    queryFn: async () =>
      (await api.post<Explanation[]>("/analysis/explain", { lines: [line], location }))[0] ?? null,
    staleTime: 60_000,
  });
}

export function tail(q: string, after: number | null, signal: AbortSignal): Promise<TailAnswer> {
  return api.get<TailAnswer>("/events/tail", { q, after, limit: 500 }, signal);
}
