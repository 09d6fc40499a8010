/** Indicators, rules, playbooks, decisions, jobs, and the overview. */
import type { Instant, Json, Severity, Tlp, Verdict } from "./base";
import type { Histogram } from "./log";

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
  version: string;
  edited: boolean;
  level: string;
  logsource: string | null;
  status: string | null;
  type: string | null;
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
  /** Null for rules that are not of ElastAlert's kinds. */
  watch?: RuleWatch | null;
}
export interface RuleWatch {
  mode: "exact" | "compat";
  type: string;
  lateness_s: number;
  run_every_s: number;
  realert_s: number;
  /** In words, where the other mode would answer differently. */
  modes_differ: string[];
  notify: { service: string; means: string | null; options: Record<string, unknown> }[];
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
