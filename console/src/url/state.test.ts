import { describe, expect, it } from "vitest";
import { queryString } from "../api/client";
import { changed } from "./state";

describe("the state in the address", () => {
  it("takes changes and forgets what became empty", () => {
    const now = new URLSearchParams("q=a&status=new&status=closed&open=7");
    const next = changed(now, { q: "b", open: null });
    expect([next.get("q"), next.getAll("status"), next.has("open")]).toEqual(["b", ["new", "closed"], false]);
    expect(changed(now, { status: ["new"] }).getAll("status")).toEqual(["new"]);
    expect(changed(now, { status: [] }).has("status")).toBe(false);
    expect(now.get("q")).toBe("a");
  });

  it("is written as a query for the API, lists repeated, empty values left out", () => {
    expect(queryString({ q: "a b", status: ["new", "closed"], cursor: null, sort: "" })).toBe(
      "?q=a+b&status=new&status=closed",
    );
    expect(queryString({})).toBe("");
    expect(queryString({ dry: false, n: 0 })).toBe("?dry=false&n=0");
  });
});
