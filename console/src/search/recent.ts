const KEY = "tocsin.search.recent";
const MOST = 20;

export function recentQueries(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** Remember a query that was run, the newest first. */
export function remember(query: string): string[] {
  const known = recentQueries();
  if (!query) return known;
  const next = [query, ...known.filter((one) => one !== query)].slice(0, MOST);
  localStorage.setItem(KEY, JSON.stringify(next));
  return next;
}
