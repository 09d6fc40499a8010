import { Button } from "@mantine/core";
import type { useEvents } from "../api/events";
import type { TocsinEvent } from "../api/types";
import { text } from "../format/number";
import { type Column, Grid } from "../parts/Grid";
import { Empty, Rows } from "../parts/State";
import { Time } from "../parts/Time";
import type { SearchState } from "./state";

interface Props {
  state: SearchState;
  events: ReturnType<typeof useEvents>;
  onRetry: () => void;
}

/** The events found, with the chosen columns. */
export function Results({ state, events }: Props) {
  const { columns, open, set, search } = state;
  if (events.isPending)
    return (
      <div style={{ flex: 1 }}>
        <Rows n={14} />
      </div>
    );
  if (events.error) return <div style={{ flex: 1 }} />;
  const rows = events.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) return <Nothing state={state} />;
  return (
    <Grid
      label="Events"
      rows={rows}
      id={(event) => event.id}
      columns={[
        timeColumn(search.order),
        ...columns.map((name) => fieldColumn(name, columns.includes("message"))),
      ]}
      sort={search.order}
      onSort={() => set({ order: search.order === "newest" ? "oldest" : "newest" })}
      openId={open}
      onOpen={(event) => set({ event: event.id }, open !== "")}
      onEnd={events.hasNextPage && !events.isFetchingNextPage ? events.fetchNextPage : undefined}
    />
  );
}

function timeColumn(order: string): Column<TocsinEvent> {
  const title = order === "newest" ? "Time" : "Time, oldest first";
  return {
    key: "@timestamp",
    title,
    width: "172px",
    sort: order,
    render: (e) => (
      <span className="mono">
        <Time at={e["@timestamp"]} as="ms" />
      </span>
    ),
  };
}

function fieldColumn(name: string, hasMessage: boolean): Column<TocsinEvent> {
  const width = name === "message" ? "minmax(240px, 1fr)" : "minmax(110px, 0.3fr)";
  return {
    key: name,
    spare: hasMessage && name !== "message",
    title: name,
    width,
    render: (event) => {
      const value = name === "message" ? event.message : text(event.fields[name]);
      return (
        <span className="mono" title={value}>
          {value}
        </span>
      );
    },
  };
}

const EXAMPLES = [
  "event.outcome:failure",
  "rule.level:[7 TO *]",
  'message:"accepted password"',
  "source.ip:* AND NOT source.ip:10.0.0.0/8",
  "rule.groups:sshd",
];

function Nothing({ state }: { state: SearchState }) {
  const { search, run, setRange } = state;
  return (
    <div style={{ flex: 1 }}>
      <Empty title={search.q ? "No event matches" : "No events in this time"}>
        {search.q
          ? "Widen the time, or try one of these:"
          : "Nothing was collected in this time. Widen it, connect a source, or import a file with tocsin import."}
        <div style={{ display: "flex", flexWrap: "wrap", gap: 6, margin: "10px 0" }}>
          {EXAMPLES.map((example) => (
            <Button key={example} className="mono" onClick={() => run(example)}>
              {example}
            </Button>
          ))}
        </div>
        <Button onClick={() => setRange({ from: "now-90d", to: "now" })}>Last 90 days</Button>
      </Empty>
    </div>
  );
}
