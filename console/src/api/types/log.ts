/** Events, sources and agents. */
import type { Instant, Json } from "./base";

export interface TocsinEvent {
  id: string;
  commit?: number;
  "@timestamp": Instant;
  received_at: Instant;
  message: string;
  source: string;
  sequence: number;
  fields: Record<string, Json>;
  /** Left out in lists, where it would say the same as `fields` once more. */
  document?: Record<string, Json>;
}
export interface Histogram {
  width_us: number;
  items: { start: Instant; count: number; parts?: number[] }[];
  total: number;
  /** The field each step is broken down by, and its commonest values, in the order of `parts`. */
  field?: string;
  values?: string[];
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

export interface Refusal {
  reason: string;
  kind: "lost" | "dropped" | "faulty";
  count: number;
  last_at: Instant | null;
}
/** A reason with the beginnings of the newest records refused for it. */
export interface Refused extends Refusal {
  samples: { text: string; size_bytes: number; at: Instant }[];
}
export interface TopValues {
  field: string;
  items: ValueCount[];
  /** Events selected, and those of them that have the field. */
  total: number;
  present: number;
}
export interface TailAnswer {
  items: TocsinEvent[];
  commit: number;
  more: boolean;
  dropped: number;
  skipped: number;
}
/** A search as it is saved. */
export interface SearchDocument {
  q: string;
  from: string;
  to: string;
  order: string;
  sort: string;
  columns: string[];
  widths: Record<string, number>;
  interval: string;
  by: string;
}
export interface SavedSearch {
  id: string;
  name: string;
  description: string;
  tags: string[];
  owner: string;
  shared: boolean;
  own: boolean;
  may_change: boolean;
  search: SearchDocument;
  version: number;
  created_at: Instant;
  updated_at: Instant;
  updated_by: string;
}
/** The way of a line through analysis. */
export interface Explanation {
  decoder: string | null;
  decoders: { name: string; outcome: string; clause: string; pattern: string; child: boolean; near: boolean }[];
  rules: {
    id: string;
    level: number;
    description: string;
    file: string;
    line: number;
    depth: number;
    outcome: string;
    note: string;
  }[];
  verdict: { id: string; level: number; description: string } | null;
  decoders_left_out: number;
  rules_left_out: number;
}

export interface Source {
  id: string;
  kind: string;
  name: string;
  /** Records that wait at the sender; null where it does not tell. */
  waiting: number | null;
  received: number;
  stored: number;
  duplicates: number;
  refused: number;
  /** Of those refused, the ones nothing was wrong with. */
  lost: number;
  under_way: number;
  refusals: Refusal[];
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
