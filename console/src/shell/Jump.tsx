import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight } from "@mantine/spotlight";
import { IconAlertTriangle, IconBinoculars, IconBriefcase, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api } from "../api/client";
import type { Alert, Case, Page } from "../api/types";
import { term } from "../format/lucene";
import { PAGES } from "./pages";

interface Found {
  id: string;
  to: string;
  label: string;
  note: string;
  icon: typeof IconSearch;
}

/** Alerts and cases whose title has the words. */
async function find(text: string): Promise<Found[]> {
  const q = term(text);
  const [alerts, cases] = await Promise.all([
    api.get<Page<Alert>>("/alerts", { q, limit: 5 }),
    api.get<Page<Case>>("/cases", { q, limit: 5 }),
  ]);
  return [
    ...cases.items.map((c) => ({
      id: c.id,
      to: `/cases/${c.number}`,
      label: c.title,
      note: `Case #${c.number}`,
      icon: IconBriefcase,
    })),
    ...alerts.items.map((a) => ({
      id: a.id,
      to: `/alerts/${a.id}`,
      label: a.title,
      note: `Alert #${a.number}`,
      icon: IconAlertTriangle,
    })),
  ];
}

/** Ctrl-K: pages by name, alerts and cases by words, a value in events or intel. */
export function Jump() {
  const [text, setText] = useState("");
  const [slow] = useDebouncedValue(text.trim(), 200);
  const go = useNavigate();
  const found = useQuery({ queryKey: ["jump", slow], queryFn: () => find(slow), enabled: slow.length > 1 });
  const typed = text.trim();
  const places: Found[] = PAGES.filter((p) => p.title.toLowerCase().includes(typed.toLowerCase())).map(
    (p) => ({
      id: p.to,
      to: p.to,
      label: p.title,
      note: `g ${p.key}`,
      icon: p.icon,
    }),
  );
  const elsewhere: Found[] = typed
    ? [
        {
          id: "search",
          to: `/search?q=${encodeURIComponent(term(typed))}`,
          label: `Search events for ${typed}`,
          note: "",
          icon: IconSearch,
        },
        {
          id: "intel",
          to: `/intel?value=${encodeURIComponent(typed)}`,
          label: `Look up ${typed}`,
          note: "",
          icon: IconBinoculars,
        },
      ]
    : [];
  return (
    <Spotlight.Root query={text} onQueryChange={setText} shortcut="mod + K" maxHeight={420} scrollable>
      <Spotlight.Search placeholder="Page, alert, case, or a value" leftSection={<IconSearch size={16} />} />
      <Spotlight.ActionsList>
        {[...places, ...(typed ? (found.data ?? []) : []), ...elsewhere].map(
          ({ id, to, label, note, icon: Icon }) => (
            <Spotlight.Action
              key={id}
              onClick={() => void go(to)}
              leftSection={<Icon size={16} />}
              rightSection={<span className="dim">{note}</span>}
              label={label}
            />
          ),
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
