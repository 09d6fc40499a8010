import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { MOST_ROWS } from "../api/events";
import type { TocsinEvent } from "../api/types";
import { count, text } from "../format/number";
import { local, utc } from "../format/time";
import { type Column, Grid } from "../parts/Grid";
import { Rows } from "../parts/State";
import { HeaderCell } from "./HeaderCell";
import { Nothing } from "./Nothing";
import type { SearchState } from "./state";

interface Props {
  state: SearchState;
  rows: TocsinEvent[];
  /** Pages behind the rows; a live tail has none. */
  events?: Pick<
    UseInfiniteQueryResult,
    "isPending" | "error" | "hasNextPage" | "isFetchingNextPage" | "fetchNextPage"
  >;
}

/** The events found, with the chosen columns. */
export function Results({ state, rows, events }: Props) {
  const { open, set } = state;
  const { columns, widths, search } = state;
  // The state is new with every change of the address; the columns only with what they show.
  const shown = useMemo(
    () => [timeColumn(state, events === undefined), ...columns.map((name) => fieldColumn(name, state))],
    [columns, widths, search, events === undefined],
  );
  if (events?.isPending)
    return (
      <div style={{ flex: 1 }}>
        <Rows n={14} />
      </div>
    );
  if (events?.error && rows.length === 0) return <Nothing state={state} error={events.error} />;
  if (rows.length === 0) return events ? <Nothing state={state} /> : <div style={{ flex: 1 }} />;
  return (
    <div className="column">
      <Grid
        label="Events"
        rows={rows}
        id={(event) => event.id}
        columns={shown}
        openId={open}
        onOpen={(event) => set({ event: event.id }, open !== "")}
        onEnd={events?.hasNextPage && !events.isFetchingNextPage && !events.error ? events.fetchNextPage : undefined}
      />
      {events && <Foot rows={rows.length} events={events} />}
    </div>
  );
}

function Foot({ rows, events }: { rows: number; events: NonNullable<Props["events"]> }) {
  const says = events.isFetchingNextPage
    ? "Loading more…"
    : events.hasNextPage
      ? "Scroll for more"
      : rows > MOST_ROWS - 600
        ? `The first ${count(rows)}: narrow the search, sort it otherwise, or export it for more`
        : "All of them";
  return (
    <div className="grid-foot dim" role="status">
      {count(rows)} loaded · {says}
    </div>
  );
}

function timeColumn({ search, set }: SearchState, isLive: boolean): Column<TocsinEvent> {
  const isNewest = search.order === "newest";
  const mark = search.sort || isLive ? "" : isNewest ? " ↓" : " ↑";
  return {
    key: "@timestamp",
    width: "172px",
    title: (
      <button
        type="button"
        className="plain"
        title="Sort by time"
        disabled={isLive}
        onClick={() =>
          set(search.sort ? { sort: null } : { order: isNewest ? "oldest" : null, event: null }, true)
        }
      >
        Time{mark}
      </button>
    ),
    render: (event) => (
      <time className="mono" dateTime={event["@timestamp"]} title={utc(event["@timestamp"])}>
        {local(event["@timestamp"], true)}
      </time>
    ),
  };
}

/** A column of its own, when an event has it as such and not among its fields. */
export function valueOf(event: TocsinEvent, name: string): string {
  if (name === "message") return event.message;
  if (name === "event.sequence") return String(event.sequence);
  if (name === "_id") return event.id;
  return text(event.fields[name]);
}

function fieldColumn(name: string, state: SearchState): Column<TocsinEvent> {
  const { columns, widths } = state;
  const width = widths[name];
  const fits = name === "message" ? "minmax(240px, 1fr)" : "minmax(110px, 0.3fr)";
  return {
    key: name,
    spare: columns.includes("message") && name !== "message",
    title: <HeaderCell name={name} state={state} />,
    width: width === undefined ? fits : `${width}px`,
    render: (event) => {
      const value = valueOf(event, name);
      return (
        <span className="mono" title={value}>
          {value}
        </span>
      );
    },
  };
}
