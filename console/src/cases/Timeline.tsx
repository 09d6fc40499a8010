import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useCaseChanges, useTimeline } from "../api/cases";
import { useMay } from "../api/session";
import type { Case, TimelineItem } from "../api/types";
import { words } from "../format/words";
import { readEnd } from "../parts/readEnd";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { eventLink } from "../search/eventLink";

const HUE: Record<string, string> = {
  event: "#5c7cfa",
  alert: "var(--sev-2)",
  case: "#9775fa",
  task: "#20a39e",
  decision: "#9775fa",
  run: "#748ffc",
  observable: "#f08c00",
  technique: "#d6336c",
  comment: "var(--dim)",
  custom: "#2f9e44",
};
/** Where each kind of entry leads. */
const TO: Record<string, (id: string) => string> = {
  event: eventLink,
  alert: (id) => `/alerts/${id}`,
  run: (id) => `/runs/${id}`,
  case: (id) => `/cases/${id}`,
};

/** The story of the case in order of time. */
export function Timeline({ found }: { found: Case }) {
  const query = useTimeline(found.id);
  const may = useMay("cases:write");
  return (
    <>
      {may && <AddNote found={found} />}
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing on the timeline">
              Alerts, their first and last events, and what people did appear here.
            </Empty>
          ) : (
            <ol style={{ listStyle: "none", margin: 0, padding: "6px 14px" }}>
              {items
                .toSorted((a, b) => a.at.localeCompare(b.at))
                .map((item, i) => (
                  <Entry key={`${item.at}${item.kind}${String(i)}`} item={item} />
                ))}
            </ol>
          )
        }
      </Loaded>
    </>
  );
}

function Entry({ item }: { item: TimelineItem }) {
  const to = item.ref && TO[item.ref.type]?.(item.ref.id);
  return (
    <li
      style={{
        display: "grid",
        gridTemplateColumns: "152px 84px minmax(0, 1fr)",
        gap: 10,
        padding: "3px 0",
        borderLeft: `3px solid ${HUE[item.kind] ?? "var(--dim)"}`,
        paddingLeft: 10,
        marginBottom: 3,
      }}
    >
      <span className="mono">
        <Time at={item.at} />
      </span>
      <span className="dim">{words(item.kind)}</span>
      <span style={{ minWidth: 0 }}>
        {to ? <Link to={to}>{item.title}</Link> : item.title}
        {item.detail && <div className="dim pre">{item.detail}</div>}
      </span>
    </li>
  );
}

function AddNote({ found }: { found: Case }) {
  const { note } = useCaseChanges(found.id);
  const [title, setTitle] = useState("");
  const [when, setWhen] = useState("");
  const at = when ? readEnd(when) : new Date().toISOString();
  return (
    <form
      className="toolbar"
      onSubmit={(e) => {
        e.preventDefault();
        if (at) note.mutate({ at, title: title.trim(), description: "" }, { onSuccess: () => setTitle("") });
      }}
    >
      <TextInput
        aria-label="When"
        placeholder="now, or 2026-11-24 05:00"
        w={190}
        value={when}
        error={!at}
        onChange={(e) => setWhen(e.currentTarget.value)}
      />
      <TextInput
        aria-label="What happened"
        placeholder="What happened"
        style={{ flex: 1 }}
        value={title}
        onChange={(e) => setTitle(e.currentTarget.value)}
      />
      <Button type="submit" disabled={!title.trim() || !at || at === "now"} loading={note.isPending}>
        Add entry
      </Button>
    </form>
  );
}
