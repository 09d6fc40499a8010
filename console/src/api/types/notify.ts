import type { Instant } from "./base";

export interface ChannelField {
  name: string;
  type: string;
  required: boolean;
  secret: boolean;
  description: string;
}

export interface ChannelKind {
  name: string;
  label: string;
  fields: ChannelField[];
}

export interface Channel {
  name: string;
  kind: string;
  label: string;
  options: Record<string, unknown>;
  secrets: string[];
  hosts: string[];
  enabled: boolean;
  per_minute: number;
  of_settings: boolean;
  problem: string | null;
}

export interface Route {
  name: string;
  of_settings: boolean;
  channels: string[];
  events: string[];
  severity: string;
  rules: string[];
  tags: string[];
  assignees: string[];
  quiet: { start: string; end: string; zone: string; below: string } | null;
  digest_minutes: number;
  enabled: boolean;
}

export interface OutboxMessage {
  id: string;
  channel: string;
  status: "waiting" | "sent" | "dead";
  route: string | null;
  event: string;
  subject_id: string | null;
  title: string;
  attempts: number;
  created_at: Instant;
  due_at: Instant | null;
  sent_at: Instant | null;
  error: string | null;
}

export interface Outbox {
  items: OutboxMessage[];
  counts: Record<"waiting" | "sent" | "dead", number>;
}

export interface MailPreference {
  address: string;
  events: string[];
  available: boolean;
}
