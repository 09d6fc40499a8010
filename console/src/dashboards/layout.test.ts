import { describe, expect, it } from "vitest";
import type { Panel, Place } from "../api/dashboards";
import { free, newId, placed, rows, settled, within } from "./layout";

const panel = (id: string, x: number, y: number, w = 4, h = 3): Panel => ({
  id,
  kind: "count",
  place: { x, y, w, h },
});
const places = (panels: Panel[]): Record<string, Place> =>
  Object.fromEntries(panels.map((one) => [one.id, one.place]));

describe("the grid", () => {
  it("lets panels fall upwards until they rest", () => {
    const found = places(settled([panel("a", 0, 5), panel("b", 0, 20), panel("c", 4, 9)]));
    expect(found).toEqual({
      a: { x: 0, y: 0, w: 4, h: 3 },
      b: { x: 0, y: 3, w: 4, h: 3 },
      c: { x: 4, y: 0, w: 4, h: 3 },
    });
  });
  it("makes room for the panel that is moved", () => {
    const found = places(placed([panel("a", 0, 0), panel("b", 4, 0)], "b", { x: 1, y: 0, w: 4, h: 3 }));
    expect(found.b).toEqual({ x: 1, y: 0, w: 4, h: 3 });
    expect(found.a).toEqual({ x: 0, y: 3, w: 4, h: 3 });
  });
  it("never lays two panels on each other, whatever is moved", () => {
    let panels = Array.from({ length: 9 }, (_, n) => panel(`p${n}`, (n * 4) % 12, Math.floor(n / 3) * 3));
    for (let n = 0; n < 60; n += 1) {
      const id = `p${n % 9}`;
      panels = placed(panels, id, { x: (n * 7) % 13, y: (n * 5) % 11, w: 1 + (n % 12), h: 1 + (n % 6) });
      const cells = panels.flatMap(({ place: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(Math.max(...panels.map(({ place }) => place.x + place.w))).toBeLessThanOrEqual(12);
    }
  });
  it("keeps a place within its columns", () => {
    expect(within({ x: 11, y: -3, w: 4, h: 1 })).toEqual({ x: 8, y: 0, w: 4, h: 2 });
    expect(within({ x: -2, y: 1.4, w: 99, h: 99 })).toEqual({ x: 0, y: 1, w: 12, h: 40 });
  });
  it("finds where a new panel fits", () => {
    expect(free([panel("a", 0, 0), panel("b", 8, 0)], 4, 3)).toEqual({ x: 4, y: 0, w: 4, h: 3 });
    expect(free([panel("a", 0, 0, 12, 2)], 6, 4).y).toBe(2);
    expect(rows([panel("a", 0, 4)])).toBe(7);
    expect(rows([])).toBe(0);
  });
  it("names a new panel by its title, and never twice the same", () => {
    expect(newId([], "Failed logins!")).toBe("failed-logins");
    expect(newId([panel("a", 0, 0), panel("a-2", 0, 0)], "a")).toBe("a-3");
    expect(newId([], "ÄÖ")).toBe("panel");
  });
});
