import { ActionIcon, Code, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useEvent } from "../api/events";
import type { TocsinEvent } from "../api/types";
import { useKeys } from "../keys/keys";
import { Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { CopyButton } from "../parts/Value";
import { EventTable } from "./EventTable";
import { Lineage } from "./Lineage";
import { Pin } from "./Pin";
import { Surrounding } from "./Surrounding";
import type { SearchState } from "./state";

const TABS = [
  { key: "table", title: "Table" },
  { key: "json", title: "JSON" },
  { key: "raw", title: "Raw line" },
  { key: "lineage", title: "Lineage" },
  { key: "around", title: "Surrounding" },
];
const KEPT = "tocsin.search.flyout";

interface Props {
  id: string;
  state: SearchState;
  rows: TocsinEvent[];
}

/** One event beside the results; the digits change its tab, `j` and `k` the event. */
export function EventFlyout({ id, state, rows }: Props) {
  const query = useEvent(id);
  // Whoever walks through events looks at the same of each.
  const [tab, setTab] = useState(sessionStorage.getItem(KEPT) ?? "table");
  const pick = (next: string) => {
    sessionStorage.setItem(KEPT, next);
    setTab(next);
  };
  useKeys(Object.fromEntries(TABS.map(({ key }, i) => [String(i + 1), () => pick(key)])));
  const at = rows.findIndex((row) => row.id === id);
  const step = (by: number) => {
    const next = rows[at + by];
    if (next) state.set({ event: next.id }, true);
  };
  return (
    <aside className="flyout" aria-label="Event">
      <div style={{ display: "flex", alignItems: "center", padding: "8px 14px 0" }}>
        <b>{query.data ? <Time at={query.data["@timestamp"]} as="full" /> : "Event"}</b>
        <span style={{ flex: 1 }} />
        <Tooltip label="Previous event (k)">
          <ActionIcon aria-label="Previous event" disabled={at < 1} onClick={() => step(-1)}>
            <IconChevronUp size={15} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Next event (j)">
          <ActionIcon
            aria-label="Next event"
            disabled={at < 0 || at >= rows.length - 1}
            onClick={() => step(1)}
          >
            <IconChevronDown size={15} />
          </ActionIcon>
        </Tooltip>
        <Pin eventId={id} />
        <ActionIcon aria-label="Close" onClick={() => state.set({ event: null }, true)}>
          <IconX size={15} />
        </ActionIcon>
      </div>
      <Tabs tabs={TABS} at={tab} onPick={pick} numbered />
      <div className="scroll">
        <Loaded query={query}>{(event) => <Body event={event} tab={tab} state={state} />}</Loaded>
      </div>
    </aside>
  );
}

function Body({ event, tab, state }: { event: TocsinEvent; tab: string; state: SearchState }) {
  if (tab === "around") return <Surrounding event={event} state={state} />;
  if (tab === "lineage") return <Lineage event={event} state={state} />;
  if (tab !== "json" && tab !== "raw") return <EventTable event={event} state={state} />;
  const shown = tab === "json" ? JSON.stringify(event.document, null, 2) : event.message;
  return (
    <div className="pad">
      <div style={{ display: "flex" }}>
        <span className="dim">
          {event.source} · record {event.sequence}
        </span>
        <span style={{ flex: 1 }} />
        <CopyButton text={shown} label={tab === "json" ? "Copy JSON" : "Copy raw text"} />
      </div>
      <Code block className="pre" mt={6}>
        {shown}
      </Code>
    </div>
  );
}
