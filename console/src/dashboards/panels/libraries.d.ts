declare module "topojson-client" {
  /** Turn an object of a topology into GeoJSON. */
  export function feature(
    topology: unknown,
    object: unknown,
  ): {
    type: "FeatureCollection";
    features: { id?: string | number; properties: Record<string, unknown> | null }[];
  };
}
declare module "world-atlas/countries-110m.json" {
  const shapes: { objects: { countries: unknown } };
  export default shapes;
}
declare module "i18n-iso-countries/codes.json" {
  const codes: [string, string, string, string][];
  export default codes;
}
