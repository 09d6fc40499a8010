import { useQuery } from "@tanstack/react-query";
import type { Range } from "../format/time";
import { api } from "./client";
import type { Page } from "./types";

export type Kind = "count" | "time" | "top" | "pie" | "table" | "heatmap" | "map" | "attack" | "markdown";
export type Source = "events" | "alerts" | "cases";

export interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Measure {
  of: string;
  field?: string;
}

/** A panel as it stands in a dashboard's document; which options count depends on its kind. */
export interface Panel {
  id: string;
  kind: Kind;
  title?: string;
  description?: string;
  source?: Source;
  query?: string;
  place: Place;
  time?: Range;
  measure?: Measure;
  compare?: boolean;
  style?: "bar" | "line" | "area";
  stacked?: boolean;
  split?: string;
  size?: number;
  field?: string;
  columns?: string[];
  order?: "newest" | "oldest";
  x?: string;
  y?: string;
  text?: string;
}

export interface Document {
  version: 1;
  title: string;
  description?: string;
  time: Range;
  refresh_s?: number;
  query?: string;
  panels: Panel[];
}

export interface Brief {
  id: string;
  title: string;
  description: string;
  panels: number;
  /** Null for those from files. */
  version: number | null;
  shared: boolean;
  owner: string | null;
  from_file: boolean;
  may_change: boolean;
  updated_at: string | null;
  updated_by: string | null;
}
export interface Dashboard extends Brief {
  document: Document;
}

interface Span {
  from: string;
  to: string;
  partial: boolean;
  approximate: boolean;
}
export interface CountAnswer extends Span {
  kind: "count";
  value: number | null;
  previous: number | null;
  compared: boolean;
}
export interface TimeAnswer extends Span {
  kind: "time";
  width_us: number;
  starts: string[];
  series: { key: string | null; values: (number | null)[] }[];
  total: number;
}
export interface Item {
  key: string;
  count: number;
  value: number | null;
}
export interface ItemsAnswer extends Span {
  kind: "top" | "pie" | "map";
  items: Item[];
  other: number;
  total: number;
}
export interface TableAnswer extends Span {
  kind: "table";
  columns: string[];
  rows: { id: string; at: string; number: number | null; values: unknown[] }[];
  total: number;
}
export interface HeatAnswer extends Span {
  kind: "heatmap";
  x: string[];
  y: string[];
  cells: [number, number, number][];
  total: number;
}
export interface AttackAnswer extends Span {
  kind: "attack";
  tactics: { name: string; techniques: { id: string; name: string; count: number }[] }[];
  total: number;
}
export type Answer = CountAnswer | TimeAnswer | ItemsAnswer | TableAnswer | HeatAnswer | AttackAnswer;

export interface Version {
  version: number;
  saved_at: string;
  saved_by: string;
  document: Document;
}

export const DASHBOARDS = ["dashboards"];

export function useDashboards() {
  return useQuery({
    queryKey: [...DASHBOARDS, "list"],
    queryFn: () => api.get<Page<Brief>>("/dashboards"),
  });
}

export function useDashboard(id: string) {
  return useQuery({
    queryKey: [...DASHBOARDS, "one", id],
    queryFn: () => api.get<Dashboard>(`/dashboards/${id}`),
    // What somebody edits is not changed under their hands.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useVersions(id: string, enabled: boolean) {
  return useQuery({
    queryKey: [...DASHBOARDS, "versions", id],
    enabled,
    queryFn: () => api.get<Page<Version>>(`/dashboards/${id}/versions`),
  });
}

export interface Asked {
  range: Range;
  filters: string[];
  /** Seconds; 0 asks once. */
  refresh: number;
  /** Counts up when somebody wants to know again. */
  run: number;
}

/** The reader's own time zone. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The answer to one panel. Where it lies and what it is called changes nothing about it. */
export function useAnswer(panel: Panel, asked: Asked, buckets: number, enabled: boolean) {
  const { place: _place, title: _title, description: _description, ...question } = panel;
  const body = {
    panel: { ...question, id: "panel" },
    from: asked.range.from,
    to: asked.range.to,
    filters: asked.filters,
    zone: ZONE,
    buckets,
  };
  return useQuery({
    queryKey: [...DASHBOARDS, "answer", body, asked.run],
    enabled,
    queryFn: () => api.post<Answer>("/dashboards/panel", body),
    refetchInterval: asked.refresh ? asked.refresh * 1000 : false,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    placeholderData: (old: Answer | undefined) => (old?.kind === panel.kind ? old : undefined),
  });
}
