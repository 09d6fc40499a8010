import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { TocsinEvent } from "../api/types";
import { EventFields } from "./EventFields";
import type { SearchState } from "./state";

const PINNED = "tocsin.search.pinned";

function pinnedFields(): string[] {
  return (localStorage.getItem(PINNED) ?? "").split("\n").filter(Boolean);
}

/** The fields of an event; pinned ones stand on top, of every event. */
export function EventTable({ event, state }: { event: TocsinEvent; state: SearchState }) {
  const [filter, setFilter] = useState("");
  const [pinned, setPinned] = useState(pinnedFields);
  const wanted = filter.toLowerCase();
  const only = filter
    ? new Set(
        Object.entries(event.fields)
          .filter(([name, value]) => `${name}\n${JSON.stringify(value)}`.toLowerCase().includes(wanted))
          .map(([name]) => name),
      )
    : undefined;
  const pin = (name: string) => {
    const next = pinned.includes(name) ? pinned.filter((one) => one !== name) : [...pinned, name];
    localStorage.setItem(PINNED, next.join("\n"));
    setPinned(next);
  };
  return (
    <>
      <div className="mono pre section">{event.message}</div>
      <TextInput
        aria-label="Filter this event's fields"
        placeholder="Filter by field or value"
        m={8}
        value={filter}
        onChange={(e) => setFilter(e.currentTarget.value)}
      />
      <EventFields event={event} only={only} state={state} pinned={pinned} onPin={pin} />
      {only?.size === 0 && <div className="pad dim">No field or value of this event has “{filter}” in it.</div>}
    </>
  );
}
