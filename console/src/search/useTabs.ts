import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { closed, landed, loadTabs, noted, opened, saveTabs, type Tabs } from "./tabs";

const newId = () => crypto.getRandomValues(new Uint32Array(2)).join("-");

/** The searches open side by side, for as long as the browser's own tab lives. */
export function useTabs() {
  const { search, state } = useLocation();
  const go = useNavigate();
  const params = search.replace(/^\?/, "");
  const [tabs, setTabs] = useState<Tabs>(() => landed(loadTabs(sessionStorage), params, newId()));
  const isFirst = useRef(true);
  const show = (next: Tabs, replace = false) => {
    const tab = next.items.find((one) => one.id === next.at);
    setTabs(next);
    void go({ search: tab?.params ? `?${tab.params}` : "" }, { replace, state: { tab: next.at } });
  };
  const placed = (state as { tab?: string } | null)?.tab;
  // What is followed is the address; the tabs follow it.
  useEffect(() => {
    const current = tabs.items.find((tab) => tab.id === tabs.at);
    if (isFirst.current || !placed) {
      // From outside: without a search in the address, what was last shown is shown again.
      const next = isFirst.current ? tabs : landed(tabs, params, newId());
      isFirst.current = false;
      if (placed !== next.at) show(next, true);
    } else if (placed !== tabs.at && tabs.items.some((tab) => tab.id === placed)) {
      setTabs(noted({ ...tabs, at: placed }, params)); // back and forward cross from tab to tab
    } else if (current && current.params !== params) setTabs(noted(tabs, params));
  }, [params, placed]);
  useEffect(() => saveTabs(sessionStorage, tabs), [tabs]);
  return {
    tabs,
    pick: (id: string) => show({ ...tabs, at: id }),
    open: (next = "") => show(opened(tabs, next, newId())),
    close: (id: string) => show(closed(tabs, id)),
    step: (by: number) => {
      const at = tabs.items.findIndex((tab) => tab.id === tabs.at);
      const next = tabs.items[(at + by + tabs.items.length) % tabs.items.length];
      if (next) show({ ...tabs, at: next.id });
    },
  };
}
