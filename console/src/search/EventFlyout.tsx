import { ActionIcon, Code, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useEvent } from "../api/events";
import type { TocsinEvent } from "../api/types";
import { Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { Time } from "../parts/Time";
import { CopyButton } from "../parts/Value";
import { EventFields } from "./EventFields";
import { Pin } from "./Pin";
import { Surrounding } from "./Surrounding";
import type { SearchState } from "./state";

const TABS = [
  { key: "fields", title: "Fields" },
  { key: "json", title: "JSON" },
  { key: "raw", title: "Raw" },
  { key: "around", title: "Surrounding" },
];

/** One event beside the results. */
export function EventFlyout({ id, state }: { id: string; state: SearchState }) {
  const query = useEvent(id);
  const [tab, setTab] = useState("fields");
  return (
    <aside className="flyout" aria-label="Event">
      <div style={{ display: "flex", alignItems: "center", padding: "8px 14px 0" }}>
        <b>{query.data ? <Time at={query.data["@timestamp"]} as="full" /> : "Event"}</b>
        <span style={{ flex: 1 }} />
        <Pin eventId={id} />
        <ActionIcon aria-label="Close" onClick={() => state.set({ event: null }, true)}>
          <IconX size={15} />
        </ActionIcon>
      </div>
      <Tabs tabs={TABS} at={tab} onPick={setTab} />
      <div className="scroll">
        <Loaded query={query}>{(event) => <Body event={event} tab={tab} state={state} />}</Loaded>
      </div>
    </aside>
  );
}

function Body({ event, tab, state }: { event: TocsinEvent; tab: string; state: SearchState }) {
  if (tab === "around") return <Surrounding event={event} state={state} />;
  if (tab === "fields") return <Fields event={event} state={state} />;
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

function Fields({ event, state }: { event: TocsinEvent; state: SearchState }) {
  const [filter, setFilter] = useState("");
  const only = filter
    ? new Set(Object.keys(event.fields).filter((name) => name.includes(filter.toLowerCase())))
    : undefined;
  return (
    <>
      <div className="mono pre section">{event.message}</div>
      <TextInput
        aria-label="Filter this event's fields"
        placeholder="Filter fields"
        m={8}
        value={filter}
        onChange={(e) => setFilter(e.currentTarget.value)}
      />
      <EventFields event={event} only={only} state={state} />
    </>
  );
}
