const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const pad = (n: number, width = 2) => String(n).padStart(width, "0");

/** The instant in the user's zone, as `2026-11-24 05:36:07.123`; milliseconds only when asked. */
export function local(instant: string, withMs = false): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return `${day} ${time}${withMs ? `.${pad(at.getMilliseconds(), 3)}` : ""}`;
}

/** The instant in UTC with all its digits, for the hover. */
export function utc(instant: string): string {
  return `${instant.replace("T", " ").replace(/(Z|\+00:00)$/, "")} UTC`;
}

/** `12 s`, `5 min`, `3 h`, `4 d`: how long ago, or ahead. */
export function age(instant: string, now: number = Date.now()): string {
  const ms = now - new Date(instant).getTime();
  if (Number.isNaN(ms)) return "";
  // Ages are told in whole seconds: the clock that renews them is slower than that anyway.
  const text = duration(Math.max(1000, Math.abs(ms)));
  return ms < -MINUTE ? `in ${text}` : text;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}

export interface Range {
  from: string;
  to: string;
}
export const RANGES: [string, string][] = [
  ["now-15m", "15 minutes"],
  ["now-1h", "1 hour"],
  ["now-4h", "4 hours"],
  ["now-24h", "24 hours"],
  ["now-7d", "7 days"],
  ["now-30d", "30 days"],
  ["now-90d", "90 days"],
];

/** Say a range in words: the named ones by name, others by their ends. */
export function rangeText({ from, to }: Range): string {
  const named = RANGES.find(([value]) => value === from);
  if (named && to === "now") return `Last ${named[1]}`;
  const end = (text: string) => (text.startsWith("now") ? text : local(text));
  return `${end(from)} to ${end(to)}`;
}

/** An instant some microseconds after another, in the form the API wants. */
export function after(instant: string, us: number): string {
  return new Date(new Date(instant).getTime() + us / 1000).toISOString();
}

/** The zone times are shown in, and how far it is from UTC now. */
export function zoneText(now = new Date()): string {
  const ahead = -now.getTimezoneOffset();
  const sign = ahead < 0 ? "-" : "+";
  const offset = `${sign}${pad(Math.floor(Math.abs(ahead) / 60))}:${pad(Math.abs(ahead) % 60)}`;
  return `Times are ${Intl.DateTimeFormat().resolvedOptions().timeZone} (UTC${offset})`;
}
