import { describe, expect, it } from "vitest";
import { matchedFields, pieces } from "./highlight";

describe("what matched", () => {
  it("is cut out of the text, whatever its case", () => {
    expect(pieces("Failed password from 1.2.3.4", ["1.2.3.4", "failed PASSWORD"])).toEqual([
      { text: "Failed password", isMatch: true },
      { text: " from ", isMatch: false },
      { text: "1.2.3.4", isMatch: true },
    ]);
  });

  it("takes values as text, not as patterns, and the longest first", () => {
    expect(pieces("a1x2 1.2", ["1.2"]).filter((piece) => piece.isMatch)).toEqual([
      { text: "1.2", isMatch: true },
    ]);
    expect(pieces("rooted", ["root", "rooted"])).toEqual([{ text: "rooted", isMatch: true }]);
  });

  it("ignores values too short to say anything", () => {
    expect(pieces("a b 7", ["7", " ", ""])).toEqual([{ text: "a b 7", isMatch: false }]);
  });

  it("names the fields", () => {
    expect(
      matchedFields([
        { field: "a", condition: "", value: "" },
        { field: "", condition: "", value: "" },
      ]),
    ).toEqual(new Set(["a"]));
  });
});
