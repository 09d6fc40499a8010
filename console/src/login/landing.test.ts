import { expect, it } from "vitest";
import { landing } from "./landing";

it("leads only to a page of our own after login", () => {
  expect(landing("/alerts?open=1")).toBe("/alerts?open=1");
  for (const elsewhere of [
    null,
    "",
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
  ]) {
    expect(landing(elsewhere)).toBe("/");
  }
});
