import { describe, expect, it } from "vitest";
import { begin, go, redo, undo } from "./history";

describe("history", () => {
  it("goes back and forth, and a new state forgets what was undone", () => {
    let history = go(go(begin("a"), "b"), "c");
    history = undo(undo(history));
    expect(history.now).toBe("a");
    expect(undo(history)).toBe(history);
    history = redo(history);
    expect(history.now).toBe("b");
    history = go(history, "d");
    expect(redo(history)).toBe(history);
    expect(undo(history).now).toBe("b");
  });
  it("takes the same state again for none", () => {
    const history = begin({ a: 1 });
    expect(go(history, { a: 1 })).toBe(history);
  });
});
