import { Button, Menu } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { url } from "../api/client";
import { useEvents, useHistogram } from "../api/events";
import { count } from "../format/number";
import { useKeys } from "../keys/keys";
import { EventBars } from "../parts/EventBars";
import { Page } from "../parts/Page";
import { QueryBox } from "../parts/QueryBox";
import { RangePick } from "../parts/RangePick";
import { EventFlyout } from "./EventFlyout";
import { FieldList } from "./FieldList";
import { QueryError } from "./QueryError";
import { Results } from "./Results";
import { useSearch } from "./state";

const CHART_KEY = "tocsin.search.chart";

export function Search() {
  const state = useSearch();
  const { search, open, set, setRange } = state;
  const [run, setRun] = useState(0);
  const [chart, setChart] = useState(localStorage.getItem(CHART_KEY) !== "off");
  const events = useEvents(search, run);
  const histogram = useHistogram(search, run, chart);
  useKeys({ escape: () => set({ event: null }, true) });
  const ask = (q: string) => {
    state.run(q);
    setRun((n) => n + 1);
  };
  const toggleChart = () => {
    localStorage.setItem(CHART_KEY, chart ? "off" : "on");
    setChart(!chart);
  };
  return (
    <Page
      title="Search"
      actions={
        <>
          <Button onClick={toggleChart}>{chart ? "Hide chart" : "Show chart"}</Button>
          <Export q={search.q} from={search.from} to={search.to} />
          <RangePick value={search} onPick={setRange} />
        </>
      }
    >
      <div className="column">
        <div className="toolbar">
          <QueryBox
            value={search.q}
            onRun={ask}
            error={events.isError}
            placeholder='source.ip:203.0.113.7 AND event.outcome:failure   ·   "failed password"   ·   rule.level:[7 TO *]'
          />
          <span className="dim">{histogram.data ? `${count(histogram.data.total)} events` : ""}</span>
        </div>
        {events.error && (
          <QueryError query={search.q} error={events.error} retry={() => setRun((n) => n + 1)} />
        )}
        {chart && histogram.data && histogram.data.items.length > 0 && (
          <div style={{ padding: "4px 14px", borderBottom: "1px solid var(--line)" }} title="Drag to zoom">
            <EventBars histogram={histogram.data} range={search} height={92} onZoom={setRange} />
          </div>
        )}
        <div style={{ display: "flex", flex: 1, minHeight: 0 }}>
          <FieldList state={state} />
          <Results state={state} events={events} onRetry={() => setRun((n) => n + 1)} />
        </div>
      </div>
      {open && <EventFlyout key={open} id={open} state={state} />}
    </Page>
  );
}

function Export({ q, from, to }: { q: string; from: string; to: string }) {
  return (
    <Menu>
      <Menu.Target>
        <Button leftSection={<IconDownload size={14} />}>Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["jsonl", "csv"] as const).map((format) => (
          <Menu.Item
            key={format}
            component="a"
            href={url("/events/export", { q, from, to, format })}
            download={`events.${format}`}
          >
            {format === "csv" ? "CSV" : "JSON lines"}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
