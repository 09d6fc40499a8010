import { describe, expect, it } from "vitest";
import { readEnd } from "../parts/readEnd";
import { bytes, count, text } from "./number";
import { after, age, duration, local, rangeText, utc } from "./time";

describe("time", () => {
  it("tells how long ago", () => {
    const now = Date.parse("2026-11-24T06:00:00Z");
    expect(age("2026-11-24T05:59:48Z", now)).toBe("12 s");
    expect(age("2026-11-24T05:59:59.900Z", now)).toBe("1 s");
    expect(age("2026-11-24T05:55:00Z", now)).toBe("5 min");
    expect(age("2026-11-24T01:00:00Z", now)).toBe("5 h");
    expect(age("2026-11-20T06:00:00Z", now)).toBe("4 d");
    expect(age("2026-11-24T08:00:00Z", now)).toBe("in 2 h");
  });

  it("keeps all digits in UTC and only milliseconds in local time", () => {
    expect(utc("2026-11-24T05:59:48.123456Z")).toBe("2026-11-24 05:59:48.123456 UTC");
    expect(local("2026-11-24T05:59:48.123456Z", true)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:48\.123$/);
    expect(local("nonsense")).toBe("nonsense");
  });

  it("names ranges", () => {
    expect(rangeText({ from: "now-24h", to: "now" })).toBe("Last 24 hours");
    expect(rangeText({ from: "now-3h", to: "now" })).toBe("now-3h to now");
  });

  it("adds microseconds", () => {
    expect(after("2026-11-24T05:00:00.000000Z", 60_000_000)).toBe("2026-11-24T05:01:00.000Z");
  });

  it("says durations", () => {
    expect(duration(310)).toBe("310 ms");
    expect(duration(90_000)).toBe("2 min");
  });
});

describe("readEnd", () => {
  it("takes relative text as it is and dates as instants", () => {
    expect(readEnd("now")).toBe("now");
    expect(readEnd(" now-90m ")).toBe("now-90m");
    expect(readEnd("2026-11-24T05:00:00Z")).toBe("2026-11-24T05:00:00.000Z");
    expect(readEnd("2026-11-24 05:00")).toBe(new Date(2026, 10, 24, 5, 0).toISOString());
  });

  it("refuses what is no time", () => {
    expect(readEnd("")).toBeNull();
    expect(readEnd("yesterday-ish")).toBeNull();
    expect(readEnd("now-5")).toBeNull();
  });
});

describe("numbers", () => {
  it("are grouped, and absent ones are a dash", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect(count(null)).toBe("–");
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(bytes(12)).toBe("12 B");
  });

  it("any value has a text", () => {
    expect(text(["a", 1])).toBe("a, 1");
    expect(text({ a: 1 })).toBe('{"a":1}');
    expect(text(null)).toBe("");
    expect(text(false)).toBe("false");
  });
});
