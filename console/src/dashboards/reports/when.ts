/** A cron schedule as people choose it: each day, some days of the week, a day of the month, or as cron. */
export type Every = "day" | "week" | "month" | "cron";

export interface When {
  every: Every;
  /** `07:00`. */
  time: string;
  /** 0 is Sunday, as in cron. */
  weekdays: string[];
  monthday: string;
  cron: string;
}

export const WEEKDAYS = [
  { value: "1", label: "Monday" },
  { value: "2", label: "Tuesday" },
  { value: "3", label: "Wednesday" },
  { value: "4", label: "Thursday" },
  { value: "5", label: "Friday" },
  { value: "6", label: "Saturday" },
  { value: "0", label: "Sunday" },
];

const PLAIN = /^(\d{1,2}) (\d{1,2}) (\*|\d{1,2}) \* (\*|[0-7](?:,[0-7])*)$/;

const two = (text: string) => text.padStart(2, "0");

/** Read a cron schedule as a choice; what is none of the simple ones stays cron. */
export function whenOf(cron: string): When {
  const when: When = { every: "cron", time: "07:00", weekdays: ["1"], monthday: "1", cron };
  const [, minute, hour, monthday, weekday] = PLAIN.exec(cron) ?? [];
  if (!minute || !hour || !monthday || !weekday || Number(minute) > 59 || Number(hour) > 23) return when;
  const time = `${two(hour)}:${two(minute)}`;
  if (monthday === "*" && weekday === "*") return { ...when, every: "day", time };
  if (monthday === "*") {
    const weekdays = [...new Set(weekday.split(",").map((day) => (day === "7" ? "0" : day)))];
    return { ...when, every: "week", time, weekdays };
  }
  return weekday === "*" ? { ...when, every: "month", time, monthday } : when;
}

/** Write the choice as cron. */
export function cronOf(when: When): string {
  if (when.every === "cron") return when.cron.trim();
  const [hour, minute] = when.time.split(":").map(Number);
  const at = `${minute || 0} ${hour || 0}`;
  if (when.every === "day") return `${at} * * *`;
  if (when.every === "month") return `${at} ${when.monthday} * *`;
  return `${at} * * ${when.weekdays.length ? [...when.weekdays].sort().join(",") : "1"}`;
}

/** Say it in words: `Monday, Friday 07:00`. */
export function wordsOf(cron: string): string {
  const when = whenOf(cron);
  if (when.every === "day") return `every day ${when.time}`;
  if (when.every === "month") return `day ${when.monthday} of the month ${when.time}`;
  if (when.every === "cron") return cron;
  const days = WEEKDAYS.filter((day) => when.weekdays.includes(day.value)).map((day) => day.label);
  return `${days.join(", ")} ${when.time}`;
}

export const SPANS = [
  { value: "|", label: "The dashboard's own time" },
  { value: "now-24h|now", label: "The last 24 hours" },
  { value: "now-1d/d|now/d", label: "The day before" },
  { value: "now-7d|now", label: "The last 7 days" },
  { value: "now-1w/w|now/w", label: "The week before" },
  { value: "now-30d|now", label: "The last 30 days" },
  { value: "now-1M/M|now/M", label: "The month before" },
];

/** Say a span in words. */
export function spanWords(from: string, to: string): string {
  return SPANS.find((span) => span.value === `${from}|${to}`)?.label ?? `${from} to ${to}`;
}
