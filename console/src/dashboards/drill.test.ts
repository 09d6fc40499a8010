import { describe, expect, it } from "vitest";
import type { Panel } from "../api/dashboards";
import { joined, rowsLink, stepRange, withFilter } from "./drill";

const range = { from: "now-24h", to: "now" };
const panel = (more: Partial<Panel>): Panel => ({
  id: "p",
  kind: "top",
  place: { x: 0, y: 0, w: 1, h: 1 },
  ...more,
});
const query = (link: string) => new URLSearchParams(link.split("?")[1]);

describe("drilling down", () => {
  it("joins queries so that an OR in one does not reach into another", () => {
    expect(joined(["a OR b", "", undefined, "c", "*"])).toBe("(a OR b) AND c");
    expect(joined(["a OR b"])).toBe("a OR b");
    expect(joined([])).toBe("");
  });
  it("opens the events with the query, the filters, the value and the time", () => {
    const link = rowsLink(panel({ query: "rule.level:>=7" }), ["host.name:web"], range, {
      fields: [["user.name", 'an "odd" one']],
    });
    expect(link).toMatch(/^\/search\?/);
    expect(query(link).get("q")).toBe('rule.level:>=7 AND host.name:web AND user.name:"an \\"odd\\" one"');
    expect(query(link).get("from")).toBe("now-24h");
  });
  it("opens alerts without the filters of events, of every status, by when they were opened", () => {
    const link = rowsLink(panel({ source: "alerts" }), ["host.name:web"], { from: "A", to: "B" }, {
      fields: [
        ["severity", "high"],
        ["technique", "T1110"],
      ],
    });
    expect(link).toMatch(/^\/alerts\?/);
    expect(query(link).get("q")).toBe("severity:high AND created_at:[A TO B]");
    expect(query(link).get("status")).toBe("all");
  });
  it("takes a step of time from its start to the next", () => {
    const answer = { starts: ["2026-11-24T10:00:00.000000Z"], width_us: 3_600_000_000 };
    expect(stepRange(answer, 0)).toEqual({
      from: "2026-11-24T10:00:00.000Z",
      to: "2026-11-24T11:00:00.000Z",
    });
    expect(stepRange(answer, 1)).toBeUndefined();
  });
  it("adds no filter twice", () => {
    expect(withFilter(["a:1"], "a:1")).toEqual(["a:1"]);
    expect(withFilter(["a:1 AND b:2"], "b:2")).toEqual(["a:1 AND b:2"]);
    expect(withFilter(["a:1"], "b:2")).toEqual(["a:1", "b:2"]);
  });
});
