/** Alerts, cases and what hangs on them. */
import type { Instant, Json, Pap, Severity, Tlp, Verdict } from "./base";

export interface Technique {
  id: string;
  name: string;
}
export interface Clause {
  field: string;
  condition: string;
  value: string;
}

export type AlertStatus = "new" | "in_progress" | "closed" | "ignored" | "imported";
export type AlertResolution =
  | "false_positive"
  | "true_positive"
  | "benign"
  | "duplicate"
  | "no_impact"
  | "other";

export interface Alert {
  id: string;
  number: number;
  title: string;
  description: string;
  severity: Severity;
  severity_label: string;
  status: AlertStatus;
  resolution: AlertResolution | null;
  reason: string | null;
  assignee: string | null;
  tags: string[];
  tlp: Tlp;
  pap: Pap;
  rule: { id: string; name: string; kind: string; version: string };
  group_field: string;
  group_key: string;
  event_count: number;
  first_at: Instant;
  last_at: Instant;
  created_at: Instant;
  updated_at: Instant;
  closed_at: Instant | null;
  closed_by: string | null;
  case_id: string | null;
  case_number: number | null;
  techniques: Technique[];
  clauses: Clause[];
  custom_fields: Record<string, Json>;
  observable_count: number;
  verdict: Verdict | null;
  undecided: boolean;
}

export type GroupBy = "rule" | "group_key" | "severity" | "assignee" | "status";
export interface AlertGroup {
  key: string;
  label: string;
  count: number;
  open: number;
  max_severity: Severity;
  last_at: Instant;
}
export interface BulkResult {
  count: number;
  items: { id: string; ok: boolean; detail: string | null }[];
}
export interface Similar {
  type: "alert" | "case";
  id: string;
  number: number;
  title: string;
  status: string;
  severity: Severity;
  shared: string[];
}
export interface Activity {
  at: Instant;
  actor: string;
  action: string;
  details: Record<string, Json> | string | null;
}
export interface Comment {
  id: string;
  message: string;
  author?: string;
  created_by?: string;
  created_at: Instant;
  updated_at?: Instant | null;
}

export type CaseStatus = "new" | "in_progress" | "closed";
export type CaseResolution = "true_positive" | "false_positive" | "indeterminate" | "duplicated" | "other";
export type Impact = "no_impact" | "with_impact" | "not_applicable";
export interface Case {
  id: string;
  number: number;
  title: string;
  description: string;
  severity: Severity;
  severity_label: string;
  status: CaseStatus;
  resolution: CaseResolution | null;
  impact: Impact | null;
  summary: string | null;
  assignee: string | null;
  tags: string[];
  tlp: Tlp;
  pap: Pap;
  flag: boolean;
  start_at: Instant;
  created_at: Instant;
  updated_at: Instant;
  closed_at: Instant | null;
  custom_fields: Record<string, Json>;
  task_count: number;
  open_task_count: number;
  observable_count: number;
  alert_count: number;
  techniques: Technique[];
}
export type TaskStatus = "waiting" | "in_progress" | "completed" | "cancelled";
export interface Task {
  id: string;
  title: string;
  description: string;
  group: string;
  status: TaskStatus;
  assignee: string | null;
  order: number;
  mandatory: boolean;
  due_at: Instant | null;
  started_at: Instant | null;
  ended_at: Instant | null;
}
export interface Taxonomy {
  level: Verdict | string;
  namespace: string;
  predicate: string;
  value: string;
}
export interface Observable {
  id: string;
  kind: string;
  value: string;
  message: string | null;
  tlp: Tlp;
  pap: Pap;
  tags: string[];
  is_ioc: boolean;
  sighted: boolean;
  ignore_similarity: boolean;
  created_at: Instant;
  verdict: Verdict | null;
  reports: { analyzer: string; verdict: Verdict; taxonomies: Taxonomy[]; at: Instant; job_id: string }[];
  seen_in: { alerts: number; cases: number };
}
export interface Attachment {
  id: string;
  name: string;
  size_bytes?: number;
  size?: number;
  sha256?: string;
  content_type?: string;
  created_at: Instant;
}
export interface TimelineItem {
  at: Instant;
  kind: string;
  title: string;
  detail: string | null;
  ref: { type: string; id: string } | null;
}
