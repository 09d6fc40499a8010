import codes from "i18n-iso-countries/codes.json";
import { feature } from "topojson-client";
import shapes from "world-atlas/countries-110m.json";

/** Shapes of Natural Earth (public domain), as TopoJSON by world-atlas; countries by their ISO 3166 numbers. */
const TWO_LETTERS = new Map(codes.map(([two, , number]) => [number, two]));
const NAMES = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

type Point = [number, number];
type Ring = Point[];
interface Country {
  id?: string | number;
  properties: { name: string; code: string };
  geometry: { type: "Polygon"; coordinates: Ring[] } | { type: "MultiPolygon"; coordinates: Ring[][] };
}

const ANTARCTICA = "010";

/** The world as GeoJSON, each country with its two-letter code; without Antarctica, which has none on the net. */
export const world = {
  type: "FeatureCollection",
  features: (feature(shapes, shapes.objects.countries).features as unknown as Country[])
    .filter((country) => String(country.id) !== ANTARCTICA)
    .map(flat),
};

function flat(country: Country): Country {
  const number = String(country.id ?? "").padStart(3, "0");
  const { name } = country.properties;
  const shape = country.geometry;
  const geometry: Country["geometry"] =
    shape.type === "Polygon"
      ? { type: shape.type, coordinates: shape.coordinates.map(unwrapped) }
      : { type: shape.type, coordinates: shape.coordinates.map((rings) => rings.map(unwrapped)) };
  return { ...country, geometry, properties: { name, code: TWO_LETTERS.get(number) ?? name } };
}

/** A coast that crosses the date line goes on beyond 180 degrees, instead of around the world. */
export function unwrapped(ring: Ring): Ring {
  let turn = 0;
  let before = ring[0]?.[0] ?? 0;
  const found = ring.map(([longitude, latitude]): Point => {
    if (longitude + turn - before > 180) turn -= 360;
    if (longitude + turn - before < -180) turn += 360;
    before = longitude + turn;
    return [before, latitude];
  });
  const isWest = found.some(([longitude]) => longitude < -180);
  return isWest ? found.map(([longitude, latitude]) => [longitude + 360, latitude]) : found;
}

/** A country's name in English; what is no code comes back as it is. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (NAMES.of(code) ?? code) : code;
}
