import { describe, expect, it } from "vitest";
import type { Panel } from "../api/dashboards";
import { shaped } from "./kinds";

const place = { x: 0, y: 0, w: 4, h: 4 };

describe("a panel's shape", () => {
  it("drops what the kind does not have, and what is empty", () => {
    const given: Panel = { id: "p", kind: "count", title: "", place, field: "a", size: 3, query: "x", source: "events" };
    expect(shaped(given)).toEqual({ id: "p", kind: "count", place, query: "x" });
  });
  it("drops fields that another source does not have", () => {
    const given: Panel = { id: "p", kind: "top", place, source: "alerts", field: "source.ip", size: 3 };
    expect(shaped(given)).toEqual({ id: "p", kind: "top", place, source: "alerts", size: 3 });
    expect(shaped({ ...given, field: "severity" }).field).toBe("severity");
    const measured: Panel = { ...given, measure: { of: "avg", field: "time_to_close_s" } };
    expect(shaped(measured).measure).toEqual({ of: "avg", field: "time_to_close_s" });
    expect(shaped({ ...measured, source: "cases", measure: { of: "avg", field: "event_count" } }).measure).toBeUndefined();
  });
  it("keeps a map over events", () => {
    expect(shaped({ id: "p", kind: "map", place, source: "alerts" }).source).toBeUndefined();
  });
});
