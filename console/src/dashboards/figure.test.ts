import { describe, expect, it } from "vitest";
import { change, escaped, figure, measured } from "./figure";

describe("figures", () => {
  it("are shown in their unit", () => {
    expect(figure(12345)).toBe("12,345");
    expect(figure(null)).toBe("–");
    expect(figure(0.123456)).toBe("0.1235");
    expect(figure(90, { of: "avg", field: "time_to_close_s" })).toBe("2 min");
    expect(figure(2048, { of: "sum", field: "http.response.body.bytes" })).toBe("2.0 KiB");
    expect(figure(3, { of: "unique", field: "file.size" })).toBe("3");
  });
  it("are compared with those before", () => {
    expect(change(120, 100)).toBe("+20 %");
    expect(change(97.5, 100)).toBe("−2.5 %");
    expect(change(100, 100)).toBe("±0 %");
    expect(change(5, 0)).toBe("");
    expect(change(null, 3)).toBe("");
  });
  it("say what they are", () => {
    expect(measured(undefined, "events")).toBe("events");
    expect(measured({ of: "p95", field: "x" }, "events")).toBe("95th percentile of x");
  });
  it("leave no way for hostile text", () => {
    expect(escaped(`<img src=x onerror="a('b')">&`)).toBe(
      "&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;",
    );
  });
});
