import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useChange } from "./changes";
import { api, type Params } from "./client";
import type { Alert, Attachment, Case, Page, Task, TimelineItem } from "./types";

const TOUCHED = [["cases"], ["overview"]];

export function useCases(params: Params) {
  return useInfiniteQuery({
    queryKey: ["cases", "list", params],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => api.get<Page<Case>>("/cases", { ...params, limit: 100, cursor: pageParam }),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (old) => old,
  });
}

export function useCase(id: string) {
  return useQuery({ queryKey: ["cases", id], queryFn: () => api.get<Case>(`/cases/${id}`) });
}

export const useTasks = (id: string) =>
  useQuery({ queryKey: ["cases", id, "tasks"], queryFn: () => api.get<Page<Task>>(`/cases/${id}/tasks`) });
export const useCaseAlerts = (id: string) =>
  useQuery({ queryKey: ["cases", id, "alerts"], queryFn: () => api.get<Page<Alert>>(`/cases/${id}/alerts`) });
export const useTimeline = (id: string) =>
  useQuery({
    queryKey: ["cases", id, "timeline"],
    queryFn: () => api.get<Page<TimelineItem>>(`/cases/${id}/timeline`),
  });
export const useAttachments = (id: string) =>
  useQuery({
    queryKey: ["cases", id, "attachments"],
    queryFn: () => api.get<Page<Attachment>>(`/cases/${id}/attachments`),
  });

export function useCreateCase() {
  return useChange((body: Partial<Case>) => api.post<Case>("/cases", body), TOUCHED);
}

export interface CaseClosing {
  resolution: string;
  impact?: string;
  summary: string;
}

/** The changes one can make to a case and what it holds. */
export function useCaseChanges(id: string) {
  return {
    patch: useChange((body: Partial<Case>) => api.patch<Case>(`/cases/${id}`, body), TOUCHED),
    close: useChange(
      (body: CaseClosing) => api.post<Case>(`/cases/${id}/close`, body),
      TOUCHED,
      "Case closed",
    ),
    reopen: useChange(() => api.post<Case>(`/cases/${id}/reopen`), TOUCHED, "Case reopened"),
    addTask: useChange((body: Partial<Task>) => api.post<Task>(`/cases/${id}/tasks`, body), TOUCHED),
    patchTask: useChange(
      ({ id: task, ...body }: { id: string } & Partial<Task>) => api.patch<Task>(`/tasks/${task}`, body),
      TOUCHED,
    ),
    dropTask: useChange((task: string) => api.del(`/tasks/${task}`), TOUCHED, "Task removed"),
    detach: useChange(
      (alert: string) => api.del(`/cases/${id}/alerts/${alert}`),
      [...TOUCHED, ["alerts"]],
      "Alert taken out of the case",
    ),
    note: useChange(
      (body: { at: string; title: string; description: string }) => api.post(`/cases/${id}/timeline`, body),
      TOUCHED,
    ),
    addTechnique: useChange(
      (technique_id: string) => api.post(`/cases/${id}/techniques`, { technique_id }),
      TOUCHED,
    ),
    attach: useChange((file: File) => {
      const form = new FormData();
      form.append("file", file);
      return api.upload<Attachment>(`/cases/${id}/attachments`, form);
    }, TOUCHED),
    dropAttachment: useChange(
      (attachment: string) => api.del(`/attachments/${attachment}`),
      TOUCHED,
      "File removed",
    ),
  };
}
