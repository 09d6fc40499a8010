import { describe, expect, it } from "vitest";
import { groupParams, listParams, statuses, tabOf } from "./filters";

describe("what the address asks of the alerts", () => {
  it("is the open ones when it says nothing", () => {
    expect(statuses(new URLSearchParams())).toEqual(["new", "in_progress"]);
    expect(tabOf(new URLSearchParams())).toBe("open");
  });

  it("knows its tab", () => {
    expect(tabOf(new URLSearchParams("status=all"))).toBe("all");
    expect(tabOf(new URLSearchParams("status=ignored&status=closed"))).toBe("closed");
    expect(statuses(new URLSearchParams("status=all"))).toEqual([]);
  });

  it("carries query, filters and order", () => {
    expect(listParams(new URLSearchParams("q=ssh&severity=4&rule=5712"))).toMatchObject({
      q: "ssh",
      severity: ["4"],
      rule: "5712",
      sort: "-last_at",
    });
  });

  it("is narrowed to a group", () => {
    const params = { q: "a OR b", status: ["new"] };
    expect(groupParams(params, "rule", { key: "5712" })).toEqual({ ...params, rule: ["5712"] });
    expect(groupParams(params, "group_key", { key: "203.0.113.7" }).q).toBe(
      "(a OR b) AND group_key:203.0.113.7",
    );
    expect(groupParams(params, "assignee", { key: "" }).q).toBe("(a OR b) AND NOT assignee:*");
  });
});
