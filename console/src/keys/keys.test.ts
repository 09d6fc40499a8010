import { describe, expect, it } from "vitest";
import { keyName, Sequence } from "./keys";

const press = (key: string, more = {}) =>
  keyName({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

describe("keys", () => {
  it("have one name on every system", () => {
    expect(press("Enter", { ctrlKey: true })).toBe("ctrl+enter");
    expect(press("Enter", { metaKey: true })).toBe("ctrl+enter");
    expect(press("?")).toBe("?");
    expect(press("Escape")).toBe("escape");
  });
});

describe("a sequence", () => {
  it("is one key of two, and its second does nothing else", () => {
    const sequence = new Sequence();
    expect(sequence.take("g", 0)).toBeUndefined();
    expect(sequence.take("a", 300)).toBe("g a");
    expect(sequence.take("a", 400)).toBe("a");
  });

  it("is forgotten when the second key is late", () => {
    const sequence = new Sequence();
    sequence.take("g", 0);
    expect(sequence.take("a", 1000)).toBe("a");
  });
});
