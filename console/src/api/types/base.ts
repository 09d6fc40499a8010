/** Scales, pages, problems, sessions. Instants are RFC 3339 text in UTC. */

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
  location?: string;
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
