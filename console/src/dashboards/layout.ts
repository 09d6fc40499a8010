import type { Panel, Place } from "../api/dashboards";

export const COLUMNS = 12;
/** Height of a row and the gap between panels, in pixels. */
export const ROW = 40;
export const GAP = 8;
const TALLEST = 40;

function meet(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Keep a place within the grid. */
export function within(place: Place): Place {
  const w = Math.min(COLUMNS, Math.max(1, Math.round(place.w)));
  const h = Math.min(TALLEST, Math.max(2, Math.round(place.h)));
  const x = Math.min(COLUMNS - w, Math.max(0, Math.round(place.x)));
  return { x, y: Math.max(0, Math.round(place.y)), w, h };
}

/** Let panels fall upwards until they rest; `first`, the one that was moved, goes before others of its row. */
export function settled(panels: Panel[], first?: string): Panel[] {
  const order = [...panels].sort(
    (a, b) =>
      a.place.y - b.place.y || Number(b.id === first) - Number(a.id === first) || a.place.x - b.place.x,
  );
  const resting: Place[] = [];
  const places = new Map<string, Place>();
  for (const panel of order) {
    const place = { ...panel.place };
    const isFree = () => !resting.some((other) => meet(place, other));
    while (!isFree()) place.y += 1;
    while (place.y > 0) {
      place.y -= 1;
      if (isFree()) continue;
      place.y += 1;
      break;
    }
    resting.push(place);
    places.set(panel.id, place);
  }
  return panels.map((panel) => ({ ...panel, place: places.get(panel.id) ?? panel.place }));
}

/** Put a panel somewhere; the others make room. */
export function placed(panels: Panel[], id: string, place: Place): Panel[] {
  const target = within(place);
  return settled(
    panels.map((panel) => (panel.id === id ? { ...panel, place: target } : panel)),
    id,
  );
}

/** Where a new panel of a size fits, from the top. */
export function free(panels: Panel[], w: number, h: number): Place {
  for (let y = 0; ; y += 1) {
    for (let x = 0; x + w <= COLUMNS; x += 1) {
      const place = { x, y, w, h };
      if (!panels.some((panel) => meet(place, panel.place))) return place;
    }
  }
}

export function rows(panels: Panel[]): number {
  return Math.max(0, ...panels.map((panel) => panel.place.y + panel.place.h));
}

/** An id that no panel has yet. */
export function newId(panels: Panel[], wish: string): string {
  const taken = new Set(panels.map((panel) => panel.id));
  const stem =
    wish
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 32) || "panel";
  if (!taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}
