import { describe, expect, it } from "vitest";
import { filled, momentOf } from "./buckets";

const MINUTE_US = 60_000_000;
const bucket = (minute: string, count: number) => ({ start: `2026-11-24T05:${minute}:00.000000Z`, count });
const counts = (items: { count: number }[]) => items.map((item) => item.count);

describe("momentOf", () => {
  const now = Date.parse("2026-11-24T06:00:00Z");
  it("reads relative and absolute ends", () => {
    expect(momentOf("now", now)).toBe(now);
    expect(momentOf("now-15m", now)).toBe(now - 900_000);
    expect(momentOf("now-2d", now)).toBe(now - 172_800_000);
    expect(momentOf("2026-11-24T05:00:00Z", now)).toBe(now - 3_600_000);
  });
});

describe("filled", () => {
  it("shows the gaps between buckets", () => {
    const histogram = { width_us: MINUTE_US, total: 5, items: [bucket("10", 2), bucket("13", 3)] };
    expect(counts(filled(histogram).items)).toEqual([2, 0, 0, 3]);
  });

  it("reaches over the range asked for, its end left out", () => {
    const histogram = { width_us: MINUTE_US, total: 2, items: [bucket("10", 2)] };
    const range = { from: "2026-11-24T05:08:30Z", to: "2026-11-24T05:12:00Z" };
    const { items } = filled(histogram, range);
    expect(counts(items)).toEqual([0, 0, 2, 0]);
    expect(items[0]?.start).toBe("2026-11-24T05:08:00.000Z");
  });

  it("leaves an empty one and one of too many bars as they are", () => {
    const empty = { width_us: MINUTE_US, total: 0, items: [] };
    expect(filled(empty)).toBe(empty);
    const long = { width_us: MINUTE_US, total: 1, items: [bucket("10", 1)] };
    expect(filled(long, { from: "2020-01-01T00:00:00Z", to: "now" })).toBe(long);
  });
});
