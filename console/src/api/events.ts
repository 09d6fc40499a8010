import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Range } from "../format/time";
import { api } from "./client";
import type { FieldInfo, Histogram, Page, TocsinEvent, ValueCount } from "./types";

export interface EventSearch extends Range {
  q: string;
  order: string;
}

/** A search is run when it is asked, not when something else changes: `run` counts the asking. */
export function useEvents(search: EventSearch, run: number) {
  return useInfiniteQuery({
    queryKey: ["events", "list", search, run],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      api.get<Page<TocsinEvent>>("/events", { ...search, limit: 200, cursor: pageParam }),
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useHistogram({ q, from, to }: EventSearch, run: number, enabled: boolean) {
  return useQuery({
    queryKey: ["events", "histogram", q, from, to, run],
    enabled,
    queryFn: () => api.get<Histogram>("/events/histogram", { q, from, to, buckets: 60 }),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (old) => old,
  });
}

export function useFieldList({ from, to }: Range) {
  return useQuery({
    queryKey: ["events", "fields", from, to],
    queryFn: () => api.get<Page<FieldInfo>>("/events/fields", { from, to }),
    staleTime: 60_000,
    placeholderData: (old) => old,
  });
}

export function useTop({ q, from, to }: EventSearch, field: string) {
  return useQuery({
    queryKey: ["events", "top", q, from, to, field],
    queryFn: () => api.get<Page<ValueCount>>("/events/top", { q, from, to, field, size: 10 }),
  });
}

export function useEvent(id: string) {
  return useQuery({
    queryKey: ["events", "one", id],
    queryFn: () => api.get<TocsinEvent>(`/events/${encodeURIComponent(id)}`),
  });
}

export function useAround(id: string, n: number) {
  return useQuery({
    queryKey: ["events", "around", id, n],
    queryFn: () =>
      api.get<Page<TocsinEvent>>(`/events/${encodeURIComponent(id)}/around`, { before: n, after: n }),
  });
}
