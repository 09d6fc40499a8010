/** The shapes the platform's REST API speaks. Instants are RFC 3339 text in UTC. */

export type Severity = 1 | 2 | 3 | 4;
export type Instant = string;
export type Tlp = 0 | 1 | 2 | 3 | 4;
export type Pap = 0 | 1 | 2 | 3;
export type Verdict = "safe" | "info" | "suspicious" | "malicious";
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface Page<T> {
  items: T[];
  next?: string | null;
  total?: number | null;
}

export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  errors?: { loc: (string | number)[] | string; msg: string }[];
  position?: { offset: number; line: number; column: number };
}

export interface User {
  login: string;
  name: string;
  role: string;
  permissions: string[];
}
export interface Session {
  user: User;
}
export interface Assignee {
  login: string;
  name: string;
}

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

export interface TocsinEvent {
  id: string;
  commit?: number;
  "@timestamp": Instant;
  received_at: Instant;
  message: string;
  source: string;
  sequence: number;
  fields: Record<string, Json>;
  document: Record<string, Json>;
}
export interface Histogram {
  width_us: number;
  items: { start: Instant; count: number }[];
  total: number;
}
export interface FieldInfo {
  name: string;
  type: string;
  count: number;
  aliases: string[];
}
export interface ValueCount {
  value: Json;
  count: number;
}

export interface Source {
  id: string;
  kind: string;
  name: string;
  received: number;
  stored: number;
  duplicates: number;
  refused: number;
  refusals: { reason: string; count: number; last_at: Instant | null }[];
  mark: number | null;
  last_at: Instant | null;
  lag_ms: number | null;
}
export interface Agent {
  id: string;
  name: string;
  status: "active" | "silent" | "never" | "revoked";
  version: string | null;
  os: string | null;
  addresses: string[];
  last_seen_at: Instant | null;
  enrolled_at: Instant;
  mark: number | null;
  spool: { records?: number; bytes?: number; refused?: number } | null;
  collectors: Record<string, Json>;
  inventory?: Json;
}
export interface EnrolToken {
  id?: string;
  token?: string;
  name?: string | null;
  uses?: number | null;
  expires_at: Instant | null;
  command?: string;
}

export interface Indicator {
  id: string;
  kind: string;
  value: string;
  feed: string;
  source: string | null;
  confidence: number;
  tlp: Tlp;
  tags: string[];
  comment: string | null;
  valid_until: Instant | null;
  first_seen_at: Instant | null;
  last_seen_at: Instant | null;
  event_info: string | null;
}
export interface Lookup {
  value: string;
  kind: string;
  verdict: Verdict | null;
  indicators: Indicator[];
  warninglists: { name: string; category: string }[];
  events: { count: number; first_at: Instant | null; last_at: Instant | null };
  alerts: number;
  cases: number;
}
export interface Feed {
  name: string;
  format: string;
  indicators: number;
  last_import_at: Instant | null;
  last_error: string | null;
  refused: number;
}
export interface Warninglist {
  name: string;
  type: string;
  category: string;
  entries: number;
  enabled: boolean;
}
export interface ImportResult {
  added: number;
  updated: number;
  unchanged?: number;
  /** Those the feed held before and the file does not state. */
  removed?: number;
  refused_count?: number;
  refused: { line: number; reason: string; value: string }[];
}

export interface Playbook {
  name: string;
  description: string;
  triggers: { event: string; when: string | null }[];
  steps: { name: string; action: string; when: string | null }[];
  /** Null when the playbook was refused: then `problems` say why. */
  version: string | null;
  problems: string[];
  text?: string;
  source_path?: string;
}
export interface Rule {
  id: string;
  name: string;
  kind: string;
  enabled: boolean;
  severity: Severity;
  source_path: string;
  techniques: string[];
  tags: string[];
  last_match_at: Instant | null;
  matches: number;
  text?: string;
  description?: string;
  source_line?: number | null;
  evaluations?: number;
  errors?: number;
  mean_ns?: number;
}
export interface RuleProblem {
  path: string;
  line: number | null;
  column: number | null;
  reason: string;
  subject: string | null;
}
export type RunStatus = "waiting" | "running" | "success" | "failure" | "cancelled";
export interface Step {
  name: string;
  action: string;
  status: RunStatus | string;
  started_at: Instant | null;
  ended_at: Instant | null;
  input: Json;
  output: Json;
  error: string | null;
}
export interface Run {
  id: string;
  playbook: string;
  version: string;
  subject_type: string;
  subject_id: string;
  status: RunStatus;
  started_at: Instant | null;
  ended_at: Instant | null;
  error: string | null;
  steps: Step[];
}
export interface Decision {
  id: string;
  run_id: string | null;
  subject_type: string;
  subject_id: string;
  outcome: "close" | "escalate" | "none";
  resolution: string | null;
  verdict: Verdict | null;
  reasons: string[];
  score?: number | null;
  /** How the score came about: every fact looked for, whether it held, and what it weighed. */
  arithmetic?: { name: string; points: number; held: boolean; reason: string }[];
  /** What would have led to another outcome. */
  flips?: string[];
  undo_reason?: string | null;
  facts: Record<string, Json>;
  policy: { playbook: string; version: string; step: string } | null;
  at: Instant;
  by: string;
  undone_at: Instant | null;
  undone_by: string | null;
  undoable: boolean;
}
/** A decision's stored facts judged again by its own policy. */
export interface Replay {
  before: string;
  after: string;
  score: number | null;
  changed: boolean;
  differences: string[];
}
export interface Job {
  id: string;
  analyzer: string;
  status: "waiting" | "running" | "success" | "failure";
  error: string | null;
  report: { verdict: Verdict; summary: string } | null;
}

export interface Overview {
  events: { count: number; histogram: Histogram | Histogram["items"] };
  alerts: {
    new: number;
    in_progress: number;
    closed: number;
    by_severity: Record<string, number>;
    auto_closed: number;
  };
  cases: { open: number; new: number; by_severity: Record<string, number> };
  top_rules: TopItem[];
  top_attackers: TopItem[];
  agents: { active: number; silent: number };
  sources: { count: number; refused: number };
  detect: { lag_ms: number | null };
  store: { days: number; size_bytes: number };
}
export interface TopItem {
  id?: string;
  key?: string;
  name?: string;
  label?: string;
  value?: string;
  count: number;
}
