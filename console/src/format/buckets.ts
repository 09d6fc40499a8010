import type { Histogram } from "../api/types";
import type { Range } from "./time";

const UNITS: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 7 * 86400e3 };
/** More bars than this would be thinner than a pixel. */
const MOST = 500;

/** The moment, in milliseconds, that an end of a range means: `now-15m` or RFC 3339 text. */
export function momentOf(end: string, now: number): number {
  const relative = /^now(?:-(\d+)([smhdw]))?$/.exec(end);
  if (!relative) return Date.parse(end);
  return now - Number(relative[1] ?? 0) * (UNITS[relative[2] ?? "s"] ?? 0);
}

/** Put empty buckets where the platform left them out, over the whole range asked for: gaps must be seen. */
export function filled(histogram: Histogram, range?: Range, now = Date.now()): Histogram {
  const width = histogram.width_us / 1000;
  const found = new Map(histogram.items.map((item) => [Date.parse(item.start), item]));
  const [known] = found.keys();
  if (known === undefined || !(width > 0)) return histogram;
  const starts = [...found.keys()];
  const ends = range ? [momentOf(range.from, now), momentOf(range.to, now) - 1].filter(Number.isFinite) : [];
  // Buckets lie on a grid of their width through any bucket that is there.
  const onGrid = (moment: number) => known + Math.floor((moment - known) / width) * width;
  const first = Math.min(...starts, ...ends.map(onGrid));
  const last = Math.max(...starts, ...ends.map(onGrid));
  if ((last - first) / width >= MOST) return histogram;
  const items = [];
  for (let start = first; start <= last; start += width) {
    items.push({ count: 0, ...found.get(start), start: new Date(start).toISOString() });
  }
  return { ...histogram, items };
}
