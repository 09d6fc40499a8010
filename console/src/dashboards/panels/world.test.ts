import { describe, expect, it } from "vitest";
import { countryName, world } from "./world";

describe("the map", () => {
  it("knows countries by their two letters", () => {
    const codes = world.features.map((country) => country.properties?.code);
    for (const code of ["FR", "US", "CN", "BR", "ZA", "RU", "NL", "IR"]) expect(codes).toContain(code);
    expect(codes.filter((code) => !/^[A-Z]{2}$/.test(String(code)))).toEqual(
      expect.arrayContaining(["Kosovo", "N. Cyprus", "Somaliland"]),
    );
  });
  it("has no coast that runs around the world", () => {
    const rings = world.features.flatMap(({ geometry }) =>
      geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat(),
    );
    const leaps = rings.flatMap((ring) => ring.slice(1).map(([x], at) => Math.abs(x - (ring[at]?.[0] ?? x))));
    expect(Math.max(...leaps)).toBeLessThan(90);
    const all = rings.flat().map(([x]) => x);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(-180);
    expect(Math.max(...all)).toBeLessThan(200);
  });
  it("names them", () => {
    expect(countryName("FR")).toBe("France");
    expect(countryName("nowhere")).toBe("nowhere");
  });
});
