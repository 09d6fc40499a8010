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
