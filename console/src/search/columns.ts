export const DEFAULT_COLUMNS = ["host.name", "rule.id", "message"];
export const LEAST_WIDTH = 48;
const MOST_WIDTH = 2000;

/** Put a column into the table, or take it out; the message stays last, where the room is. */
export function toggled(columns: string[], name: string): string[] {
  if (columns.includes(name)) return columns.filter((one) => one !== name);
  const last = columns.at(-1) === "message" && name !== "message" ? ["message"] : [];
  return [...columns.slice(0, columns.length - last.length), name, ...last];
}

/** Move a column to where another stands. */
export function moved(columns: string[], name: string, to: number): string[] {
  const rest = columns.filter((one) => one !== name);
  const at = Math.max(0, Math.min(rest.length, to));
  return [...rest.slice(0, at), name, ...rest.slice(at)];
}

/** Read `host.name:120` from the address; what is no width is left out. */
export function readWidths(texts: string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const text of texts) {
    const cut = text.lastIndexOf(":");
    const width = Number(text.slice(cut + 1));
    if (cut > 0 && Number.isInteger(width)) found[text.slice(0, cut)] = clampWidth(width);
  }
  return found;
}

export function writeWidths(widths: Record<string, number>): string[] {
  return Object.entries(widths).map(([name, width]) => `${name}:${width}`);
}

export function clampWidth(width: number): number {
  return Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, Math.round(width)));
}

/** What a click on a column's title asks for next: from the greatest, from the least, back to time. */
export function nextSort(sort: string, name: string): string {
  if (sort === `-${name}`) return name;
  return sort === name ? "" : `-${name}`;
}
