import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import type { Feed, Lookup, Page, Warninglist } from "./types";

/** Everything known of a value: indicators, warninglists, how often it was seen. Empty text asks nothing. */
export function useLookup(value: string) {
  return useQuery({
    queryKey: ["intel", "lookup", value],
    enabled: value !== "",
    staleTime: 60_000,
    queryFn: () => api.get<Lookup>("/intel/lookup", { value }),
  });
}

export function useFeeds() {
  return useQuery({ queryKey: ["intel", "feeds"], queryFn: () => api.get<Page<Feed>>("/intel/feeds") });
}

export function useWarninglists() {
  return useQuery({
    queryKey: ["intel", "warninglists"],
    queryFn: () => api.get<Page<Warninglist>>("/intel/warninglists", { limit: 500 }),
  });
}
