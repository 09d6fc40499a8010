/** Detections: their health, texts, versions, cases, and what is done to many at once. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, url } from "./client";
import type { Instant, Json, Page, Rule, Severity } from "./types";

export type HealthState = "off" | "failing" | "dead" | "noisy" | "silent" | "fine";

export interface RuleHealth {
  rule_id: string;
  state: HealthState;
  reasons: string[];
  last_match_at: Instant | null;
  lag_ms: number;
  cpu_ms: number;
  alerts: number;
  alerts_per_day: number;
  busiest_day_alerts: number;
  judged: number;
  precision: number | null;
  days?: { day: string; alerts: number }[];
  closed_as?: Record<string, number>;
}
export interface RuleVersion {
  number: number;
  version: string;
  name: string;
  origin: "file" | "edit" | "rollback" | "discard";
  path: string;
  note: string;
  saved_by: string;
  saved_at: Instant;
}
export interface CaseResult {
  name: string;
  passed: boolean;
  expected: Record<string, number>;
  found: Record<string, number>;
}
export interface Remark {
  line: number;
  column: number;
  reason: string;
}
export interface Checked {
  rule: {
    id: string;
    name: string;
    kind: string;
    version: string;
    level: string;
    severity: Severity;
    logsource: string | null;
    type: string | null;
    techniques: string[];
    tags: string[];
    description: string;
  };
  enabled: boolean;
  remarks: Remark[];
  cases: CaseResult[];
}
export interface Saved {
  rule: Rule;
  number: number;
  remarks: Remark[];
  cases: CaseResult[];
}
export interface Condition {
  how: "all" | "any" | "not" | "one";
  text: string;
  held: boolean;
  field: string | null;
  value: string | null;
  present: boolean;
  parts: Condition[];
}
export interface Trial {
  matched: boolean;
  conditions: Condition;
}
export interface Report {
  from_at: Instant;
  to_at: Instant;
  complete: boolean;
  stopped_by: string | null;
  events: number;
  matched: number;
  held_back: number;
  alerts: number;
  busiest_day_alerts: number;
  days: { day: string; alerts: number }[];
  top_keys: { group_field: string; group_key: string; alerts: number; events: number }[];
  samples: { at: Instant; title: string; group_key: string; event_ids: string[] }[];
  closed_as: Record<string, number>;
  cpu_s_per_million_events: number;
  notes: string[];
}
export interface ComparedAlert {
  group_key: string;
  day: string;
  title: string;
  at: Instant;
  event_ids: string[];
}
export interface Comparison {
  events: number;
  complete: boolean;
  stopped_by: string | null;
  new_alerts: number;
  gone_alerts: number;
  same_alerts: number;
  new_events: number;
  gone_events: number;
  new: ComparedAlert[];
  gone: ComparedAlert[];
}
export interface Where {
  ids?: string[];
  levels?: string[];
  tags?: string[];
  kinds?: string[];
  logsource?: string;
  text?: string;
}
export interface SwitchOrder {
  enabled: boolean;
  where: Where;
  override?: string;
  reason?: string;
}
export interface SwitchPlan {
  enabled: boolean;
  count: number;
  unchanged: number;
  rules: { id: string; name: string; level: string; alerts?: number; busiest_day_alerts?: number }[];
  refused: { id: string; name: string; reason: string }[];
  budget: number | null;
  backtest: { events: number; stopped_by: string | null; busiest_day: number } | null;
  change: SwitchChange | null;
}
export interface SwitchChange {
  id: string;
  enabled: boolean;
  rules: number;
  changed_by: string;
  changed_at: Instant;
  undone_at: Instant | null;
}
export interface RuleCoverage {
  logsource: string | null;
  logs_seen: boolean | null;
  can_match: boolean;
  fields: { name: string; names: string[]; seen: string[]; excludes: boolean }[];
  sentences: string[];
}
export interface Technique {
  id: string;
  name: string;
  tactics: string[];
  enabled: number;
  disabled: number;
  fired: number;
  matches: number;
}
export interface Attack {
  tactics: string[];
  covered: number;
  untagged_rules: number;
  techniques: Technique[];
}
export interface CoveringRule {
  id: string;
  name: string;
  kind: string;
  enabled: boolean;
  matches: number;
  techniques: string[];
}
export interface Gaps {
  at: Instant;
  rules: number;
  fields: { name: string; rules: number }[];
  dead: { rule_id: string; name: string; enabled: boolean; logsource: string | null; missing: string[] }[];
}
export interface RetestResult {
  id: string;
  started_at: Instant;
  started_by: string;
  rules: number;
  cases: number;
  failed: { rule_id: string; name: string; case: string; reason: string }[];
  dead: number;
  silent_rules: number;
  newly_failed: { rule_id: string; name: string; case: string; reason: string }[];
  newly_dead: { rule_id: string; name: string; reason: string }[];
  newly_silent: { rule_id: string; name: string }[];
}
export interface ExceptionItem {
  id: string;
  rule_id: string | null;
  condition: string;
  owner: string;
  reason: string;
  expires_at: Instant;
  expired: boolean;
  hits: number;
  last_hit_at: Instant | null;
  created_by: string;
  created_at: Instant;
}

export const ruleUrl = (id: string, rest = "") => `/rules/${encodeURIComponent(id)}${rest}`;
export const layerUrl = (score: string) => url("/coverage/attack/navigator", { score });

export function useRules() {
  return useQuery({ queryKey: ["rules", "list"], queryFn: () => api.get<Page<Rule>>("/rules") });
}

export function useHealth() {
  return useQuery({
    queryKey: ["rules", "health"],
    queryFn: () => api.get<Page<RuleHealth>>("/rules/health"),
    staleTime: 60_000,
  });
}

export function useRule(id: string) {
  return useQuery({ queryKey: ["rules", "one", id], queryFn: () => api.get<Rule>(ruleUrl(id)), enabled: !!id });
}

/** What the platform knows of a rule besides itself, such as its health or versions. */
export function useAspect<T>(id: string, aspect: string) {
  return useQuery({
    queryKey: ["rules", "one", id, aspect],
    queryFn: () => api.get<T>(ruleUrl(id, `/${aspect}`)),
  });
}

export function useRenewRules() {
  const client = useQueryClient();
  return () => Promise.all([client.invalidateQueries({ queryKey: ["rules"] }), client.invalidateQueries({ queryKey: ["coverage"] })]);
}

export const checkText = (body: { text: string; cases: string | null; rule_id: string }) =>
  api.post<Checked>("/rules/check", body);
export const tryText = (text: string, event: { fields: Json; message: string }) =>
  api.post<Trial>("/rules/test", { text, event });
export const backtestText = (text: string) => api.post<Report>("/rules/backtest", { text });
export const compareText = (rule_id: string, text: string) =>
  api.post<Comparison>("/rules/diff", { rule_id, text });
export const switchMany = (order: SwitchOrder, dry_run: boolean) =>
  api.post<SwitchPlan>("/rules/switches", { ...order, dry_run });
