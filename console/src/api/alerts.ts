import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useChange } from "./changes";
import { api, type Params } from "./client";
import type { Alert, AlertGroup, BulkResult, Case, Page, TocsinEvent } from "./types";

const TOUCHED = [["alerts"], ["cases"], ["overview"], ["decisions"], ["similar"], ["runs"]];

/** Alerts page after page, in the order asked. */
export function useAlerts(params: Params, enabled = true) {
  return useInfiniteQuery({
    queryKey: ["alerts", "list", params],
    enabled,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => api.get<Page<Alert>>("/alerts", { ...params, limit: 100, cursor: pageParam }),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (old) => old,
  });
}

export function useAlertGroups(by: string, params: Params) {
  return useQuery({
    queryKey: ["alerts", "groups", by, params],
    enabled: by !== "",
    queryFn: () => api.get<Page<AlertGroup>>("/alerts/groups", { by, ...params }),
    placeholderData: (old) => old,
  });
}

export function useAlert(id: string) {
  return useQuery({ queryKey: ["alerts", id], queryFn: () => api.get<Alert>(`/alerts/${id}`) });
}

export function useAlertEvents(id: string) {
  return useQuery({
    queryKey: ["alerts", id, "events"],
    queryFn: () => api.get<Page<TocsinEvent>>(`/alerts/${id}/events`, { limit: 100 }),
  });
}

export interface Closing {
  resolution: string;
  reason: string;
}
export interface Bulk {
  ids: string[];
  action: "close" | "assign" | "reopen" | "promote" | "tag";
  arguments: Record<string, unknown>;
}

export function useAlertChanges() {
  return {
    patch: useChange(
      ({ id, ...body }: { id: string } & Partial<Alert>) => api.patch<Alert>(`/alerts/${id}`, body),
      TOUCHED,
    ),
    close: useChange(
      ({ id, ...body }: { id: string } & Closing) => api.post<Alert>(`/alerts/${id}/close`, body),
      TOUCHED,
      "Alert closed",
    ),
    reopen: useChange((id: string) => api.post<Alert>(`/alerts/${id}/reopen`), TOUCHED, "Alert reopened"),
    promote: useChange((id: string) => api.post<Case>(`/alerts/${id}/promote`), TOUCHED),
    merge: useChange(
      ({ id, case_id }: { id: string; case_id: string }) =>
        api.post<Case>(`/alerts/${id}/merge`, { case_id }),
      TOUCHED,
    ),
    bulk: useChange(
      (body: Bulk) => api.post<BulkResult>("/alerts/bulk", { ...body, dry_run: false }),
      TOUCHED,
    ),
  };
}

/** What a bulk action would do, without doing it. */
export function usePreview(bulk: Bulk | null) {
  return useQuery({
    queryKey: ["alerts", "preview", bulk],
    enabled: bulk !== null,
    gcTime: 0,
    queryFn: () => api.post<BulkResult>("/alerts/bulk", { ...bulk, dry_run: true }),
  });
}
