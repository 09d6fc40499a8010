import { useQuery } from "@tanstack/react-query";
import { api } from "./client";
import type { Page } from "./types";

export type Format = "pdf" | "png" | "html";

/** What a schedule says; an empty `from` and `to` are the dashboard's own time. */
export interface Plan {
  name: string;
  cron: string;
  zone: string;
  from: string;
  to: string;
  format: Format;
  filters: string[];
  channels: string[];
  keep: boolean;
  enabled: boolean;
}

export interface Schedule extends Plan {
  id: string;
  dashboard: string;
  owner: string;
  /** Why the platform switched it off. */
  stopped: string | null;
  next_at: string | null;
  last: { at: string; status: string; error: string | null } | null;
  version: number;
  updated_at: string;
  updated_by: string;
}

export interface Channel {
  name: string;
  label: string;
}

export interface Report {
  id: string;
  schedule: string;
  title: string;
  owner: string;
  asked_by: string;
  format: Format;
  status: "waiting" | "making" | "done" | "failed";
  attempts: number;
  progress: { answered: number; panels: number } | null;
  due_at: string;
  asked_at: string;
  ended_at: string | null;
  took_ms: number | null;
  size: number;
  file: boolean;
  kept: boolean;
  sent_to: string[];
  error: string | null;
}

export interface Preview {
  next: string[];
  from: string;
  to: string;
}

export const REPORTS = ["reports"];
const RUNNING_MS = 1_000;
const IDLE_MS = 15_000;

export function useSchedules(dashboard: string) {
  return useQuery({
    queryKey: [...REPORTS, dashboard, "schedules"],
    queryFn: () => api.get<Page<Schedule> & { channels: Channel[] }>(`/dashboards/${dashboard}/schedules`),
    refetchInterval: IDLE_MS,
  });
}

export function isRunning(report: Report): boolean {
  return report.status === "waiting" || report.status === "making";
}

/** The reports that were made, asked for again sooner while one is being made. */
export function useReports(dashboard: string) {
  return useQuery({
    queryKey: [...REPORTS, dashboard, "made"],
    queryFn: () => api.get<Page<Report>>(`/dashboards/${dashboard}/reports`),
    refetchInterval: (query) => (query.state.data?.items.some(isRunning) ? RUNNING_MS : IDLE_MS),
  });
}

/** When a schedule would fire, and over which time its first report would be. */
export function usePreview(dashboard: string, plan: Pick<Plan, "cron" | "zone" | "from" | "to">) {
  const body = { cron: plan.cron, zone: plan.zone, from: plan.from, to: plan.to };
  return useQuery({
    queryKey: [...REPORTS, dashboard, "check", body],
    queryFn: () => api.post<Preview>(`/dashboards/${dashboard}/schedules/check`, body),
    retry: false,
    staleTime: 60_000,
  });
}
