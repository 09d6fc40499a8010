import { useQuery } from "@tanstack/react-query";
import { useChange } from "./changes";
import { api } from "./client";
import type { Page, SavedSearch, SearchDocument } from "./types";

const SEARCHES = ["searches"];

export function useSavedSearches(enabled = true) {
  return useQuery({
    queryKey: [...SEARCHES, "list"],
    enabled,
    queryFn: () => api.get<Page<SavedSearch>>("/searches"),
  });
}

export function useSavedSearch(id: string) {
  return useQuery({
    queryKey: [...SEARCHES, id],
    enabled: id !== "",
    queryFn: () => api.get<SavedSearch>(`/searches/${id}`),
  });
}

export interface SearchDraft {
  name: string;
  description: string;
  tags: string[];
  shared: boolean;
  search: SearchDocument;
}

export function useSearchChanges() {
  return {
    add: useChange((draft: SearchDraft) => api.post<SavedSearch>("/searches", draft), [SEARCHES], "Saved"),
    change: useChange(
      ({ id, ...body }: Partial<SearchDraft> & { id: string; version: number }) =>
        api.patch<SavedSearch>(`/searches/${id}`, body),
      [SEARCHES],
      "Saved",
    ),
    remove: useChange((id: string) => api.del(`/searches/${id}`), [SEARCHES]),
    restore: useChange((id: string) => api.post(`/searches/${id}/restore`), [SEARCHES], "Restored"),
  };
}
