/** Searches side by side: each is the part of the address behind `?`. */
export interface Tabs {
  items: { id: string; params: string }[];
  at: string;
}

export const MOST_TABS = 12;
const KEY = "tocsin.search.tabs";

/** Where a link leads while tabs are open: to the tab that shows it, else to one of its own. */
export function landed(tabs: Tabs | null, params: string, newId: string): Tabs {
  if (!tabs || tabs.items.length === 0) return { items: [{ id: newId, params }], at: newId };
  if (params === "") return tabs;
  const same = tabs.items.find((tab) => tab.params === params);
  if (same) return { ...tabs, at: same.id };
  return opened(tabs, params, newId);
}

/** Open a tab at the end and go there; the oldest gives way when there are too many. */
export function opened(tabs: Tabs, params: string, newId: string): Tabs {
  const items = [...tabs.items, { id: newId, params }];
  return { items: items.slice(-MOST_TABS), at: newId };
}

/** Close a tab; its right neighbour is shown, else its left one. The last tab stays. */
export function closed(tabs: Tabs, id: string): Tabs {
  if (tabs.items.length < 2) return tabs;
  const at = tabs.items.findIndex((tab) => tab.id === id);
  const items = tabs.items.filter((tab) => tab.id !== id);
  const next = items[Math.min(at, items.length - 1)];
  return { items, at: tabs.at === id && next ? next.id : tabs.at };
}

/** Note what the tab on show shows now. */
export function noted(tabs: Tabs, params: string): Tabs {
  const items = tabs.items.map((tab) => (tab.id === tabs.at ? { ...tab, params } : tab));
  return { ...tabs, items };
}

/** What a tab is called: its query, else that it has none. */
export function titleOf(params: string): string {
  const q = new URLSearchParams(params).get("q")?.trim();
  return q ? (q.length > 36 ? `${q.slice(0, 35)}…` : q) : "All events";
}

export function loadTabs(storage: Pick<Storage, "getItem">): Tabs | null {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? "null") as Tabs | null;
    const isSound =
      found !== null &&
      typeof found.at === "string" &&
      Array.isArray(found.items) &&
      found.items.every((tab) => typeof tab.id === "string" && typeof tab.params === "string") &&
      found.items.some((tab) => tab.id === found.at);
    return isSound ? found : null;
  } catch {
    return null;
  }
}

export function saveTabs(storage: Pick<Storage, "setItem">, tabs: Tabs) {
  storage.setItem(KEY, JSON.stringify(tabs));
}
